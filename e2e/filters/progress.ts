import { setTimeout as sleep } from 'node:timers/promises'

/** How long something may take to come of a piece that was sent; filters that hold it write nothing. */
const PIECE_MS_MAX = 300
const LOOK_MS = 4

/** Waits until something is so, or for a while. */
export async function until(isSo: () => boolean, msMax = PIECE_MS_MAX): Promise<void> {
  const end = performance.now() + msMax
  while (!isSo() && performance.now() < end) await sleep(LOOK_MS)
}

/** How long filters may write nothing before a case counts as over. */
const QUIET_MS = 50
const QUIET_MS_MAX = 3000

/** Waits until there is nothing new. */
export async function quiet(progress: () => number): Promise<void> {
  const end = performance.now() + QUIET_MS_MAX
  for (let count = -1; count !== progress() && performance.now() < end;) {
    count = progress()
    await sleep(QUIET_MS)
  }
}
