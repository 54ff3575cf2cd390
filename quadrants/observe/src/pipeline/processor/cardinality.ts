import { createHash } from 'node:crypto'
import type * as otlp from '@quadrant/proto/otlp'
import { anyValue, findAttribute, textOf } from '../attribute.ts'
import type { PipelineClock } from '../clock.ts'
import type { Processor } from '../consumer.ts'
import type { Content } from '../parcel.ts'
import { type ContentParts, contentProcessor, type DropCounter } from './content-processor.ts'
import { OTHER, sumPoints } from './other-points.ts'
import { type DataPoint, dataPointsOf } from './points.ts'

export interface CardinalityOptions {
  /** Sets of attributes of one metric of one service; for spans, values of one key of one service. Default 2000. */
  readonly limit: number
  /** Attributes of spans that are limited; `name` is the span's name. */
  readonly spanKeys: readonly string[]
  /** After this long all sets are forgotten, so that those which ended make room. Default 1 h. */
  readonly resetMs: number
}

/** Metrics, or keys of spans, of services that are told apart: a table of tables is bounded, too. */
const TABLES_MAX = 10_000
/** A longer set of attributes is kept as its hash. */
const PLAIN_LENGTH_MAX = 64

/**
 * Bounds how many series there are. What is over the limit becomes `~other`: added up where points are changes
 * (delta), else dropped and counted, since the sum of some of the series would be a guess.
 */
export function cardinalityProcessor(
  options: CardinalityOptions,
  { clock, ...parts }: ContentParts & { readonly clock: PipelineClock },
): Processor {
  const known = new KnownSets(options, clock)
  return contentProcessor((content, drop) => limit(content, options, known, drop), parts)
}

function limit(
  content: Content,
  { spanKeys }: CardinalityOptions,
  known: KnownSets,
  drop: DropCounter,
): void {
  known.forgetOld()
  if (content.signal === 'traces') {
    for (const { resource, scopeSpans } of content.message.resourceSpans)
      for (const { spans } of scopeSpans)
        for (const span of spans) for (const key of spanKeys) limitSpan(span, key, serviceOf(resource), known)
    return
  }
  for (const { resource, scopeMetrics } of content.message.resourceMetrics)
    for (const scope of scopeMetrics) {
      for (const metric of scope.metrics) limitMetric(metric, resource, known, drop)
      scope.metrics = scope.metrics.filter((metric) => dataPointsOf(metric).length > 0)
    }
}

function limitSpan(span: otlp.Span, key: string, service: string, known: KnownSets): void {
  const found = findAttribute(span.attributes, key)
  if (found && !known.has(`${service}\0${key}`, textOf(found.value))) found.value = anyValue(OTHER)
  else if (key === 'name' && !known.has(`${service}\0name`, span.name)) span.name = OTHER
}

function limitMetric(
  metric: otlp.Metric,
  resource: otlp.Resource | undefined,
  known: KnownSets,
  drop: DropCounter,
): void {
  const { value } = metric.data
  if (!value) return
  const table = `${serviceOf(resource)}\0${metric.name}`
  const kept: DataPoint[] = []
  const over: DataPoint[] = []
  for (const point of dataPointsOf(metric))
    (known.has(table, setOf(point.attributes, resource)) ? kept : over).push(point)
  if (over.length === 0) return
  const sums = sumPoints(metric, over)
  if (sums) drop('merged-into-other', over.length - sums.length)
  else drop(metric.data.case === 'gauge' ? 'gauge-over-limit' : 'cumulative-over-limit', over.length)
  ;(value as { dataPoints: unknown[] }).dataPoints = [...kept, ...(sums ?? [])]
}

function serviceOf(resource: otlp.Resource | undefined): string {
  return textOf(findAttribute(resource?.attributes ?? [], 'service.name')?.value)
}

/** One text for a set of attributes in whatever order, and for the resource's own instance. */
function setOf(list: readonly otlp.KeyValue[], resource: otlp.Resource | undefined): string {
  const instance = textOf(findAttribute(resource?.attributes ?? [], 'service.instance.id')?.value)
  return [...list.map(({ key, value }) => `${key}\x01${textOf(value)}`).sort(), instance].join('\x02')
}

/** Which sets have been seen, up to the limit of each table. */
class KnownSets {
  readonly #options: CardinalityOptions
  readonly #clock: PipelineClock
  readonly #tables = new Map<string, Set<string>>()
  #since: number

  constructor(options: CardinalityOptions, clock: PipelineClock) {
    this.#options = options
    this.#clock = clock
    this.#since = clock.steadyMs()
  }

  /** Whether the set is told apart. */
  has(table: string, set: string): boolean {
    const key = short(set)
    const name = short(table)
    const sets = this.#tables.get(name)
    if (sets?.has(key)) return true
    if (sets ? sets.size >= this.#options.limit : this.#tables.size >= TABLES_MAX) return false
    if (sets) sets.add(key)
    else this.#tables.set(name, new Set([key]))
    return true
  }

  forgetOld(): void {
    const now = this.#clock.steadyMs()
    if (this.#options.resetMs === 0 || now - this.#since < this.#options.resetMs) return
    this.#since = now
    this.#tables.clear()
  }
}

function short(text: string): string {
  return text.length <= PLAIN_LENGTH_MAX ? text : createHash('sha256').update(text).digest('base64')
}
