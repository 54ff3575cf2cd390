import {
  type ConfigReader,
  duration,
  type Field,
  list,
  number,
  object,
  oneOf,
  optional,
  type Place,
  text,
} from '@quadrant/core/config'
import { ATTRIBUTE_ACTIONS, type AttributeAction } from '../processor/attributes.ts'
import type { FilterOptions, FilterRule } from '../processor/filter.ts'
import { PipelineCode } from './codes.ts'
import type { ProcessorSpec } from './spec.ts'

const MIB = 1 << 20
const HOUR_MS = 3_600_000

const value: Field<string | number | boolean> = (reader, place, name) =>
  reader.scalar(place, `\`${name}\``) ?? ''

const attributesRule = list(object('attribute', { key: text, value: optional(text) }))
const rule = object('rule', {
  match_type: oneOf(['strict', 'glob'], 'strict'),
  services: list(text),
  span_names: list(text),
  metric_names: list(text),
  attributes: attributesRule,
})
const filterSide = object('filter', { include: optional(rule), exclude: optional(rule) })

const action: Field<AttributeAction> = (reader, place, name) => {
  const read = object('action', {
    key: text,
    action: oneOf(ATTRIBUTE_ACTIONS, 'upsert'),
    value: optional(value),
    from_attribute: optional(text),
  })(reader, place, name)
  const needsValue = read.action !== 'delete' && read.action !== 'hash'
  if (needsValue && read.value === undefined && read.from_attribute === undefined)
    reader.wrong(
      PipelineCode.missing,
      place,
      `${read.action} needs a value`,
      'value: …, or from_attribute: KEY',
    )
  return {
    key: read.key,
    action: read.action,
    ...(read.value === undefined ? {} : { value: read.value }),
    ...(read.from_attribute === undefined ? {} : { fromAttribute: read.from_attribute }),
  }
}

/** What a processor of this type reads from its mapping. */
export const PROCESSOR_TYPES: Readonly<
  Record<string, (reader: ConfigReader, place: Place, id: string) => ProcessorSpec>
> = {
  batch: (reader, place, id) => {
    const read = object('processor batch', {
      send_batch_size: number({ default: 8192, min: 1, max: 1_000_000 }),
      timeout: duration({ default: 200, min: 1, max: 60_000 }),
      send_batch_max_size: number({ default: 0, min: 0, max: 1_000_000 }),
      send_batch_max_mib: number({ default: 3, min: 1, max: 64 }),
    })(reader, place, id)
    const max = read.send_batch_max_size
    if (max > 0 && max < read.send_batch_size)
      reader.wrong(
        PipelineCode.wrongValue,
        place,
        `send_batch_max_size ${max} is below send_batch_size ${read.send_batch_size}`,
        `send_batch_max_size: ${read.send_batch_size}`,
      )
    return {
      id,
      kind: 'batch',
      sendBatchSize: read.send_batch_size,
      timeoutMs: read.timeout,
      sendBatchMaxSize: max,
      sendBatchMaxBytes: read.send_batch_max_mib * MIB,
    }
  },
  memory_limiter: (reader, place, id) => {
    const read = object(
      'processor memory_limiter',
      { limit_mib: number({ default: 256, min: 1, max: 65_536 }) },
      {
        check_interval: 'what is held is counted exactly, not sampled',
        spike_limit_mib: 'what is held is counted exactly, not sampled',
        limit_percentage: 'give limit_mib',
      },
    )(reader, place, id)
    return { id, kind: 'memory_limiter', limitBytes: read.limit_mib * MIB }
  },
  filter: (reader, place, id) => {
    const read = object('processor filter', { traces: optional(filterSide), metrics: optional(filterSide) })(
      reader,
      place,
      id,
    )
    if (!read.traces && !read.metrics)
      reader.wrong(
        PipelineCode.missing,
        place,
        'a filter without rules',
        'traces: { exclude: { span_names: [ … ] } }',
      )
    return {
      id,
      kind: 'filter',
      traces: filterOptions(read.traces, 'span_names'),
      metrics: filterOptions(read.metrics, 'metric_names'),
    }
  },
  attributes: (reader, place, id) => {
    const { actions } = object('processor attributes', { actions: list(action) })(reader, place, id)
    return { id, kind: 'attributes', actions, target: 'items' }
  },
  resource: (reader, place, id) => {
    const { attributes } = object('processor resource', { attributes: list(action) })(reader, place, id)
    return { id, kind: 'attributes', actions: attributes, target: 'resources' }
  },
  cardinality: (reader, place, id) => {
    const read = object('processor cardinality', {
      limit: number({ default: 2000, min: 1, max: 1_000_000 }),
      span_keys: list(text),
      reset_interval: duration({ default: HOUR_MS, min: 0, max: 24 * HOUR_MS }),
    })(reader, place, id)
    return {
      id,
      kind: 'cardinality',
      limit: read.limit,
      spanKeys: read.span_keys,
      resetMs: read.reset_interval,
    }
  },
}

type ReadRule = ReturnType<typeof rule>

function filterOptions(
  side: ReturnType<typeof filterSide> | undefined,
  names: 'span_names' | 'metric_names',
): FilterOptions {
  const made = (read: ReadRule): FilterRule => ({
    matchType: read.match_type,
    services: read.services,
    names: read[names],
    attributes: read.attributes,
  })
  return {
    ...(side?.include ? { include: made(side.include) } : {}),
    ...(side?.exclude ? { exclude: made(side.exclude) } : {}),
  }
}
