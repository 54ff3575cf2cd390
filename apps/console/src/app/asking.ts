import type { TimeSelection } from '../model/time-range.ts'
import { errorText, isAbort } from './client.ts'

const REFRESH_MS = 2000
/** Asking again takes at most this share of the server's time. */
const ASKING_SHARE_MAX = 0.1

/**
 * Asks once for a time that stands still; for a live one every two seconds, and less often where answers take long.
 *
 * @param ask asks and takes the answer over, where the signal is not aborted by then
 * @param onError what went wrong, in words
 * @returns ends it: what is under way is aborted
 */
export function keepAsking(
  selected: TimeSelection,
  ask: (signal: AbortSignal) => Promise<void>,
  onError: (text: string) => void,
): () => void {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const once = async () => {
    const startedMs = performance.now()
    try {
      await ask(controller.signal)
    } catch (error) {
      if (controller.signal.aborted || isAbort(error)) return
      onError(errorText(error))
    }
    if (controller.signal.aborted || selected.kind !== 'live') return
    const tookMs = performance.now() - startedMs
    timer = setTimeout(() => void once(), Math.max(REFRESH_MS, tookMs / ASKING_SHARE_MAX))
  }
  void once()
  return () => {
    clearTimeout(timer)
    controller.abort()
  }
}
