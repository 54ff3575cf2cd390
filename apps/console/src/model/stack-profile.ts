import { FrameKind, type ProfileWindow } from '@quadrant/proto'

/** A function that stands in stacks. It is one, whatever lines of it were running. */
export interface ProfileFunction {
  readonly name: string
  /** Empty where it is not known. */
  readonly file: string
  /** Go module `path@version`, "std", the file of a library, "[kernel]"; empty where it is not known. */
  readonly module: string
  readonly kind: FrameKind
}

/** Samples and the stacks they were taken in: columns, each node after its parent. */
export interface StackProfile {
  readonly functions: readonly ProfileFunction[]
  /** -1 at a root. */
  readonly nodeParent: Int32Array
  readonly nodeFunction: Int32Array
  /** Line of the call, 0 where it is not known. */
  readonly nodeLine: Uint32Array
  /** 1 where the compiler has put it into its caller. */
  readonly nodeInlined: Uint8Array
  /** -1 for a sample without a stack. */
  readonly sampleNode: Int32Array
  readonly sampleCount: Float64Array
  /** SampleKind. */
  readonly sampleKind: Uint8Array
  /** Index in the answer's processes. */
  readonly sampleProcess: Int32Array
  /** 1 where the stack ends before its outermost frame. */
  readonly sampleBroken: Uint8Array
  /** Milliseconds of the Unix epoch. */
  readonly sampleMs: Float64Array
  readonly frequencyHz: number
  /** Nodes and samples that name what there is not: they are left out. */
  readonly malformedCount: number
}

const NODES_MAX = 1_000_000
const SAMPLES_MAX = 1_000_000

/** The answer's columns as typed arrays whose every index leads somewhere. */
export function readStacks(window: ProfileWindow): StackProfile {
  const { functions, functionOfFrame } = readFunctions(window)
  const nodeCount = Math.min(window.nodeFrame.length, NODES_MAX)
  const nodeParent = new Int32Array(nodeCount)
  const nodeFunction = new Int32Array(nodeCount)
  const nodeLine = new Uint32Array(nodeCount)
  const nodeInlined = new Uint8Array(nodeCount)
  let malformedCount = window.nodeFrame.length - nodeCount
  for (let i = 0; i < nodeCount; i++) {
    const parent = (window.nodeParent[i] ?? 0) - 1
    const frame = window.frames[window.nodeFrame[i]!]
    // A parent that does not come before its child could close a circle.
    const isSound = frame !== undefined && parent < i && (parent < 0 || nodeFunction[parent]! >= 0)
    if (!isSound) malformedCount++
    nodeParent[i] = parent < i ? parent : -1
    nodeFunction[i] = isSound ? functionOfFrame[window.nodeFrame[i]!]! : -1
    nodeLine[i] = frame?.line ?? 0
    nodeInlined[i] = frame?.inlined ? 1 : 0
  }
  const sampleCount = Math.min(window.sampleNode.length, SAMPLES_MAX)
  malformedCount += window.sampleNode.length - sampleCount
  const samples = new Int32Array(sampleCount)
  let kept = 0
  for (let i = 0; i < sampleCount; i++) {
    const node = window.sampleNode[i]! - 1
    if (node < nodeCount && (node < 0 || nodeFunction[node]! >= 0)) samples[kept++] = i
  }
  malformedCount += sampleCount - kept
  return {
    functions,
    nodeParent,
    nodeFunction,
    nodeLine,
    nodeInlined,
    ...readSamples(window, samples.subarray(0, kept)),
    frequencyHz: window.frequencyHz,
    malformedCount,
  }
}

function readSamples(window: ProfileWindow, samples: Int32Array) {
  const { length } = samples
  const columns = {
    sampleNode: new Int32Array(length),
    sampleCount: new Float64Array(length),
    sampleKind: new Uint8Array(length),
    sampleProcess: new Int32Array(length),
    sampleBroken: new Uint8Array(length),
    sampleMs: new Float64Array(length),
  }
  const startMs = window.startNs / 1e6
  for (let at = 0; at < length; at++) {
    const i = samples[at]!
    columns.sampleNode[at] = window.sampleNode[i]! - 1
    columns.sampleCount[at] = window.sampleCount[i] ?? 1
    columns.sampleKind[at] = window.sampleKind[i] ?? 0
    columns.sampleProcess[at] = window.sampleProcess[i] ?? 0
    columns.sampleBroken[at] = window.sampleBroken[i] ?? 0
    columns.sampleMs[at] = startMs + (window.sampleOffsetUs[i] ?? 0) / 1000
  }
  return columns
}

function readFunctions({ frames, strings }: ProfileWindow) {
  const functions: ProfileFunction[] = []
  const functionOfFrame = new Int32Array(frames.length)
  const known = new Map<string, number>()
  frames.forEach((frame, i) => {
    const key = `${frame.function},${frame.file},${frame.module},${frame.kind}`
    let at = known.get(key)
    if (at === undefined) {
      known.set(key, (at = functions.length))
      functions.push({
        name: strings[frame.function] || '(no symbol)',
        file: strings[frame.file] ?? '',
        module: strings[frame.module] ?? '',
        kind: frame.kind,
      })
    }
    functionOfFrame[i] = at
  })
  return { functions, functionOfFrame }
}

/** A frame that no program has: what the samples under it have in common. */
export function madeFunction(name: string): ProfileFunction {
  return { name, file: '', module: '', kind: FrameKind.UNSPECIFIED }
}
