import type { TextRange } from '@quadrant/core'

/** A type as it is written in Go source. */
export type GoType = TextRange &
  (
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'pointer' | 'slice'; readonly element: GoType }
    | { readonly kind: 'array'; readonly element: GoType; readonly length: number }
    | { readonly kind: 'map'; readonly key: GoType; readonly element: GoType }
    /** Channels, functions, interfaces, structs without a name, and what is not read. */
    | { readonly kind: 'other'; readonly what: string }
  )

export interface GoField extends TextRange {
  readonly name: string
  readonly type: GoType
  /** What stands behind `capnp:` in its tag; empty where nothing does. */
  readonly tag: string
}

export interface GoStruct extends TextRange {
  readonly kind: 'struct'
  readonly name: string
  readonly fields: readonly GoField[]
}

/** `type Celsius float64` */
export interface GoNamed extends TextRange {
  readonly kind: 'named'
  readonly name: string
  readonly type: GoType
}

export interface GoPackage {
  readonly name: string
  readonly types: ReadonlyMap<string, GoStruct | GoNamed>
}
