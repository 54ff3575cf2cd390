import { formatDurationNs, formatShare } from '@quadrant/core'
import { SampleKind } from '@quadrant/proto'
import { samplesNs } from './sample-time.ts'
import type { Stacks } from './stacks.ts'

/** What the samples stand for, in one line: `10.1 s of CPU in 10.0 s (1.01 cores), 8.00 % collecting garbage, …`. */
export function profileSummary(stacks: Stacks, rangeNs: number): string {
  const { samples, frequencyHz } = stacks
  const countOf = (isIt: (sample: (typeof samples)[number]) => boolean) =>
    samples.reduce((sum, sample) => sum + (isIt(sample) ? sample.count : 0), 0)
  const total = countOf(() => true)
  const processes = new Set(samples.map(({ process }) => process)).size
  const ns = samplesNs(total, frequencyHz)
  const gc = countOf(({ kind }) => kind === SampleKind.GC)
  const runtime = countOf(({ kind }) => kind === SampleKind.RUNTIME)
  const broken = countOf(({ isBroken }) => isBroken)
  const parts = [
    `${total} samples${frequencyHz > 0 ? ` at ${frequencyHz} Hz` : ''} of ${processes} ${processes === 1 ? 'process' : 'processes'}`,
  ]
  if (ns !== undefined && rangeNs > 0)
    parts.push(
      `${formatDurationNs(ns)} of CPU in ${formatDurationNs(rangeNs)} (${(ns / rangeNs).toFixed(2)} cores)`,
    )
  if (gc > 0) parts.push(`${formatShare(gc / total)} collecting garbage`)
  if (runtime > 0) parts.push(`${formatShare(runtime / total)} in the rest of the runtime`)
  if (broken > 0) parts.push(`${formatShare(broken / total)} with a broken stack`)
  return parts.join(', ')
}
