import { isMap, isScalar, isSeq } from 'yaml'
import { nearest } from '../nearest.ts'
import type { Place } from './config-reader.ts'
import { type Field, shaped } from './field.ts'

type Values<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/** Keys that mean nothing here, and why: others have them. */
type Ignored = Readonly<Record<string, string>>

/** A mapping with these fields and no others. `what` names it in messages. */
export function object<F extends Readonly<Record<string, Field<unknown>>>>(
  what: string,
  fields: F,
  ignored: Ignored = {},
): Field<Values<F>> {
  return shaped({ type: 'a mapping', fields }, (reader, place) => {
    const found = new Map<string, Place>()
    for (const { key, keyPlace, value } of reader.entries(place, what)) {
      if (Object.hasOwn(fields, key)) found.set(key, value)
      else if (Object.hasOwn(ignored, key))
        reader.report(
          'warning',
          reader.codes.noEffect,
          keyPlace,
          `\`${key}\` has no effect: ${ignored[key]}`,
          'remove it',
        )
      else reader.unknownKey(keyPlace, key, what, Object.keys(fields))
    }
    const values = Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [
        name,
        field(reader, found.get(name) ?? { node: undefined, range: place.range }, name),
      ]),
    ) as Values<F>
    reader.remember(values, place)
    for (const [name, at] of found) reader.remember(values, at, name)
    return values
  })
}

/** A value that may be missing: undefined then. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  const { isRequired: _isRequired, fallback: _fallback, ...shape } = field.shape ?? { type: '' }
  return shaped(shape, (reader, place, name) =>
    place.node === undefined ? undefined : field(reader, place, name),
  )
}

/** A mapping that counts as given where only its name is there: `grpc:`. */
export function presence<T>(field: Field<T>): Field<T | undefined> {
  return shaped({ type: '', ...field.shape }, (reader, place, name) =>
    place.node === undefined && !place.isEmpty ? undefined : field(reader, place, name),
  )
}

export const text: Field<string> = shaped({ type: 'text', isRequired: true }, (reader, place, name) => {
  if (place.node === undefined) {
    reader.wrong(reader.codes.missing, place, `\`${name}\` is missing`, `${name}: …`)
    return ''
  }
  const value = reader.scalar(place, `\`${name}\``)
  return value === undefined ? '' : String(value)
})

export function oneOf<const T extends string>(values: readonly T[], fallback: T): Field<T> {
  return shaped(
    { type: values.map((value) => `\`${value}\``).join(' or '), fallback },
    (reader, place, name) => {
      if (place.node === undefined) return fallback
      const value = String(reader.scalar(place, `\`${name}\``) ?? fallback)
      const found = values.find((one) => one === value)
      if (found === undefined)
        reader.wrong(
          reader.codes.wrongValue,
          place,
          `\`${name}\` is one of ${values.join(', ')}`,
          nearest(value, values) ?? values[0],
        )
      return found ?? fallback
    },
  )
}

export function bool(fallback: boolean): Field<boolean> {
  return shaped({ type: '`true` or `false`', fallback: String(fallback) }, (reader, place, name) => {
    if (place.node === undefined) return fallback
    const value = reader.scalar(place, `\`${name}\``)
    if (value === true || value === 'true') return true
    if (value === false || value === 'false') return false
    if (value !== undefined)
      reader.wrong(reader.codes.wrongValue, place, `\`${name}\` is true or false`, String(fallback))
    return fallback
  })
}

export interface NumberLimits {
  readonly default: number
  readonly min: number
  readonly max: number
  /** Default true. */
  readonly isWhole?: boolean
}

export function number(limits: NumberLimits): Field<number> {
  const type = `a ${limits.isWhole === false ? '' : 'whole '}number from ${limits.min} to ${limits.max}`
  return shaped({ type, fallback: String(limits.default) }, (reader, place, name) => {
    if (place.node === undefined) return limits.default
    const scalar = reader.scalar(place, `\`${name}\``)
    if (scalar === undefined) return limits.default
    const value = typeof scalar === 'string' && scalar.trim() !== '' ? Number(scalar) : scalar
    const isWhole = limits.isWhole ?? true
    if (
      typeof value === 'number' &&
      value >= limits.min &&
      value <= limits.max &&
      (!isWhole || Number.isSafeInteger(value))
    )
      return value
    reader.wrong(
      reader.codes.wrongValue,
      place,
      `\`${name}\` is a ${isWhole ? 'whole ' : ''}number from ${limits.min} to ${limits.max}`,
      `${name}: ${limits.default}`,
    )
    return limits.default
  })
}

