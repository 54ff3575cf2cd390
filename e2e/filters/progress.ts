import { setTimeout as sleep } from 'node:timers/promises'

/** How long something may take to come of a piece that was sent; filters that hold it write nothing. */
export const PIECE_MS_MAX = 150
const LOOK_MS = 4

/** Waits until something is so, or for a while. */
export async function until(isSo: () => boolean, msMax = PIECE_MS_MAX): Promise<void> {
  const end = performance.now() + msMax
  while (!isSo() && performance.now() < end) await sleep(LOOK_MS)
}
