import { create } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'

export type AttributeValue = string | number | boolean

/** A number is an integer where it is one, as semantic conventions have them. */
export function attribute(key: string, value: AttributeValue): otlp.KeyValue {
  return create(otlp.KeyValueSchema, { key, value: anyValue(value) })
}

/** All but those without a value: an empty text is none. */
export function attributes(values: Readonly<Record<string, AttributeValue | undefined>>): otlp.KeyValue[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [attribute(key, value)],
  )
}

export function anyValue(value: AttributeValue): otlp.AnyValue {
  switch (typeof value) {
    case 'string':
      return create(otlp.AnyValueSchema, { value: { case: 'stringValue', value } })
    case 'boolean':
      return create(otlp.AnyValueSchema, { value: { case: 'boolValue', value } })
    case 'number':
      return create(otlp.AnyValueSchema, {
        value: Number.isSafeInteger(value)
          ? { case: 'intValue', value: BigInt(value) }
          : { case: 'doubleValue', value },
      })
  }
}

/** A value as text, as Prometheus labels and conditions want it; lists and maps as JSON. */
export function textOf(value: otlp.AnyValue | undefined): string {
  const held = value?.value
  if (!held) return ''
  switch (held.case) {
    case undefined:
      return ''
    case 'stringValue':
      return held.value
    case 'bytesValue':
      return Buffer.from(held.value).toString('base64')
    case 'arrayValue':
      return `[${held.value.values.map((entry) => JSON.stringify(textOf(entry))).join(',')}]`
    case 'kvlistValue':
      return `{${held.value.values.map((entry) => `${JSON.stringify(entry.key)}:${JSON.stringify(textOf(entry.value))}`).join(',')}}`
    default:
      return String(held.value)
  }
}

export function findAttribute(list: readonly otlp.KeyValue[], key: string): otlp.KeyValue | undefined {
  return list.find((entry) => entry.key === key)
}