const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** Go's form of a duration, as the Collector has it: `200ms`, `5s`, `1m30s`; in milliseconds. */
export function duration(limits: NumberLimits): Field<number> {
  const type = `a duration from ${formatDuration(limits.min)} to ${formatDuration(limits.max)}`
  return shaped({ type, fallback: formatDuration(limits.default) }, (reader, place, name) => {
    if (place.node === undefined) return limits.default
    const value = String(reader.scalar(place, `\`${name}\``) ?? `${limits.default}ms`)
    const ms = value === '0' ? 0 : durationMs(value)
    if (ms !== undefined && ms >= limits.min && ms <= limits.max) return ms
    reader.wrong(
      reader.codes.wrongValue,
      place,
      ms === undefined
        ? `\`${name}\` is a duration such as 200ms, 5s or 1m30s`
        : `\`${name}\` is from ${formatDuration(limits.min)} to ${formatDuration(limits.max)}`,
      `${name}: ${formatDuration(limits.default)}`,
    )
    return limits.default
  })
}

/** `90000` is `90s`: the largest unit that has it whole. */
function formatDuration(ms: number): string {
  if (ms === 0) return '0'
  for (const unit of ['h', 'm', 's'] as const) {
    const count = ms / DURATION_UNITS[unit]
    if (Number.isInteger(count)) return `${count}${unit}`
  }
  return `${ms}ms`
}

function durationMs(value: string): number | undefined {
  if (!/^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h)){1,4}$/.test(value)) return undefined
  let ms = 0
  for (const [, amount, unit] of value.matchAll(/([\d.]+)(ms|s|m|h)/g))
    ms += Number(amount) * DURATION_UNITS[unit as keyof typeof DURATION_UNITS]
  return ms
}

const SIZE_UNITS = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

/** `64KiB`, `10MiB`, or a number of bytes. */
export function bytes(limits: NumberLimits): Field<number> {
  const type = `a size from ${formatBytes(limits.min)} to ${formatBytes(limits.max)}`
  return shaped({ type, fallback: formatBytes(limits.default) }, (reader, place, name) => {
    if (place.node === undefined) return limits.default
    const value = String(reader.scalar(place, `\`${name}\``) ?? limits.default)
    const [, amount, unit = 'B'] = /^(\d{1,15})(B|KiB|MiB|GiB)?$/.exec(value) ?? []
    const size =
      amount === undefined ? undefined : Number(amount) * SIZE_UNITS[unit as keyof typeof SIZE_UNITS]
    if (size !== undefined && size >= limits.min && size <= limits.max) return size
    reader.wrong(
      reader.codes.wrongValue,
      place,
      size === undefined ? `\`${name}\` is a size such as 64KiB or 10MiB` : `\`${name}\` is ${type}`,
      `${name}: ${formatBytes(limits.default)}`,
    )
    return limits.default
  })
}

function formatBytes(size: number): string {
  if (size === 0) return '0'
  for (const unit of ['GiB', 'MiB', 'KiB'] as const) {
    const count = size / SIZE_UNITS[unit]
    if (Number.isInteger(count)) return `${count}${unit}`
  }
  return String(size)
}

export function list<T>(field: Field<T>): Field<readonly T[]> {
  return shaped({ ...field.shape, ...listShape(field) }, (reader, place, name) => {
    const items = reader.items(place, `\`${name}\``)
    const values = items.map((item) => field(reader, item, name))
    reader.remember(values, place)
    for (const [index, item] of items.entries()) reader.remember(values, item, index)
    return values
  })
}

function listShape({ shape }: Field<unknown>) {
  const { type = '' } = shape ?? {}
  return {
    type: type === '' ? 'a list' : `a list, each ${type}`,
    fallback: undefined,
    isRequired: false,
  }
}

/** Names and texts, such as headers. */
export const texts: Field<ReadonlyMap<string, string>> = shaped(
  { type: 'a mapping of names and texts', fallback: '{}' },
  (reader, place, name) =>
    new Map(
      reader.entries(place, `\`${name}\``).map(({ key, value }) => [key, text(reader, value, key)] as const),
    ),
)

/** Whatever stands there, as JSON has it; undefined where there is nothing. */
export const json: Field<unknown> = shaped({ type: 'anything' }, (reader, place, name) => {
  if (place.node === undefined) return undefined
  if (isSeq(place.node)) return reader.items(place, `\`${name}\``).map((item) => json(reader, item, name))
  if (isMap(place.node))
    return Object.fromEntries(
      reader.entries(place, `\`${name}\``).map(({ key, value }) => [key, json(reader, value, key) ?? null]),
    )
  return isScalar(place.node) && place.node.value === null ? null : reader.scalar(place, `\`${name}\``)
})

/** A mapping, or one value alone in its place. */
export function either<T, U>(single: Field<T>, mapping: Field<U>): Field<T | U> {
  const type = `${single.shape?.type ?? ''}, or ${mapping.shape?.type ?? ''}`
  return shaped({ ...mapping.shape, type }, (reader, place, name) =>
    isScalar(place.node) ? single(reader, place, name) : mapping(reader, place, name),
  )
}

/** What stands in the place of a value that is missing. */
export function withDefault<T>(field: Field<T>, fallback: T): Field<T> {
  return shaped(
    { type: '', ...field.shape, isRequired: false, fallback: String(fallback) },
    (reader, place, name) => (place.node === undefined ? fallback : field(reader, place, name)),
  )
}
