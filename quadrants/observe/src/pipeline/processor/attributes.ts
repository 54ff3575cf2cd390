import { createHash } from 'node:crypto'
import type * as otlp from '@quadrant/proto/otlp'
import { anyValue, attribute, type AttributeValue, findAttribute, textOf } from '../attribute.ts'
import type { Processor } from '../consumer.ts'
import type { Content } from '../parcel.ts'
import { type ContentParts, contentProcessor } from './content-processor.ts'
import { dataPointsOf } from './points.ts'

export const ATTRIBUTE_ACTIONS = ['insert', 'update', 'upsert', 'delete', 'hash'] as const

/** One step; steps are taken in their order. */
export interface AttributeAction {
  readonly key: string
  /** insert: where there is none; update: where there is one; upsert: either way; hash: SHA-256 in hexadecimal. */
  readonly action: (typeof ATTRIBUTE_ACTIONS)[number]
  readonly value?: AttributeValue
  /** Takes the value of this attribute, where it is there. */
  readonly fromAttribute?: string
}

export interface AttributesOptions {
  readonly actions: readonly AttributeAction[]
  /** Whose attributes: of spans (with their events and links) and data points, or of resources. */
  readonly target: 'items' | 'resources'
}

/** Changes attributes. */
export function attributesProcessor({ actions, target }: AttributesOptions, parts: ContentParts): Processor {
  return contentProcessor((content) => {
    for (const [holder, isAdded] of target === 'items' ? items(content) : resources(content))
      for (const action of actions) apply(holder, action, isAdded)
  }, parts)
}

/** Something with attributes, and whether it gets new ones: what hangs on a span or a point does not. */
type Held = readonly [holder: Holder, isAdded: boolean]

interface Holder {
  attributes: otlp.KeyValue[]
}

function* resources(content: Content): Generator<Held> {
  const list = content.signal === 'traces' ? content.message.resourceSpans : content.message.resourceMetrics
  for (const { resource } of list) if (resource) yield [resource, true]
}

function* items(content: Content): Generator<Held> {
  if (content.signal === 'traces') {
    for (const { scopeSpans } of content.message.resourceSpans)
      for (const { spans } of scopeSpans)
        for (const span of spans) {
          yield [span, true]
          // A secret that is taken away from a span must not stay in what hangs on it.
          for (const part of [...span.events, ...span.links]) yield [part, false]
        }
    return
  }
  for (const { scopeMetrics } of content.message.resourceMetrics)
    for (const { metrics } of scopeMetrics)
      for (const metric of metrics)
        for (const point of dataPointsOf(metric)) {
          yield [point, true]
          if ('exemplars' in point)
            for (const exemplar of point.exemplars) yield [exemplarHolder(exemplar), false]
        }
}

function exemplarHolder(exemplar: otlp.Exemplar): Holder {
  return {
    get attributes() {
      return exemplar.filteredAttributes
    },
    set attributes(list) {
      exemplar.filteredAttributes = list
    },
  }
}

function apply(holder: Holder, action: AttributeAction, isAdded: boolean): void {
  const { key } = action
  const found = findAttribute(holder.attributes, key)
  if (action.action === 'delete') {
    if (found) holder.attributes = holder.attributes.filter((entry) => entry.key !== key)
    return
  }
  if (action.action === 'hash') {
    if (found) found.value = anyValue(createHash('sha256').update(textOf(found.value)).digest('hex'))
    return
  }
  const source =
    action.fromAttribute === undefined ? undefined : findAttribute(holder.attributes, action.fromAttribute)
  const value = source ? source.value : action.value === undefined ? undefined : anyValue(action.value)
  if (!value) return
  if (found && action.action !== 'insert') found.value = value
  else if (!found && isAdded && action.action !== 'update') {
    const added = attribute(key, '')
    added.value = value
    holder.attributes.push(added)
  }
}
