import { attributes, findAttribute, textOf } from '../attribute.ts'
import type { PipelineClock } from '../clock.ts'
import type { Consumer } from '../consumer.ts'
import type { StageLedger } from '../ledger.ts'
import { dataPointsOf } from '../processor/points.ts'
import type * as otlp from '@quadrant/proto/otlp'
import { newState, type SeriesState } from './accumulate.ts'
import { metricName, sanitize } from './name.ts'
import { formatNumber, labelsOf } from './series.ts'

export interface PrometheusExporterOptions {
  /** Put before each name, with `_`. Default none. */
  readonly namespace: string
  /** Series that are kept; points of others are dropped and counted. Default 100,000. */
  readonly seriesMax: number
  /** A series without a new point for so long is forgotten. Default 5 min. */
  readonly expirationMs: number
  readonly ledger: StageLedger
  readonly clock: PipelineClock
}

export interface PrometheusExporter extends Consumer {
  /** All series in the text format, version 0.0.4. */
  scrape(): string
}

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

interface Family {
  readonly type: string
  readonly help: string
  readonly series: Map<string, { readonly state: SeriesState; touchedMs: number }>
}

/** Keeps the newest value of each series for whoever scrapes. */
export function prometheusExporter(options: PrometheusExporterOptions): PrometheusExporter {
  const { ledger, clock, seriesMax, expirationMs } = options
  const families = new Map<string, Family>()
  let seriesCount = 0

  const forgetOld = () => {
    const before = clock.steadyMs() - expirationMs
    for (const [name, { series }] of families) {
      for (const [labels, { touchedMs }] of series)
        if (touchedMs < before) {
          series.delete(labels)
          seriesCount--
        }
      if (series.size === 0) families.delete(name)
    }
  }
  const familyOf = (metric: otlp.Metric, name: string): Family | undefined => {
    const type = typeOf(metric)
    const known = families.get(name)
    // Two kinds under one name: a scraper would take neither.
    if (known) return known.type === type ? known : undefined
    const family = { type, help: metric.description, series: new Map() }
    families.set(name, family)
    return family
  }
  const add = (
    metric: otlp.Metric,
    target: readonly otlp.KeyValue[],
    point: { attributes: otlp.KeyValue[] },
  ) => {
    const name = fullName(options.namespace, metric)
    const family = familyOf(metric, name)
    if (!family) return 'type-conflict'
    const labels = labelsOf([target, point.attributes])
    let series = family.series.get(labels)
    if (!series) {
      if (seriesCount >= seriesMax) forgetOld()
      if (seriesCount >= seriesMax) return 'series-limit'
      const state = newState(metric)
      if (!state) return 'unknown-kind'
      series = { state, touchedMs: 0 }
      // Anew: the family may just have been forgotten.
      families.set(name, family)
      family.series.set(labels, series)
      seriesCount++
    }
    series.touchedMs = clock.steadyMs()
    return series.state.add(metric, point) ? undefined : 'buckets-changed'
  }
  return {
    consume(parcel) {
      ledger.see(parcel.itemCount)
      const content = parcel.content()
      if (content.signal !== 'metrics') {
        ledger.drop('not-metrics', parcel.itemCount)
        return undefined
      }
      for (const { resource, scopeMetrics } of content.message.resourceMetrics) {
        const target = targetLabels(resource)
        for (const { metrics } of scopeMetrics)
          for (const metric of metrics)
            for (const point of dataPointsOf(metric)) {
              const reason = add(metric, target, point)
              if (reason) ledger.drop(reason, 1)
              else ledger.keep(1)
            }
      }
      return undefined
    },
    scrape() {
      forgetOld()
      const lines: string[] = []
      for (const [name, { type, help, series }] of families) {
        if (help !== '')
          lines.push(`# HELP ${name} ${help.replace(/[\\\n]/g, (c) => (c === '\n' ? '\\n' : '\\\\'))}`)
        lines.push(`# TYPE ${name} ${type}`)
        for (const [labels, { state }] of series)
          for (const { suffix, extra, value } of state.samples()) {
            const all = [labels, extra].filter((part) => part !== '').join(',')
            lines.push(`${name}${suffix}${all === '' ? '' : `{${all}}`} ${formatNumber(value)}`)
          }
      }
      return lines.length === 0 ? '' : `${lines.join('\n')}\n`
    },
  }
}

/** `job` and `instance` as the specification derives them from the resource; the rest of it is not a label. */
function targetLabels(resource: otlp.Resource | undefined): otlp.KeyValue[] {
  const text = (key: string) => textOf(findAttribute(resource?.attributes ?? [], key)?.value)
  const [namespace, name] = [text('service.namespace'), text('service.name')]
  return attributes({
    job: namespace === '' ? name : `${namespace}/${name}`,
    instance: text('service.instance.id'),
  })
}

function typeOf({ data }: otlp.Metric): string {
  if (data.case === 'sum') return data.value.isMonotonic ? 'counter' : 'gauge'
  if (data.case === 'summary') return 'summary'
  return data.case === 'gauge' ? 'gauge' : 'histogram'
}

function fullName(namespace: string, metric: otlp.Metric): string {
  const type = typeOf(metric)
  const kind = type === 'counter' || type === 'gauge' ? type : 'other'
  const name = metricName(metric.name, metric.unit, kind)
  return namespace === '' ? name : `${sanitize(namespace)}_${name}`
}
