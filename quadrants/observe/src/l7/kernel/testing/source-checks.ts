import assert from 'node:assert/strict'
import type { HttpCounts } from '../http-counters.ts'
import type { HttpSource } from '../http-source.ts'
import type { Http2SourceCounts } from '../http2-source.ts'

/** Whatever was seen was told or counted as dropped. */
export function checkStages(source: HttpSource): void {
  const drops = source.drops()
  for (const { stage, seen, kept } of source.stages()) {
    const dropped = drops.filter((drop) => drop.stage === stage).reduce((sum, { count }) => sum + count, 0)
    assert.equal(seen, kept + dropped, stage)
  }
}

/** How much each count has grown. */
export function countsSince<T extends HttpCounts | Http2SourceCounts>(now: T, before: T): T {
  const old = new Map<string, number>(Object.entries(before))
  return Object.fromEntries(
    Object.entries<number>({ ...now }).map(([name, count]) => [name, count - old.get(name)!]),
  ) as unknown as T
}
