import type { SourceFrame } from './source-frame.ts'

/** What is known of one address of a stack. */
export interface Location {
  /** The calls there, the innermost first: those that were inlined and the function that has the code. Never empty. */
  readonly frames: readonly SourceFrame[]
  /** Nothing calls it: the stack is whole where it ends here. */
  readonly isOutermost: boolean
  /** Go code, in which frame pointers always lead on. */
  readonly isGo: boolean
  /** Has a frame of Go's collector. */
  readonly isCollector: boolean
  /** Has a frame that is not of Go's runtime. */
  readonly isProgram: boolean
}
