import type { ReadOf, Rule, Schema, Shape, TextShape, WrittenOf, ObjectShape, ListShape } from './schema.ts'
import type { PolicyCodeName } from '../codes.ts'
import type { YamlPath } from '../yaml/yaml-node.ts'

export interface Required<S> {
  readonly presence: 'required'
  readonly schema: S
  readonly about: string
}
export interface Optional<S> {
  readonly presence: 'optional'
  readonly schema: S
  readonly about: string
}
export interface Defaulted<S> {
  readonly presence: 'defaulted'
  readonly schema: S
  readonly about: string
  readonly fallback: unknown
}
type AnySchema = Schema<unknown, never> | Schema<unknown, unknown>
export type FieldDeclaration = Required<AnySchema> | Optional<AnySchema> | Defaulted<AnySchema>
export type FieldDeclarations = Readonly<Record<string, FieldDeclaration>>

export type ReadObject<F> = Flat<
  {
    readonly [K in keyof F as F[K] extends Optional<unknown> ? never : K]: ReadOf<SchemaOf<F[K]>>
  } & { readonly [K in keyof F as F[K] extends Optional<unknown> ? K : never]?: ReadOf<SchemaOf<F[K]>> }
>
export type WrittenObject<F> = Flat<
  {
    readonly [K in keyof F as F[K] extends Required<unknown> ? K : never]: WrittenOf<SchemaOf<F[K]>>
  } & { readonly [K in keyof F as F[K] extends Required<unknown> ? never : K]?: WrittenOf<SchemaOf<F[K]>> }
>
type SchemaOf<D> = D extends { readonly schema: infer S } ? S : never
type Flat<T> = { [K in keyof T]: T[K] }

export function required<S extends AnySchema>(about: string, schema: S): Required<S> {
  return { presence: 'required', schema, about }
}

export function optional<S extends AnySchema>(about: string, schema: S): Optional<S> {
  return { presence: 'optional', schema, about }
}

/** A field that has a value also where nothing is written. */
export function defaulted<S extends AnySchema>(
  about: string,
  schema: S,
  fallback: NoInfer<ReadOf<S>>,
): Defaulted<S> {
  return { presence: 'defaulted', schema, about, fallback }
}

export interface RuleOptions<T> {
  readonly code?: PolicyCodeName
  readonly message: string
  readonly fix?: string
  readonly cel: string
  readonly holds: (value: T) => boolean
  readonly at?: (value: T) => YamlPath
}

/** A mapping with these fields and no others. `what` names it in messages. */
export function object<const F extends FieldDeclarations>(
  what: string,
  fields: F,
  options: {
    readonly rules?: readonly RuleOptions<ReadObject<F>>[]
    readonly isNeverEmpty?: boolean
    /** It has `name` and perhaps `group`, `kind`, `namespace` and `port` of another object. Default false. */
    readonly isReference?: boolean
  } = {},
): Schema<ReadObject<F>, WrittenObject<F>> {
  const { rules = [], isNeverEmpty = false, isReference = false } = options
  return { shape: { ...objectShape(what, fields, rules), isNeverEmpty, isReference } }
}

function objectShape<T>(
  what: string,
  fields: FieldDeclarations,
  rules: readonly RuleOptions<T>[],
): ObjectShape {
  return {
    kind: 'object',
    what,
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, declared]) => [
        name,
        {
          shape: declared.schema.shape,
          about: declared.about,
          isRequired: declared.presence === 'required',
          ...(declared.presence === 'defaulted' ? { fallback: declared.fallback } : {}),
        },
      ]),
    ),
    rules: rules.map(ruleOf),
    isNeverEmpty: false,
    isReference: false,
  }
}

function ruleOf<T>(rule: RuleOptions<T>): Rule {
  return { code: 'contradiction', ...rule }
}

/**
 * Gateway API's form of a choice: `type` says which, and under a key for each type stands what belongs to it
 * (`type: CORS`, `cors: {…}`).
 */
export function variants<
  const F extends FieldDeclarations,
  const V extends Readonly<Record<string, Variant>>,
