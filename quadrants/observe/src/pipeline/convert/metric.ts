import { create } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'
import type { ExponentialHistogram } from '../exponential-histogram.ts'

/** When what is told began and ended, nanoseconds of the Unix epoch. */
export interface Window {
  readonly startNs: number
  readonly endNs: number
}

export interface MetricName {
  readonly name: string
  /** UCUM. */
  readonly unit: string
  readonly description: string
}

type Attributes = readonly otlp.KeyValue[]

const DELTA = otlp.AggregationTemporality.DELTA
const CUMULATIVE = otlp.AggregationTemporality.CUMULATIVE

/**
 * Metrics of one resource, filled point by point. Changes are told as changes (delta): an agent or a server that starts
 * again begins nothing anew.
 */
export class MetricSet {
  readonly #metrics = new Map<string, otlp.Metric>()

  get metrics(): otlp.Metric[] {
    return [...this.#metrics.values()]
  }

  /** An increase within the window. */
  increase(metric: MetricName, window: Window, attributes: Attributes, value: number): void {
    const { data } = this.#metric(metric, () => ({
      case: 'sum',
      value: create(otlp.SumSchema, { aggregationTemporality: DELTA, isMonotonic: true }),
    }))
    if (data.case === 'sum') data.value.dataPoints.push(number(window, attributes, value))
  }

  /** A total since `window.startNs`. */
  total(metric: MetricName, window: Window, attributes: Attributes, value: number): void {
    const { data } = this.#metric(metric, () => ({
      case: 'sum',
      value: create(otlp.SumSchema, { aggregationTemporality: CUMULATIVE, isMonotonic: true }),
    }))
    if (data.case === 'sum') data.value.dataPoints.push(number(window, attributes, value))
  }

  /** How much there is now: an UpDownCounter, which can be added up over attributes. */
  amount(metric: MetricName, window: Window, attributes: Attributes, value: number): void {
    const { data } = this.#metric(metric, () => ({
      case: 'sum',
      value: create(otlp.SumSchema, { aggregationTemporality: CUMULATIVE, isMonotonic: false }),
    }))
    if (data.case === 'sum') data.value.dataPoints.push(number(window, attributes, value))
  }

  /** Sum, number and greatest of what was measured, where no buckets are known: a histogram with one. */
  summed(
    metric: MetricName,
    window: Window,
    attributes: Attributes,
    values: { readonly sum: number; readonly count: number; readonly max: number },
  ): void {
    const { data } = this.#metric(metric, () => ({
      case: 'histogram',
      value: create(otlp.HistogramSchema, { aggregationTemporality: DELTA }),
    }))
    if (data.case !== 'histogram') return
    data.value.dataPoints.push(
      create(otlp.HistogramDataPointSchema, {
        ...times(window),
        attributes: [...attributes],
        count: BigInt(Math.round(values.count)),
        sum: values.sum,
        max: values.max,
        bucketCounts: [BigInt(Math.round(values.count))],
      }),
    )
  }

  exponential(
    metric: MetricName,
    window: Window,
    attributes: Attributes,
    histogram: ExponentialHistogram,
  ): void {
    const { data } = this.#metric(metric, () => ({
      case: 'exponentialHistogram',
      value: create(otlp.ExponentialHistogramSchema, { aggregationTemporality: DELTA }),
    }))
    if (data.case !== 'exponentialHistogram') return
    const point = histogram.toPoint()
    point.attributes = [...attributes]
    Object.assign(point, times(window))
    data.value.dataPoints.push(point)
  }

  #metric({ name, unit, description }: MetricName, data: () => otlp.Metric['data']): otlp.Metric {
    let metric = this.#metrics.get(name)
    if (!metric)
      this.#metrics.set(name, (metric = create(otlp.MetricSchema, { name, unit, description, data: data() })))
    return metric
  }
}

function number(window: Window, attributes: Attributes, value: number): otlp.NumberDataPoint {
  return create(otlp.NumberDataPointSchema, {
    ...times(window),
    attributes: [...attributes],
    value: Number.isSafeInteger(value)
      ? { case: 'asInt', value: BigInt(value) }
      : { case: 'asDouble', value },
  })
}

function times({ startNs, endNs }: Window) {
  return { startTimeUnixNano: nanoseconds(startNs), timeUnixNano: nanoseconds(endNs) }
}

/** Foreign times that are none are the epoch. */
function nanoseconds(ns: number): bigint {
  return Number.isFinite(ns) && ns > 0 ? BigInt(Math.round(ns)) : 0n
}
