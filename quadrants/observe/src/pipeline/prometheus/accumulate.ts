import { clone } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'
import { ExponentialHistogram } from '../exponential-histogram.ts'
import { exponentialSamples, histogramSamples, numberOf, type Sample, summarySamples } from './series.ts'

/** What a series holds between two scrapes. */
export interface SeriesState {
  samples(): readonly Sample[]
  /** Takes a point of the same metric in. False where it does not fit to what was there. */
  add(metric: otlp.Metric, point: unknown): boolean
}

const DELTA = otlp.AggregationTemporality.DELTA

/** The state for a metric's kind: Prometheus wants totals, so that changes (delta) are added up here. */
export function newState(metric: otlp.Metric): SeriesState | undefined {
  switch (metric.data.case) {
    case 'gauge':
      return new NumberState()
    case 'sum':
      return new NumberState()
    case 'histogram':
      return new HistogramState()
    case 'exponentialHistogram':
      return new ExponentialState()
    case 'summary':
      return new SummaryState()
    case undefined:
      return undefined
  }
}

class NumberState implements SeriesState {
  #value: number | undefined

  samples(): readonly Sample[] {
    return [{ suffix: '', extra: '', value: this.#value ?? 0 }]
  }

  add({ data }: otlp.Metric, point: otlp.NumberDataPoint): boolean {
    const value = numberOf(point)
    const isDelta = data.case === 'sum' && data.value.aggregationTemporality === DELTA
    this.#value = isDelta ? (this.#value ?? 0) + value : value
    return true
  }
}

class HistogramState implements SeriesState {
  #total: otlp.HistogramDataPoint | undefined

  samples(): readonly Sample[] {
    return this.#total ? histogramSamples(this.#total) : []
  }

  add({ data }: otlp.Metric, point: otlp.HistogramDataPoint): boolean {
    const isDelta = data.case === 'histogram' && data.value.aggregationTemporality === DELTA
    const total = this.#total
    if (!isDelta || !total) {
      this.#total = clone(otlp.HistogramDataPointSchema, point)
      return true
    }
    if (total.explicitBounds.join() !== point.explicitBounds.join()) return false
    total.count += point.count
    total.sum = (total.sum ?? 0) + (point.sum ?? 0)
    total.bucketCounts = total.bucketCounts.map((count, i) => count + (point.bucketCounts[i] ?? 0n))
    return true
  }
}

class ExponentialState implements SeriesState {
  #sum = new ExponentialHistogram()
  #latest: otlp.ExponentialHistogramDataPoint | undefined

  samples(): readonly Sample[] {
    return exponentialSamples(this.#latest ?? this.#sum.toPoint())
  }

  add({ data }: otlp.Metric, point: otlp.ExponentialHistogramDataPoint): boolean {
    if (data.case === 'exponentialHistogram' && data.value.aggregationTemporality === DELTA)
      return this.#sum.merge(point)
    this.#latest = point
    return true
  }
}

class SummaryState implements SeriesState {
  #latest: otlp.SummaryDataPoint | undefined

  samples(): readonly Sample[] {
    return this.#latest ? summarySamples(this.#latest) : []
  }

  add(_metric: otlp.Metric, point: otlp.SummaryDataPoint): boolean {
    this.#latest = point
    return true
  }
}
