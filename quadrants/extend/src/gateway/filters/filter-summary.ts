import type { FilterFailure, FilterRefusals } from '@quadrant/wasm/proxy-wasm'
import { addCounts, filterCounts } from '../../filters/plugin/filter-counts.ts'
import type { PluginState } from '../../filters/plugin/filter-plugin.ts'
import type { MetricSample } from '../../filters/plugin/filter-metrics.ts'
import type { ThreadReport } from './filter-command.ts'

/** A filter over all threads, as plain data. */
export interface FilterSummary {
  readonly name: string
  readonly digest: string
  readonly rootId: string
  /** How many threads have it in which state. */
  readonly threads: Readonly<Partial<Record<PluginState, number>>>
  readonly openStreamCount: number
  readonly memoryBytes: number
  readonly streams: number
  /** Streams that went on without it, because it was over. */
  readonly bypassed: number
  /** Streams that were answered for it, because it was over. */
  readonly refused: number
  /** Of its streams, those that went on without it or ended, because its instance was over. */
  readonly cutOff: number
  readonly callbacks: number
  /** Units of about one instruction of the machine. */
  readonly fuelUsed: number
  /** Of callbacks, one of 16. */
  readonly callNs: { readonly p50: number; readonly p99: number; readonly mean: number }
  readonly crashes: Readonly<Record<FilterFailure, number>>
  readonly refusals: Readonly<FilterRefusals>
  readonly instancesMade: number
}

export interface FiltersSummary {
  readonly filters: readonly FilterSummary[]
  /** What filters count themselves: of counters, gauges and histograms the sum over all threads. */
  readonly metrics: readonly MetricSample[]
  readonly drainingCount: number
}

/** What all threads tell, as one. */
export function summarizeFilters(reports: readonly ThreadReport[]): FiltersSummary {
  const names = [...new Set(reports.flatMap(({ filters }) => filters.map(({ name }) => name)))]
  return {
    filters: names.map((name) => summaryOf(name, reports)),
    metrics: mergeMetrics(reports.flatMap(({ metrics }) => metrics)),
    drainingCount: reports.reduce((sum, { drainingCount }) => sum + drainingCount, 0),
  }
}

function summaryOf(name: string, reports: readonly ThreadReport[]): FilterSummary {
  const each = reports.flatMap(({ filters }) => filters.filter((filter) => filter.name === name))
  const counts = filterCounts()
  const threads: Partial<Record<PluginState, number>> = {}
  for (const report of each) {
    addCounts(counts, report.counts)
    threads[report.state] = (threads[report.state] ?? 0) + 1
  }
  const { durations, ...rest } = counts
  return {
    name,
    digest: each[0]?.digest ?? '',
    rootId: each[0]?.rootId ?? '',
    threads,
    openStreamCount: each.reduce((sum, { openStreamCount }) => sum + openStreamCount, 0),
    memoryBytes: each.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
    ...rest,
    callNs: {
      p50: durations.quantileNs(0.5),
      p99: durations.quantileNs(0.99),
      mean: durations.count === 0 ? 0 : Math.round(durations.sumNs / durations.count),
    },
  }
}

function mergeMetrics(samples: readonly MetricSample[]): readonly MetricSample[] {
  const merged = new Map<string, MetricSample>()
  for (const sample of samples) {
    const key = `${sample.type} ${sample.name}`
    const before = merged.get(key)
    merged.set(
      key,
      before === undefined
        ? sample
        : { ...sample, value: before.value + sample.value, sum: before.sum + sample.sum },
    )
  }
  return [...merged.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1))
}
