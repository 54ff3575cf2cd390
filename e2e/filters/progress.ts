import { setTimeout as sleep } from 'node:timers/promises'
import type { FilterCase } from './filter-case.ts'

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

/** How long what comes of itself may take on a busy machine. */
const GO_ON_MS_MAX = 10_000

/** Waits for what comes of itself after the last exchange of a case. */
export async function goOn(
  { lingerMs = 0, goesOnUntil }: Pick<FilterCase, 'lingerMs' | 'goesOnUntil'>,
  transcript: () => readonly string[],
): Promise<void> {
  await sleep(lingerMs)
  if (goesOnUntil === undefined) return
  await until(() => goesOnUntil.test(transcript().join('\n')), GO_ON_MS_MAX)
  await quiet(() => transcript().length)
}
