import { globMatch } from '@quadrant/core'
import type * as otlp from '@quadrant/proto/otlp'
import { findAttribute, textOf } from '../attribute.ts'
import type { Processor } from '../consumer.ts'
import type { Content } from '../parcel.ts'
import { type ContentParts, contentProcessor, type DropCounter } from './content-processor.ts'
import { dataPointsOf, filterPoints } from './points.ts'

/** What one rule asks for: all that it names must hold, and of each list one entry. */
export interface FilterRule {
  readonly matchType: 'strict' | 'glob'
  /** `service.name` of the resource. */
  readonly services: readonly string[]
  /** Names of spans, or of metrics. */
  readonly names: readonly string[]
  /** Of the span or data point, else of its resource. */
  readonly attributes: readonly { readonly key: string; readonly value: string | undefined }[]
}

export interface FilterOptions {
  /** What does not match is dropped. */
  readonly include?: FilterRule
  /** What matches is dropped. */
  readonly exclude?: FilterRule
}

/** Drops spans or data points, counted as `not-included` and `excluded`. */
export function filterProcessor(options: FilterOptions, parts: ContentParts): Processor {
  return contentProcessor((content, drop) => filter(content, options, drop), parts)
}

function filter(content: Content, { include, exclude }: FilterOptions, drop: DropCounter): void {
  const keep = (name: string, attributes: readonly otlp.KeyValue[], resource: readonly otlp.KeyValue[]) => {
    const reason =
      include && !matches(include, name, attributes, resource)
        ? 'not-included'
        : exclude && matches(exclude, name, attributes, resource)
          ? 'excluded'
          : undefined
    if (reason) drop(reason, 1)
    return reason === undefined
  }
  if (content.signal === 'traces') {
    for (const { resource, scopeSpans } of content.message.resourceSpans)
      for (const scope of scopeSpans)
        scope.spans = scope.spans.filter((span) =>
          keep(span.name, span.attributes, resource?.attributes ?? []),
        )
    return
  }
  for (const { resource, scopeMetrics } of content.message.resourceMetrics)
    for (const scope of scopeMetrics) {
      for (const metric of scope.metrics)
        filterPoints(metric, (point) => keep(metric.name, point.attributes, resource?.attributes ?? []))
      scope.metrics = scope.metrics.filter((metric) => dataPointsOf(metric).length > 0)
    }
}

function matches(
  rule: FilterRule,
  name: string,
  attributes: readonly otlp.KeyValue[],
  resource: readonly otlp.KeyValue[],
): boolean {
  const equal = (wanted: string, value: string) =>
    rule.matchType === 'strict' ? wanted === value : globMatch(wanted, value)
  if (rule.names.length > 0 && !rule.names.some((wanted) => equal(wanted, name))) return false
  const service = textOf(findAttribute(resource, 'service.name')?.value)
  if (rule.services.length > 0 && !rule.services.some((wanted) => equal(wanted, service))) return false
  return rule.attributes.every(({ key, value }) => {
    const found = findAttribute(attributes, key) ?? findAttribute(resource, key)
    return found !== undefined && (value === undefined || equal(value, textOf(found.value)))
  })
}
