import { copyText } from '../app/notice.ts'
import { Icon } from './icon.tsx'

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