>(what: string, shared: F, choices: V): Schema<VariantRead<F, V>, VariantWritten<F, V>> {
  const types = Object.keys(choices)
  const fields: FieldDeclarations = {
    type: required('Which of these it is.', choice(types)),
    ...shared,
    ...Object.fromEntries(
      Object.entries(choices).map(([type, { key, schema, about }]) => [
        key,
        optional(`Of type \`${type}\`: ${about}`, schema),
      ]),
    ),
  }
  const rules = Object.entries(choices).flatMap(
    ([type, { key }]): RuleOptions<Readonly<Record<string, unknown>>>[] => [
      {
        code: 'missing',
        message: `${what} of type ${type} needs \`${key}\``,
        fix: `${key}: …`,
        cel: `self.type != '${type}' || has(self.${key})`,
        holds: (value) => value['type'] !== type || value[key] !== undefined,
        at: () => ['type'],
      },
      {
        message: `\`${key}\` belongs to type ${type}`,
        fix: `type: ${type}, or remove ${key}`,
        cel: `self.type == '${type}' || !has(self.${key})`,
        holds: (value) => value['type'] === type || value[key] === undefined,
        at: () => [key],
      },
    ],
  )
  return { shape: objectShape(what, fields, rules) }
}

export interface Variant {
  readonly key: string
  readonly about: string
  readonly schema: AnySchema
}
type VariantRead<F, V> = {
  [T in keyof V]: ReadObject<F> & { readonly type: T } & {
    readonly [K in KeyOf<V[T]>]: ReadOf<SchemaOf<V[T]>>
  }
}[keyof V]
type VariantWritten<F, V> = {
  [T in keyof V]: WrittenObject<F> & { readonly type: T } & {
    readonly [K in KeyOf<V[T]>]: WrittenOf<SchemaOf<V[T]>>
  }
}[keyof V]
type KeyOf<V> = V extends { readonly key: infer K extends string } ? K : never

export interface ListOptions<T> {
  /** Default 0. */
  readonly min?: number
  readonly max: number
  /** Fields by which items differ. */
  readonly keys?: readonly string[]
  /** Default false. */
  readonly isSet?: boolean
  readonly rules?: readonly RuleOptions<readonly T[]>[]
}

export function list<S extends AnySchema>(
  item: S,
  options: ListOptions<ReadOf<S>>,
): Schema<readonly ReadOf<S>[], readonly WrittenOf<S>[]> {
  const shape: ListShape = {
    kind: 'list',
    item: item.shape,
    countMin: options.min ?? 0,
    countMax: options.max,
    keys: options.keys ?? [],
    isSet: options.isSet ?? false,
    rules: (options.rules ?? []).map(ruleOf),
  }
  return { shape }
}

/** A mapping from words to values. */
export function dictionary<S extends AnySchema>(
  value: S,
  options: { readonly max: number; readonly key: Schema<string> },
): Schema<Readonly<Record<string, ReadOf<S>>>, Readonly<Record<string, WrittenOf<S>>>> {
  return {
    shape: { kind: 'map', value: value.shape, key: textShapeOf(options.key.shape), countMax: options.max },
  }
}

function textShapeOf(shape: Shape): TextShape {
  if (shape.kind !== 'text') throw new TypeError('keys of a mapping are texts')
  return shape
}

export function text(options: Omit<TextShape, 'kind' | 'values'>): Schema<string> {
  return { shape: { kind: 'text', ...options } }
}

/** One of some words. */
export function choice<const T extends string>(values: readonly T[]): Schema<T> {
  return { shape: { kind: 'text', what: 'one of some words', values } }
}

/** A whole number, or where `isWhole` is false any. */
export function number(limits: {
  readonly min: number
  readonly max: number
  readonly isWhole?: boolean
}): Schema<number> {
  return { shape: { kind: 'number', isWhole: true, ...limits } }
}

/** One of some numbers. */
export function numberChoice<const T extends number>(values: readonly T[]): Schema<T> {
  return {
    shape: { kind: 'number', isWhole: true, min: Math.min(...values), max: Math.max(...values), values },
  }
}

export const bool: Schema<boolean> = { shape: { kind: 'bool' } }
export const anything: Schema<unknown> = { shape: { kind: 'any' } }

type Unit = 'h' | 'm' | 's' | 'ms'
/** GEP-2257: up to four whole numbers with units. */
export type Duration =
  | `${number}${Unit}`
  | `${number}${Unit}${number}${Unit}`
  | `${number}${Unit}${number}${Unit}${number}${Unit}`
  | `${number}${Unit}${number}${Unit}${number}${Unit}${number}${Unit}`

export function duration(limits: { readonly msMin: number; readonly msMax: number }): Schema<Duration> {
  return { shape: { kind: 'duration', ...limits } }
}

/** Kubernetes' quantities, as far as they are whole: `64Mi`. */
export type Quantity = `${number}` | `${number}${'k' | 'M' | 'G' | 'Ki' | 'Mi' | 'Gi'}`

export function quantity(limits: { readonly min: number; readonly max: number }): Schema<Quantity | number> {
  return { shape: { kind: 'quantity', ...limits } }
}
