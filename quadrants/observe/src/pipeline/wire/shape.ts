import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'
import { REQUEST_SCHEMAS, type Signal } from '../signal.ts'

/** What stands behind a field's tag. */
export const FieldKind = {
  unknown: 0,
  varint: 1,
  fixed64: 2,
  fixed32: 3,
  bytes: 4,
  text: 5,
  message: 6,
  /** A list of numbers, packed or not. */
  varints: 7,
  fixed64s: 8,
  fixed32s: 9,
} as const

/** A message type, for walking its encoding without decoding it. */
export interface Shape {
  readonly name: string
  /** {@link FieldKind} by field number. */
  readonly kinds: Uint8Array
  /** Of fields that are messages. */
  readonly children: readonly (Shape | undefined)[]
  /** A span or a data point: what is counted. */
  readonly isItem: boolean
}

const ITEMS: ReadonlySet<string> = new Set([
  otlp.SpanSchema.typeName,
  otlp.NumberDataPointSchema.typeName,
  otlp.HistogramDataPointSchema.typeName,
  otlp.ExponentialHistogramDataPointSchema.typeName,
  otlp.SummaryDataPointSchema.typeName,
])

/** OTLP numbers its fields below this; what is above is unknown to us and skipped. */
const FIELD_NUMBER_MAX = 64

const known = new Map<string, Shape>()

/** The shapes of export requests. */
export const REQUEST_SHAPES: Readonly<Record<Signal, Shape>> = {
  metrics: shapeOf(REQUEST_SCHEMAS.metrics),
  traces: shapeOf(REQUEST_SCHEMAS.traces),
}

function shapeOf(message: DescMessage): Shape {
  const made = known.get(message.typeName)
  if (made) return made
  const kinds = new Uint8Array(FIELD_NUMBER_MAX)
  const children: (Shape | undefined)[] = new Array<Shape | undefined>(FIELD_NUMBER_MAX).fill(undefined)
  const shape = { name: message.name, kinds, children, isItem: ITEMS.has(message.typeName) }
  // Before its fields: values hold values.
  known.set(message.typeName, shape)
  for (const field of message.fields) {
    if (field.number >= FIELD_NUMBER_MAX) continue
    kinds[field.number] = kindOf(field)
    if (field.message) children[field.number] = shapeOf(field.message)
  }
  return shape
}

function kindOf(field: DescField): number {
  if (field.message) return FieldKind.message
  const isList = field.fieldKind === 'list'
  if (field.enum) return isList ? FieldKind.varints : FieldKind.varint
  switch (field.fieldKind === 'scalar' || field.fieldKind === 'list' ? field.scalar : undefined) {
    case ScalarType.STRING:
      return FieldKind.text
    case ScalarType.BYTES:
      return FieldKind.bytes
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
    case ScalarType.DOUBLE:
      return isList ? FieldKind.fixed64s : FieldKind.fixed64
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
    case ScalarType.FLOAT:
      return isList ? FieldKind.fixed32s : FieldKind.fixed32
    case undefined:
      return FieldKind.unknown
    default:
      return isList ? FieldKind.varints : FieldKind.varint
  }
}
