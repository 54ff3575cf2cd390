import { signal } from '@preact/signals'
import { copiedCommand } from './copied-command.ts'

/** One short line at the foot of the page, gone after a while; read out by screen readers. */
export const notice = signal('')

const NOTICE_MS = 2500
let timer: ReturnType<typeof setTimeout> | undefined

function tell(text: string) {
  notice.value = text
  clearTimeout(timer)
  timer = setTimeout(() => (notice.value = ''), NOTICE_MS)
}

export async function copyText(text: string, what = text) {
  try {
    await navigator.clipboard.writeText(text)
    tell(`Copied: ${what}`)
  } catch {
    // Without the clipboard (no focus, no permission) the text can at least be read.
    tell(text)
  }
}

export function copyCommand() {
  void copyText(copiedCommand.peek())
}
