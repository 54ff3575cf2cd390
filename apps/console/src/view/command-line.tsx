import { copyText } from '../app/notice.ts'
import { Icon } from './icon.tsx'

/** Makes one connection that is sure to succeed, without a network too. */
export const CONNECT_COMMAND = `curl -s -o /dev/null ${location.origin}`

/** A command that can be copied. */
export function CommandLine({ command }: { readonly command: string }) {
  return (
    <div class="command">
      <code>{command}</code>
      <button
        class="button plain icon-only"
        aria-label={`Copy ${command}`}
        title="Copy"
        onClick={() => void copyText(command)}
      >
        <Icon name="copy" />
      </button>
    </div>
  )
}
