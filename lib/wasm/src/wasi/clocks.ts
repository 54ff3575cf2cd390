import { randomFillSync } from 'node:crypto'

/** Time and chance, as a guest has them. */
export interface Surroundings {
  /** Nanoseconds of the Unix epoch. */
  readonly realtime: () => bigint
  /** Nanoseconds since some moment; never goes back. */
  readonly monotonic: () => bigint
  /** Fills bytes with random ones. */
  readonly randomFill: (bytes: Uint8Array) => void
}

/** The machine's own. */
export const MACHINE: Surroundings = {
  realtime: fineClock(
    () => Date.now(),
    () => performance.timeOrigin + performance.now(),
  ),
  monotonic: () => process.hrtime.bigint(),
  randomFill: (bytes) => void randomFillSync(bytes),
}

/**
 * A clock with microseconds out of one that has whole milliseconds and one that has fractions of them, but knows not
 * when the machine's clock is set or drifts: whenever it leaves the millisecond that it must be, it is put back there.
 */
export function fineClock(wholeMs: () => number, fractionalMs: () => number): () => bigint {
  let correctionMs = 0
  return () => {
    const least = wholeMs()
    const ms = fractionalMs() + correctionMs
    const most = wholeMs() + 1
    // A clock that is set between the two gives bounds that cross: the later one counts.
    const corrected = Math.min(Math.max(ms, least), most)
    correctionMs += corrected - ms
    return BigInt(Math.round(corrected * 1000)) * 1000n
  }
}
