import type * as otlp from '@quadrant/proto/otlp'
import { textOf } from '../attribute.ts'
import { labelName } from './name.ts'

/** One value, and where it belongs. */
export interface Sample {
  /** Appended to the metric's name: "", `_bucket`, `_sum`, `_count`. */
  readonly suffix: string
  /** `key="value"` pairs that come after the series' own. */
  readonly extra: string
  value: number
}

/** The labels of one series, `a="b",c="d"`, in one order whatever order they came in. */
export function labelsOf(lists: readonly (readonly otlp.KeyValue[])[]): string {
  const labels = new Map<string, string[]>()
  for (const list of lists)
    for (const { key, value } of list) {
      const name = labelName(key)
      labels.set(name, [...(labels.get(name) ?? []), textOf(value)])
    }
  return (
    [...labels]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      // Keys that became one: their values are joined, says the specification.
      .map(([name, values]) => `${name}="${escapeLabel(values.join(';'))}"`)
      .join(',')
  )
}

export function escapeLabel(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))
}

export function numberOf(point: otlp.NumberDataPoint): number {
  return point.value.case === undefined ? Number.NaN : Number(point.value.value)
}

/** Cumulative buckets of an explicit histogram, then its sum and count. */
export function histogramSamples(point: otlp.HistogramDataPoint): Sample[] {
  const samples: Sample[] = []
  let below = 0
  for (const [i, bound] of point.explicitBounds.entries()) {
    below += Number(point.bucketCounts[i] ?? 0n)
    samples.push({ suffix: '_bucket', extra: `le="${formatNumber(bound)}"`, value: below })
  }
  return [...samples, ...endOfHistogram(Number(point.count), point.sum ?? 0)]
}

/** The text format has no exponential buckets: at most this many explicit ones stand for them. */
const EXPLICIT_BUCKETS_MAX = 40

/** An exponential histogram's buckets, made coarser until they are few, with their upper bounds. */
export function exponentialSamples(point: otlp.ExponentialHistogramDataPoint): Sample[] {
  const samples: Sample[] = []
  const negatives = Number((point.negative?.bucketCounts ?? []).reduce((sum, count) => sum + count, 0n))
  let below = negatives + Number(point.zeroCount)
  if (below > 0) samples.push({ suffix: '_bucket', extra: 'le="0"', value: below })
  const { offset = 0, bucketCounts = [] } = point.positive ?? {}
  let shift = 0
  while (((offset + bucketCounts.length) >> shift) - (offset >> shift) >= EXPLICIT_BUCKETS_MAX) shift++
  for (const [i, count] of bucketCounts.entries()) {
    below += Number(count)
    const index = offset + i
    const isLast = i === bucketCounts.length - 1 || (index + 1) >> shift !== index >> shift
    if (!isLast) continue
    const bound = 2 ** (((index >> shift) + 1) * 2 ** (shift - point.scale))
    if (Number.isFinite(bound))
      samples.push({ suffix: '_bucket', extra: `le="${formatNumber(bound)}"`, value: below })
  }
  return [...samples, ...endOfHistogram(Number(point.count), point.sum ?? 0)]
}

export function summarySamples(point: otlp.SummaryDataPoint): Sample[] {
  return [
    ...point.quantileValues.map(({ quantile, value }) => ({
      suffix: '',
      extra: `quantile="${formatNumber(quantile)}"`,
      value,
    })),
    { suffix: '_sum', extra: '', value: point.sum },
    { suffix: '_count', extra: '', value: Number(point.count) },
  ]
}

function endOfHistogram(count: number, sum: number): Sample[] {
  return [
    { suffix: '_bucket', extra: 'le="+Inf"', value: count },
    { suffix: '_sum', extra: '', value: sum },
    { suffix: '_count', extra: '', value: count },
  ]
}

export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
