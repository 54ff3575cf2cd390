import type { ProcessLife } from '../store/store.ts'

/**
 * Which processes are told where there are too many: of each service first the one that still runs, or ended last, then
 * the next of each. So a service is not missing because another starts a process a second.
 *
 * @param lives the newest first
 */
export function shownLives(lives: readonly ProcessLife[], limit: number): readonly ProcessLife[] {
  if (lives.length <= limit) return lives
  const ranked = [...Map.groupBy(lives, ({ process }) => process.service).values()].flatMap((own) =>
    own
      .toSorted((a, b) => Number(a.endNs !== 0) - Number(b.endNs !== 0))
      .map((life, rank) => ({ life, rank })),
  )
  const shown = ranked
    .sort((a, b) => a.rank - b.rank || Number(a.life.endNs !== 0) - Number(b.life.endNs !== 0))
    .slice(0, limit)
  const kept = new Set(shown.map(({ life }) => life))
  return lives.filter((life) => kept.has(life))
}
