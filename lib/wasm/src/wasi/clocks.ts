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
  // Microseconds at best: a Date has milliseconds only.
  realtime: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
  monotonic: () => process.hrtime.bigint(),
  randomFill: (bytes) => void randomFillSync(bytes),
}
