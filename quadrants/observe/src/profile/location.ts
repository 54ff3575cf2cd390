import { FRAME_KIND } from './kinds.ts'
import { oneFrame, type SourceFrame, UNKNOWN_FUNCTION } from './source-frame.ts'

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
  /** Has a frame in Go that is not of its runtime. */
  readonly isProgram: boolean
}

/** One function that is not in Go. */
export function plainLocation(frame: Omit<SourceFrame, 'inlined'>, isOutermost = false): Location {
  return {
    frames: [oneFrame({ ...frame, inlined: false })],
    isOutermost,
    isGo: false,
    isCollector: false,
    isProgram: false,
  }
}

/** Code that no symbol covers. */
export function unknownLocation(module: string): Location {
  return plainLocation({ function: UNKNOWN_FUNCTION, file: '', line: 0, module, kind: FRAME_KIND.unknown })
}
