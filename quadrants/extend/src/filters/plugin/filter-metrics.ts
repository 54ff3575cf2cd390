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
export class FilterMetrics {
  readonly #metrics = new Map<string, StoredMetric>()
  readonly #owners = new Map<string, { users: number; readonly keys: Set<string> }>()

  /**
   * Those of a filter, over all of its instances: with its last user those are gone that no other filter has.
   *
   * @param namesMax how many it can define, one after the other
   */
  hold(filter: string, namesMax: number): Metrics {
    const owner = this.#owners.getOrInsertComputed(filter, () => ({ users: 0, keys: new Set<string>() }))
    owner.users++
    return { define: (type, name) => this.#define(owner.keys, namesMax, type, name) }
  }

  letGo(filter: string): void {
    const owner = this.#owners.get(filter)
    if (owner === undefined || --owner.users > 0) return
    this.#owners.delete(filter)
    const others = [...this.#owners.values()]
    for (const key of owner.keys) if (!others.some(({ keys }) => keys.has(key))) this.#metrics.delete(key)
  }

  #define(owned: Set<string>, namesMax: number, type: MetricType, name: string): Metric | undefined {
    const key = `${type} ${name}`
    if (!owned.has(key) && (owned.size >= namesMax || name.length > NAME_LENGTH_MAX)) return undefined
    let metric = this.#metrics.get(key)
    if (metric === undefined) {
      if (this.#metrics.size >= METRICS_MAX) return undefined
      this.#metrics.set(key, (metric = new StoredMetric(type, name)))
    }
    owned.add(key)
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
