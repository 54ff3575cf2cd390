import { FrameKind, SampleKind, type ProfileWindow } from '@quadrant/proto'

/** A call in a stack. */
export interface StackFrame {
  readonly function: string
  /** Empty, and 0, where it is not known. `line` is where the next call is made, or where the sample was taken. */
  readonly file: string
  readonly line: number
  /** Go module `path@version`, `std`, the file of a library, `[kernel]`; empty where it is not known. */
  readonly module: string
  readonly kind: FrameKind
  /** The compiler has put it into its caller. */
  readonly inlined: boolean
}

/** Samples of one stack. */
export interface StackSample {
  /** Indices in Stacks.frames, the outermost call first. Samples of one stack of the window have one array. */
  readonly path: readonly number[]
  readonly count: number
  /** A SampleKind. */
  readonly kind: number
  /** Coordinate of the process; empty where it is not known. */
  readonly process: string
  readonly isBroken: boolean
}

export interface Stacks {
  readonly frames: readonly StackFrame[]
  /** In the order of the window. */
  readonly samples: readonly StackSample[]
  /** Samples of a busy processor in a second; 0 where it is not known. */
  readonly frequencyHz: number
  /** Samples left out, because their stack makes no sense. */
  readonly unreadable: number
}

/** A kernel gives at most 127 calls of either side, and inlined ones come to these. */
const DEPTH_MAX = 2048

/** A stack that ends before its outermost call begins with this, so that it is not taken for one that began there. */
const BROKEN = '[broken stack]'
const NO_STACK = '[no stack]'
const UNKNOWN = '[unknown]'

/** The samples of a window with their stacks. What its indices name and is not there is left out, and counted. */
export function readStacks(window: ProfileWindow, processes: readonly string[]): Stacks {
  const text = (index: number) => window.strings[index] ?? ''
  const frames: StackFrame[] = window.frames.map((frame) => ({
    function: text(frame.function) || UNKNOWN,
    file: text(frame.file),
    line: frame.line,
    module: text(frame.module),
    kind: frame.kind,
    inlined: frame.inlined,
  }))
  const broken = frames.push(madeFrame(BROKEN)) - 1
  const none = frames.push(madeFrame(NO_STACK)) - 1
  const paths = new Map<number, readonly number[] | undefined>()
  const samples: StackSample[] = []
  let unreadable = 0
  for (const [i, count] of window.sampleCount.entries()) {
    const node = window.sampleNode[i] ?? 0
    const isBroken = window.sampleBroken[i] === 1
    const key = isBroken ? -1 - node : node
    if (!paths.has(key)) paths.set(key, pathTo(window, node, isBroken ? [broken] : [], none))
    const path = paths.get(key)
    if (path === undefined) unreadable += count
    else if (count > 0)
      samples.push({
        path,
        count,
        kind: window.sampleKind[i] ?? SampleKind.UNSPECIFIED,
        process: processes[window.sampleProcess[i] ?? -1] ?? '',
        isBroken,
      })
  }
  return { frames, samples, frequencyHz: window.frequencyHz, unreadable }
}

/** Samples of each stack, whatever their kind and process. */
export function countsByPath(samples: readonly StackSample[]): ReadonlyMap<readonly number[], number> {
  const counts = new Map<readonly number[], number>()
  for (const { path, count } of samples) counts.set(path, (counts.get(path) ?? 0) + count)
  return counts
}

/** Frames from the outermost to this node's; undefined where the tree is broken. */
function pathTo(
  window: ProfileWindow,
  node: number,
  first: readonly number[],
  none: number,
): readonly number[] | undefined {
  if (node === 0) return [...first, none]
  const inward: number[] = []
  for (let at = node - 1; at !== -1;) {
    const frame = window.nodeFrame[at]
    const parent = (window.nodeParent[at] ?? 0) - 1
    // Parents come before children: otherwise it would go round.
    if (frame === undefined || frame >= window.frames.length || parent >= at || inward.length === DEPTH_MAX)
      return undefined
    inward.push(frame)
    at = parent
  }
  return [...first, ...inward.reverse()]
}

function madeFrame(name: string): StackFrame {
  return { function: name, file: '', line: 0, module: '', kind: FrameKind.UNKNOWN, inlined: false }
}
