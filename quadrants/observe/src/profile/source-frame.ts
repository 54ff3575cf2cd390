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

const frames = new Map<string, SourceFrame>()

/** The one object for a frame, so that equal ones are found by identity. Rarely there are two: the limit starts anew. */
export function oneFrame(frame: SourceFrame): SourceFrame {
  const { function: name, file, line, module, kind, inlined } = frame
  const key = `${name}\0${file}\0${line}\0${module}\0${kind}\0${inlined}`
  const known = frames.get(key)
  if (known !== undefined) return known
  if (frames.size >= FRAMES_MAX) frames.clear()
  frames.set(key, frame)
  return frame
}
