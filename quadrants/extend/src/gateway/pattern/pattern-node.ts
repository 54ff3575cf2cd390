import type { ByteSet } from './byte-set.ts'

/** A pattern, parsed. */
export type PatternNode =
  | { readonly kind: 'byte'; readonly set: ByteSet }
  | { readonly kind: 'begin' | 'end' }
  | { readonly kind: 'sequence'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly nodes: readonly PatternNode[] }
  /** `index` counts from 1; undefined is a group that keeps nothing. */
  | { readonly kind: 'group'; readonly node: PatternNode; readonly index: number | undefined }
  | {
      readonly kind: 'repeat'
      readonly node: PatternNode
      readonly min: number
      readonly max: number
      readonly isLazy: boolean
    }
