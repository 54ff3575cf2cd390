import { clone } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'
import { anyValue } from '../attribute.ts'
import { ExponentialHistogram } from '../exponential-histogram.ts'

/** The value of every attribute of what is no longer told apart. */
export const OTHER = '~other'

/** Turns attributes into those of `~other`: the same keys. */
export function otherAttributes(list: readonly otlp.KeyValue[]): otlp.KeyValue[] {
  return list.map((entry) => {
    const other = clone(otlp.KeyValueSchema, entry)
    other.value = anyValue(OTHER)
    return other
  })
}

/**
 * Adds up the points of a metric that are over a limit; only changes since the last point can be added (delta
 * temporality). Undefined where they cannot.
 */
export function sumPoints(metric: otlp.Metric, points: readonly unknown[]): unknown[] | undefined {
  const { data } = metric
  const delta = otlp.AggregationTemporality.DELTA
  if (data.case === 'sum' && data.value.aggregationTemporality === delta)
    return grouped(points as otlp.NumberDataPoint[], () => '', sumNumbers)
  if (data.case === 'histogram' && data.value.aggregationTemporality === delta)
    return grouped(
      points as otlp.HistogramDataPoint[],
      ({ explicitBounds }) => explicitBounds.join(),
      sumHistograms,
    )
  if (data.case === 'exponentialHistogram' && data.value.aggregationTemporality === delta)
    return grouped(points as otlp.ExponentialHistogramDataPoint[], () => '', sumExponential)
  return undefined
}

/** One sum for each set of keys, and of what else keeps points apart. */
function grouped<T extends { attributes: otlp.KeyValue[]; startTimeUnixNano: bigint; timeUnixNano: bigint }>(
  points: readonly T[],
  apart: (point: T) => string,
  sum: (points: readonly T[]) => T,
): T[] {
  const groups = Map.groupBy(points, (point) =>
    [...point.attributes.map(({ key }) => key).sort(), apart(point)].join('\0'),
  )
  return [...groups.values()].map((group) => {
    const total = sum(group)
    total.attributes = otherAttributes(group[0]!.attributes)
    total.startTimeUnixNano = group.reduce(
      (least, point) => (point.startTimeUnixNano < least ? point.startTimeUnixNano : least),
      group[0]!.startTimeUnixNano,
    )
    total.timeUnixNano = group.reduce(
      (most, point) => (point.timeUnixNano > most ? point.timeUnixNano : most),
      group[0]!.timeUnixNano,
    )
    return total
  })
}

function sumNumbers(points: readonly otlp.NumberDataPoint[]): otlp.NumberDataPoint {
  const total = clone(otlp.NumberDataPointSchema, points[0]!)
  total.exemplars = []
  if (points.every(({ value }) => value.case === 'asInt'))
    total.value = {
      case: 'asInt',
      value: points.reduce((sum, { value }) => sum + BigInt(value.value ?? 0), 0n),
    }
  else
    total.value = {
      case: 'asDouble',
      value: points.reduce((sum, { value }) => sum + Number(value.value ?? 0), 0),
    }
  return total
}

function sumHistograms(points: readonly otlp.HistogramDataPoint[]): otlp.HistogramDataPoint {
  const total = clone(otlp.HistogramDataPointSchema, points[0]!)
  total.exemplars = []
  for (const point of points.slice(1)) {
    total.count += point.count
    total.sum = (total.sum ?? 0) + (point.sum ?? 0)
    if (point.min !== undefined) total.min = Math.min(total.min ?? point.min, point.min)
    if (point.max !== undefined) total.max = Math.max(total.max ?? point.max, point.max)
    total.bucketCounts = total.bucketCounts.map((count, i) => count + (point.bucketCounts[i] ?? 0n))
  }
  return total
}

function sumExponential(
  points: readonly otlp.ExponentialHistogramDataPoint[],
): otlp.ExponentialHistogramDataPoint {
  const total = new ExponentialHistogram()
  for (const point of points) total.merge(point)
  return total.toPoint()
}
