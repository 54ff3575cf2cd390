import type { FrameKind } from '@quadrant/proto'

/** A call in a stack, as a person sees it. */
export interface SourceFrame {
  readonly function: string
  /** Empty where it is not known. */
  readonly file: string
  /** 0 where it is not known. */
  readonly line: number
  readonly module: string
  readonly kind: FrameKind
  readonly inlined: boolean
}

/** What stands for a function that no symbol tells. */
export const UNKNOWN_FUNCTION = '[unknown]'
