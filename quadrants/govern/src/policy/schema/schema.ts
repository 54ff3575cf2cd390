import type { PolicyCodeName } from '../codes.ts'
import type { YamlPath } from '../yaml/yaml-node.ts'

/**
 * What may stand at a place of a document, as plain data: the runtime check, JSON Schema, the OpenAPI of CRDs, the
 * reference and the static types are all made of it.
 *
 * `Read` is what the AST has there, `Written` what programs may give: fields with a default may be left out.
 */
export interface Schema<Read, Written = Read> {
  readonly shape: Shape
  /** Never there: they carry the types. */
  readonly [READ]?: Read
  readonly [WRITTEN]?: Written
}

declare const READ: unique symbol
declare const WRITTEN: unique symbol

export type ReadOf<S> = S extends Schema<infer Read, infer _Written> ? Read : never
export type WrittenOf<S> = S extends Schema<infer _Read, infer Written> ? Written : never

export type Shape =
  | TextShape
  | DurationShape
  | QuantityShape
  | NumberShape
  | BoolShape
  | ListShape
  | MapShape
  | ObjectShape
  | AnyShape

export interface TextShape {
  readonly kind: 'text'
  /** In words, such as `a DNS label`. */
  readonly what: string
  readonly lengthMin?: number
  readonly lengthMax?: number
  /** Of ECMAScript and RE2 alike. */
  readonly pattern?: RegExp
  /** These and no others. */
  readonly values?: readonly string[]
  /** As written in an example. */
  readonly example?: string
  /** What CEL that stands here has to give, and when it is asked. */
  readonly cel?: CelUse
}

export interface CelUse {
  readonly result: 'bool' | 'string'
  /** Whether the response is known by then. */
  readonly moment: 'request' | 'response'
}

/** GEP-2257: `1h30m`, `500ms`. */
export interface DurationShape {
  readonly kind: 'duration'
  readonly msMin: number
  readonly msMax: number
}

/** Of Kubernetes: `64Mi`, `500k`. */
export interface QuantityShape {
  readonly kind: 'quantity'
  readonly min: number
  readonly max: number
}

export interface NumberShape {
  readonly kind: 'number'
  readonly min: number
  readonly max: number
  readonly isWhole: boolean
  readonly values?: readonly number[]
}

export interface BoolShape {
  readonly kind: 'bool'
}

export interface ListShape {
  readonly kind: 'list'
  readonly item: Shape
  readonly countMin: number
  readonly countMax: number
  /** Items differ in these fields (`x-kubernetes-list-type: map`); none: they may be equal. */
  readonly keys: readonly string[]
  /** No two items are equal; of texts only. */
  readonly isSet: boolean
  readonly rules: readonly Rule[]
}

export interface MapShape {
  readonly kind: 'map'
  readonly value: Shape
  readonly key: TextShape
  readonly countMax: number
}

export interface ObjectShape {
  readonly kind: 'object'
  /** In words, such as `a header match`. */
  readonly what: string
  readonly fields: Readonly<Record<string, FieldShape>>
  readonly rules: readonly Rule[]
  /** At least one field is there. */
  readonly isNeverEmpty: boolean
  /** It names another object. */
  readonly isReference: boolean
}

/** Anything that YAML can say. */
export interface AnyShape {
  readonly kind: 'any'
}

export interface FieldShape {
  readonly shape: Shape
  /** What it is for. */
  readonly about: string
  readonly isRequired: boolean
  /** What is there when nothing is written. */
  readonly fallback?: unknown
}

/** What holds between fields. It is looked at once each of them is right. */
export interface Rule {
  readonly code: PolicyCodeName
  /** What is wrong where it does not hold. */
  readonly message: string
  readonly fix?: string
  /** The same in CEL, for API servers; `self` is the value. */
  readonly cel: string
  readonly holds: (value: never) => boolean
  /** What to point at, from the value; the default is the value. */
  readonly at?: (value: never) => YamlPath
}
