import { create } from '@bufbuild/protobuf'
import { GetTimelineResponseSchema, TimelinePointSchema, type GetTimelineResponse } from '@quadrant/proto'
import { TIERS, TIER_RETENTION_SECONDS, type Tier } from '../store/rollup.ts'
import { ceilTo, floorTo } from '../store/span.ts'
import type { NsRange, Store } from '../store/store.ts'

const POINTS_DEFAULT = 300
const POINTS_MAX = 5000

/** Totals of everything over time: the finest points that are still kept and not more than were asked for. */
export async function queryTimeline(
  store: Store,
  range: NsRange,
  options: { pointsMax: number; nowNs: number },
): Promise<GetTimelineResponse> {
  const pointsMax = Math.min(options.pointsMax || POINTS_DEFAULT, POINTS_MAX)
  const seconds = (range.endNs - range.startNs) / 1e9
  const isKept = (tier: Tier) => range.startNs / 1e9 >= options.nowNs / 1e9 - TIER_RETENTION_SECONDS[tier]
  const tier = TIERS.find((one) => isKept(one) && seconds / one <= pointsMax) ?? TIERS.at(-1)!
  // Several stored points become one where even the coarsest are too many.
  const step = tier * Math.max(1, Math.ceil(seconds / tier / pointsMax))
  const from = floorTo(range.startNs / 1e9, step)
  const to = ceilTo(range.endNs / 1e9, step)
  const points = new Map<number, { [key: string]: number }>()
  for (const point of await store.timeline({ tier, from, to })) {
    const at = floorTo(point.time, step)
    const sum = points.get(at)
    const { opened, failed, reset, bytes, retransmits, dropped } = point
    if (!sum) points.set(at, { opened, failed, reset, bytes, retransmits, dropped })
    else {
      sum['opened']! += opened
      sum['failed']! += failed
      sum['reset']! += reset
      sum['bytes']! += bytes
      sum['retransmits']! += retransmits
      sum['dropped']! += dropped
    }
  }
  return create(GetTimelineResponseSchema, {
    resolutionSeconds: step,
    points: [...points].map(([time, sums]) => create(TimelinePointSchema, { timeNs: time * 1e9, ...sums })),
  })
}
