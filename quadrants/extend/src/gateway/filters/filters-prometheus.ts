import { MetricType } from '@quadrant/wasm/proxy-wasm'
import type { FiltersSummary, FilterSummary } from './filter-summary.ts'

const COUNTERS: readonly (readonly [string, (filter: FilterSummary) => number])[] = [
  ['quadrant_filter_streams_total', ({ streams }) => streams],
  ['quadrant_filter_streams_bypassed_total', ({ bypassed }) => bypassed],
  ['quadrant_filter_streams_refused_total', ({ refused }) => refused],
  ['quadrant_filter_streams_cut_off_total', ({ cutOff }) => cutOff],
  ['quadrant_filter_callbacks_total', ({ callbacks }) => callbacks],
  ['quadrant_filter_fuel_total', ({ fuelUsed }) => fuelUsed],
  ['quadrant_filter_instances_total', ({ instancesMade }) => instancesMade],
]
const GAUGES: readonly (readonly [string, (filter: FilterSummary) => number])[] = [
  ['quadrant_filter_streams_open', ({ openStreamCount }) => openStreamCount],
  ['quadrant_filter_memory_bytes', ({ memoryBytes }) => memoryBytes],
]

/** Prometheus' text format (version 0.0.4): of each filter, and what filters count themselves as `wasmcustom_NAME`. */
export function filtersPrometheusText({ filters, metrics }: FiltersSummary): string {
  const lines: string[] = []
  for (const [name, read] of COUNTERS) {
    lines.push(`# TYPE ${name} counter`)
    for (const filter of filters) lines.push(`${name}{filter=${quoted(filter.name)}} ${read(filter)}`)
  }
  for (const [name, read] of GAUGES) {
    lines.push(`# TYPE ${name} gauge`)
    for (const filter of filters) lines.push(`${name}{filter=${quoted(filter.name)}} ${read(filter)}`)
  }
  lines.push('# TYPE quadrant_filter_crashes_total counter')
  for (const { name, crashes } of filters)
    for (const [reason, count] of Object.entries(crashes))
      lines.push(`quadrant_filter_crashes_total{filter=${quoted(name)},reason=${quoted(reason)}} ${count}`)
  lines.push('# TYPE quadrant_filter_refused_total counter')
  for (const { name, refusals } of filters)
    for (const [what, count] of Object.entries(refusals))
      lines.push(`quadrant_filter_refused_total{filter=${quoted(name)},what=${quoted(what)}} ${count}`)
  for (const { name, type, value, sum } of metrics) {
    const metric = `wasmcustom_${name.replace(/[^a-zA-Z0-9_]/g, '_')}`
    if (type === MetricType.HISTOGRAM) {
      lines.push(`# TYPE ${metric} summary`, `${metric}_sum ${sum}`, `${metric}_count ${value}`)
    } else {
      lines.push(
        `# TYPE ${metric} ${type === MetricType.COUNTER ? 'counter' : 'gauge'}`,
        `${metric} ${value}`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}

function quoted(text: string): string {
  return `"${text.replace(/["\\\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`
}
