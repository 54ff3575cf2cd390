/** A filter that asks to be called more often is called so often. */
const TICK_MS_MIN = 1
/** How much of its thread a filter may take by ticks: one that takes longer is called later. */
const TICK_SHARE_MAX = 0.1

export interface TickClock {
  /** Calls back after that many milliseconds; what it returns ends that. */
  readonly later: (afterMs: number, callback: () => void) => () => void
  readonly monotonicNs: () => bigint
}

/** Has a filter called each so many milliseconds; what it returns ends that, also within a call. */
export function tickEvery(
  { later, monotonicNs }: TickClock,
  periodMs: number,
  callback: () => void,
): () => void {
  let isOver = false
  let end: () => void
  const again = (tookMs: number): void => {
    const waitMs = Math.max(TICK_MS_MIN, periodMs - tookMs, tookMs / TICK_SHARE_MAX - tookMs)
    end = later(waitMs, () => {
      const beginNs = monotonicNs()
      callback()
      // It may have ended them.
      if (!isOver) again(Number(monotonicNs() - beginNs) / 1e6)
    })
  }
  again(0)
  return () => {
    isOver = true
    end()
  }
}
