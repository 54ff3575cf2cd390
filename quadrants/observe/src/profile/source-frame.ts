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

/** Frames that are told apart; a busy machine has some 20,000. */
const FRAMES_MAX = 1 << 16

/** Of one function and line: files that are made to have more do not make a search of a look-up. */
const ALIKE_MAX = 64

/** By function, then by line: what is left to compare are copies of a function in several programs. */
const frames = new Map<string, Map<number, SourceFrame[]>>()
let frameCount = 0

/** The one object for a frame, so that equal ones are found by identity. Rarely there are two: the limit starts anew. */
export function oneFrame(frame: SourceFrame): SourceFrame {
  let lines = frames.get(frame.function)
  if (lines === undefined) frames.set(frame.function, (lines = new Map<number, SourceFrame[]>()))
  const alike = lines.get(frame.line)
  const known = alike?.find(
    ({ file, module, kind, inlined }) =>
      file === frame.file && module === frame.module && kind === frame.kind && inlined === frame.inlined,
  )
  if (known !== undefined) return known
  if (frameCount >= FRAMES_MAX) {
    frames.clear()
    frameCount = 0
    return oneFrame(frame)
  }
  frameCount++
  if (alike === undefined || alike.length >= ALIKE_MAX) lines.set(frame.line, [frame])
  else alike.push(frame)
  return frame
}
