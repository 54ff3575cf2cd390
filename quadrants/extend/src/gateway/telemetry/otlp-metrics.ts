import { create } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'
import { MetricType } from '@quadrant/wasm/proxy-wasm'
import type { FiltersSummary } from '../filters/filter-summary.ts'
import { DURATION_BOUNDS_MS, type DurationHistogram } from '../stats/duration-histogram.ts'
import type { GatewayStats } from '../stats/gateway-stats.ts'
import { otlpAttributes, unixNano } from './otlp-attributes.ts'

/** Who tells, and since when it counts. */
export interface TelemetryOrigin {
  /** `service.name` and what else describes the process (OpenTelemetry's resource conventions). */
  readonly resource: Readonly<Record<string, string>>
  readonly version: string
  /** Milliseconds of Unix time. */
  readonly startMs: number
}

/** Counts that go down again. */
const AMOUNTS: ReadonlySet<string> = new Set([
  'connectionsActive',
  'requestsActive',
  'upgradesActive',
  'pendingActive',
  'retriesActive',
  'endpoints',
  'endpointsHealthy',
  'endpointsEjected',
])

/**
 * What a gateway has counted, as OTLP: durations by OpenTelemetry's conventions for HTTP servers, the rest under
 * `quadrant.gateway`. All of it are totals since it began, so what did not arrive is in the next.
 */
export function otlpMetrics(
  stats: GatewayStats,
  { filters, metrics }: FiltersSummary,
  { resource, version, startMs }: TelemetryOrigin,
  nowMs: number,
): otlp.ExportMetricsServiceRequest {
  const set = new TotalSet(startMs, nowMs)
  for (const [listener, counts] of Object.entries(stats.listeners)) {
    const attributes = otlpAttributes({ 'quadrant.listener': listener })
    set.durations('http.server.request.duration', attributes, counts.durations)
    set.numbers('quadrant.gateway.listener', attributes, counts)
    for (const [code, count] of Object.entries(counts.protocolErrorsBy))
      set.total(
        'quadrant.gateway.listener.protocol_errors_by_code',
        otlpAttributes({ 'quadrant.listener': listener, 'error.type': code }),
        count,
      )
    for (const [key, count] of Object.entries(counts.guardDecisions)) {
      const [decision = '', ...rule] = key.split(' ')
      const labels = {
        'quadrant.listener': listener,
        'quadrant.decision': decision,
        'quadrant.rule': rule.join(' '),
      }
      set.total('quadrant.gateway.guard.decisions', otlpAttributes(labels), count)
    }
  }
  for (const [cluster, counts] of Object.entries(stats.clusters))
    set.numbers('quadrant.gateway.cluster', otlpAttributes({ 'quadrant.cluster': cluster }), counts)
  for (const filter of filters) {
    const { name, digest, crashes, refusals, openStreamCount, memoryBytes } = filter
    const labels = { 'quadrant.filter': name, 'quadrant.wasm.digest': digest }
    const attributes = otlpAttributes(labels)
    const { streams, bypassed, refused, callbacks, fuelUsed, instancesMade } = filter
    set.numbers('quadrant.gateway.filter', attributes, {
      streams,
      bypassed,
      refused,
      callbacks,
      fuelUsed,
      instancesMade,
    })
    set.amount('quadrant.gateway.filter.open_streams', attributes, openStreamCount)
    set.amount('quadrant.gateway.filter.memory', attributes, memoryBytes, 'By')
    for (const [reason, count] of Object.entries(crashes))
      set.total('quadrant.gateway.filter.crashes', otlpAttributes({ ...labels, 'error.type': reason }), count)
    for (const [what, count] of Object.entries(refusals))
      set.total(
        'quadrant.gateway.filter.over_limit',
        otlpAttributes({ ...labels, 'quadrant.limit': what }),
        count,
      )
  }
  for (const { name, type, value } of metrics)
    if (type === MetricType.GAUGE) set.amount(`wasmcustom.${name}`, [], value)
    else if (type === MetricType.COUNTER) set.total(`wasmcustom.${name}`, [], value)
  return create(otlp.ExportMetricsServiceRequestSchema, {
    resourceMetrics: [
      {
        resource: { attributes: otlpAttributes(resource) },
        scopeMetrics: [{ scope: { name: 'quadrant.gateway', version }, metrics: set.metrics }],
      },
    ],
  })
}

/** Metrics that are filled point by point. */
class TotalSet {
  readonly #metrics = new Map<string, otlp.Metric>()
  readonly #times: { readonly startTimeUnixNano: bigint; readonly timeUnixNano: bigint }

  constructor(startMs: number, nowMs: number) {
    this.#times = { startTimeUnixNano: unixNano(startMs), timeUnixNano: unixNano(nowMs) }
  }

  get metrics(): otlp.Metric[] {
    return [...this.#metrics.values()]
  }

  /** Each number under its name, in snake case. */
  numbers(prefix: string, attributes: otlp.KeyValue[], counts: object): void {
    for (const [key, value] of Object.entries(counts)) {
      if (typeof value !== 'number') continue
      const name = `${prefix}.${key.replace(/[A-Z]|\d+(?=xx)/g, (match) => `_${match.toLowerCase()}`)}`
      if (AMOUNTS.has(key)) this.amount(name, attributes, value)
      else this.total(name, attributes, value)
    }
  }

  total(name: string, attributes: otlp.KeyValue[], value: number): void {
    this.#sum(name, '1', true, attributes, value)
  }

  amount(name: string, attributes: otlp.KeyValue[], value: number, unit = '1'): void {
    this.#sum(name, unit, false, attributes, value)
  }

  durations(name: string, attributes: otlp.KeyValue[], { counts, sumMs }: DurationHistogram): void {
    const { data } = this.#metric(name, 's', () => ({
      case: 'histogram',
      value: create(otlp.HistogramSchema, { aggregationTemporality: otlp.AggregationTemporality.CUMULATIVE }),
    }))
    if (data.case !== 'histogram') return
    data.value.dataPoints.push(
      create(otlp.HistogramDataPointSchema, {
        ...this.#times,
        attributes,
        count: BigInt(counts.reduce((sum, count) => sum + count, 0)),
        sum: sumMs / 1000,
        explicitBounds: DURATION_BOUNDS_MS.map((bound) => bound / 1000),
        bucketCounts: counts.map(BigInt),
      }),
    )
  }

  #sum(name: string, unit: string, isMonotonic: boolean, attributes: otlp.KeyValue[], value: number): void {
    const { data } = this.#metric(name, unit, () => ({
      case: 'sum',
      value: create(otlp.SumSchema, {
        aggregationTemporality: otlp.AggregationTemporality.CUMULATIVE,
        isMonotonic,
      }),
    }))
    if (data.case !== 'sum') return
    const told = Number.isSafeInteger(value)
      ? ({ case: 'asInt', value: BigInt(value) } as const)
      : ({ case: 'asDouble', value } as const)
    data.value.dataPoints.push(
      create(otlp.NumberDataPointSchema, { ...this.#times, attributes, value: told }),
    )
  }

  #metric(name: string, unit: string, data: () => otlp.Metric['data']): otlp.Metric {
    let metric = this.#metrics.get(name)
    if (metric === undefined)
      this.#metrics.set(name, (metric = create(otlp.MetricSchema, { name, unit, data: data() })))
    return metric
  }
}
