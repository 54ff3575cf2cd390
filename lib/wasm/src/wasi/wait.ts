import type { GuestProcess } from './process.ts'
import type { Signal } from './signal.ts'

/** The longest that setTimeout knows. */
export const TIMER_MS_MAX = 2 ** 31 - 1

/**
 * Waits until one of the signals tells a change, the time is over, or the guest is killed. One that waits long leaves
 * nothing behind at the signals.
 *
 * @param ms undefined: for ever
 */
export async function waitForChange(
  guest: GuestProcess,
  signals: readonly Signal[],
  ms: number | undefined,
): Promise<void> {
  const ends: (() => void)[] = []
  guest.pause()
  await new Promise<void>((resolve) => {
    // Not at once: of all that came in this round of the event loop the guest is told together. Otherwise each of a
    // hundred connections would give it a turn, and nobody else any between them.
    let isWoken = false
    const wake = () => {
      if (!isWoken) setImmediate(resolve)
      isWoken = true
    }
    for (const signal of signals) ends.push(signal.subscribe(wake))
    ends.push(guest.onKill(wake))
    if (ms !== undefined) {
      const timer = setTimeout(wake, Math.min(ms, TIMER_MS_MAX))
      ends.push(() => clearTimeout(timer))
    }
  })
  for (const end of ends) end()
  guest.resume()
  if (guest.isTurnOver) await guest.yieldTurn()
}
