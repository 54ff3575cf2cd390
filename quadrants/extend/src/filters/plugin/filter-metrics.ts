import { DurationHistogram, MetricType, type Metric, type Metrics } from '@quadrant/wasm/proxy-wasm'

/** Metrics that all filters of a thread can have together. */
const METRICS_MAX = 10_000
const NAME_LENGTH_MAX = 512

/** What a filter's metric says, as plain data that goes to other threads. */
export interface MetricSample {
  readonly name: string
  readonly type: MetricType
  /** Of a histogram how often something was recorded. */
  readonly value: number
  /** Of a histogram. */
  readonly sum: number
}

/**
 * Metrics that filters define, by their types and names: what has the same is the same, whichever filter defines it, as in
 * Envoy.
 */
export class FilterMetrics implements Metrics {
  readonly #metrics = new Map<string, StoredMetric>()

  define(type: MetricType, name: string): Metric | undefined {
    const key = `${type} ${name}`
    const known = this.#metrics.get(key)
    if (known !== undefined) return known
    if (this.#metrics.size >= METRICS_MAX || name.length > NAME_LENGTH_MAX) return undefined
    const metric = new StoredMetric(type, name)
    this.#metrics.set(key, metric)
    return metric
  }

  samples(): readonly MetricSample[] {
    return [...this.#metrics.values()].map((metric) => metric.sample())
  }
}

/** Counters and gauges are 64 bits without a sign, and wrap as those of the C++ host do. */
class StoredMetric implements Metric {
  readonly type: MetricType
  readonly #name: string
  readonly #histogram = new DurationHistogram()
  #value = 0n

  constructor(type: MetricType, name: string) {
    this.type = type
    this.#name = name
  }

  get value(): bigint | undefined {
    return this.type === MetricType.HISTOGRAM ? undefined : this.#value
  }

  add(offset: bigint): boolean {
    if (this.type === MetricType.COUNTER && offset <= 0n) return false
    this.#value = BigInt.asUintN(64, this.#value + offset)
    return true
  }

  record(value: bigint): void {
    if (this.type === MetricType.HISTOGRAM) this.#histogram.record(Number(value))
    else if (this.type === MetricType.GAUGE) this.#value = value
    else this.#value = BigInt.asUintN(64, this.#value + value)
  }

  sample(): MetricSample {
    const isHistogram = this.type === MetricType.HISTOGRAM
    return {
      name: this.#name,
      type: this.type,
      value: isHistogram ? this.#histogram.count : Number(this.#value),
      sum: isHistogram ? this.#histogram.sumNs : 0,
    }
  }
}
