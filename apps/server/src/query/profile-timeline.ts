import { create } from '@bufbuild/protobuf'
import {
  GetProfileTimelineResponseSchema,
  ProfilePointSchema,
  type GetProfileTimelineResponse,
} from '@quadrant/proto'
import { floorTo } from '../store/span.ts'
import type { NsRange, Store } from '../store/store.ts'
import { newestFirst } from './profile.ts'
import type { Subject } from './subject.ts'

const POINTS_DEFAULT = 300
const POINTS_MAX = 5000

/** Answers GetProfileTimeline: samples by whole seconds, or as many of them as make not more points than asked for. */
export async function queryProfileTimeline(
  store: Store,
  request: { readonly subject: Subject; readonly range: NsRange; readonly pointsMax: number },
): Promise<GetProfileTimelineResponse> {
  const { subject, range } = request
  const pointsMax = Math.min(request.pointsMax || POINTS_DEFAULT, POINTS_MAX)
  const step = Math.max(1, Math.ceil((range.endNs - range.startNs) / 1e9 / pointsMax))
  const wanted = new Set(subject.lives.map(({ process }) => process.id))
  const points = new Map<number, { samples: number; gcSamples: number; cpuSeconds: number }>()
  for await (const { id, startNs, frequencyHz } of newestFirst(store, range))
    for (const { process, offsetUs, samples, gcSamples } of await store.runtime.profileCounts(id)) {
      const timeNs = startNs + offsetUs * 1000
      if (!wanted.has(process) || timeNs < range.startNs || timeNs >= range.endNs) continue
      const at = floorTo(timeNs / 1e9, step)
      let point = points.get(at)
      if (!point) points.set(at, (point = { samples: 0, gcSamples: 0, cpuSeconds: 0 }))
      point.samples += samples
      point.gcSamples += gcSamples
      point.cpuSeconds += samples / frequencyHz
    }
  return create(GetProfileTimelineResponseSchema, {
    resolutionSeconds: step,
    points: [...points]
      .sort(([a], [b]) => a - b)
      .map(([time, sums]) => create(ProfilePointSchema, { timeNs: time * 1e9, ...sums })),
  })
}
