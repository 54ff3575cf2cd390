import type { ConfigReader, Place } from './config-reader.ts'

/** Reads one value. `place.node` is undefined where there is none; then the place is what it is missing in. */
export interface Field<T> {
  (reader: ConfigReader, place: Place, name: string): T
  /** What may stand there, for documents. */
  readonly shape?: FieldShape
}

/** What a field reads, as far as it is known without a file. */
export interface FieldShape {
  /** What it is for. */
  readonly about?: string
  /** Such as `a number from 1 to 10`. */
  readonly type: string
  /** As it would be written. */
  readonly fallback?: string
  readonly isRequired?: boolean
  /** Of a mapping with keys of its own, or of each item of a list, or each value of a mapping of names. */
  readonly fields?: Readonly<Record<string, Field<unknown>>>
}

export type FieldReading<T> = (reader: ConfigReader, place: Place, name: string) => T

/** A field that says what it reads. */
export function shaped<T>(shape: FieldShape, read: FieldReading<T>): Field<T> {
  return Object.assign((reader: ConfigReader, place: Place, name: string) => read(reader, place, name), {
    shape,
  })
}

/** The same field with what it is for. */
export function about<T>(text: string, field: Field<T>): Field<T> {
  return shaped({ type: '', ...field.shape, about: text }, field)
}

/** Something made of what a field reads; it stands where that does. */
export function mapped<T, U>(
  field: Field<T>,
  map: (value: T, reader: ConfigReader, place: Place, name: string) => U,
): Field<U> {
  return shaped(field.shape ?? { type: '' }, (reader, place, name) => {
    const origin = field(reader, place, name)
    const value = map(origin, reader, place, name)
    if (isObject(origin) && isObject(value)) reader.carry(origin, value)
    return value
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
