import type { Architecture } from '../elf/elf-image.ts'
import type { RuntimeField, RuntimeVariable } from './field.ts'

/** Bytes from the start of the struct, and how many it has. */
export type FieldPlace = readonly [offset: number, bytes: number]

/**
 * Where machine code names a variable: the function refers to these bytes of it, counted from its start, whatever the
 * program was built with.
 */
export interface VariableAnchor {
  readonly function: string
  readonly offsets: readonly number[]
}

export interface VariableAnchors {
  readonly bytes: number
  readonly anchors: readonly VariableAnchor[]
}

/**
 * What the patch releases of one minor release of Go have in common, on one architecture. Some minor releases have two:
 * 1.23.4 moved the collector's figures. Generated: see `generate/`.
 */
export interface RuntimeRelease {
  /** 26 for Go 1.26. */
  readonly minor: number
  readonly architecture: Architecture
  /** The toolchains it was read from, with the same result: the newest and the oldest that share it. */
  readonly toolchains: readonly string[]
  readonly fields: Readonly<Partial<Record<RuntimeField, FieldPlace>>>
  /**
   * Texts of `stopTheWorldWithSema`'s reason, by its number. Undefined where it has none: before 1.21 the function
   * takes no argument, and stops for the collector are to be told by what called them.
   */
  readonly stopReasons?: readonly string[]
  /** The kind of function that marks wrappers which the compiler made, as function records have it. */
  readonly wrapperKind: number
  readonly variables: Readonly<Partial<Record<RuntimeVariable, VariableAnchors>>>
}
