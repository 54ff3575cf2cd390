import type { SampleKind } from '@quadrant/proto'
import type { ImageId } from './process-image.ts'
import type { SourceFrame } from './source-frame.ts'
import { TripleTable } from './triple-table.ts'
import { Uint32Column } from './uint32-column.ts'
import { WINDOW_LIMITS, type WindowData, type WindowLimits } from './window-data.ts'

/** Samples of one stack. */
export interface WindowSample {
  readonly process: ImageId
  /** As `enter` gave it for the innermost frame; 0 for a stack with none. */
  readonly node: number
  readonly count: number
  readonly kind: SampleKind
  readonly isBroken: boolean
  /** Of the middle of its second. */
  readonly timeNs: number
}

/** On the wire: a field's number, and the length of what is longer than 127 bytes. */
const STRING_OVERHEAD_BYTES = 3

/** A uint32 on the wire: 71 minutes. */
const OFFSET_US_MAX = 2 ** 32 - 1

/** A window is seconds long; later ones would only be counted together with earlier ones. */
const SECONDS = 128

/** Gathers the stacks of one window as one tree. */
export class WindowBuilder {
  readonly startNs: number
  /** The limit that `enter` met. */
  limit: keyof WindowLimits = 'nodes'
  readonly #limits: WindowLimits
  readonly #processIndexes = new Map<ImageId, number>()
  readonly #processKeys = new Map<string, number>()
  readonly #processes: ImageId[] = []
  readonly #strings = new Map<string, number>([['', 0]])
  #stringBytes = 0
  /** By identity: see `oneFrame`. */
  readonly #frameIndexes = new Map<SourceFrame, number>()
  /** By parent and frame. */
  readonly #nodes = new TripleTable()
  readonly #rows = new Map<number, number>()
  readonly #columns = {
    frameFunction: new Uint32Column(),
    frameFile: new Uint32Column(),
    frameModule: new Uint32Column(),
    frameLine: new Uint32Column(),
    frameKind: new Uint32Column(),
    frameInlined: new Uint32Column(),
    sampleProcess: new Uint32Column(),
    sampleNode: new Uint32Column(),
    sampleCount: new Uint32Column(),
    sampleKind: new Uint32Column(),
    sampleOffsetUs: new Uint32Column(),
    sampleBroken: new Uint32Column(),
  }

  constructor(startNs: number, limits: WindowLimits = WINDOW_LIMITS) {
    this.startNs = startNs
    this.#limits = limits
  }

  /**
   * The node of what a node calls.
   *
   * @param parent 0 at the outermost
   * @param frames the innermost first
   * @returns -1 where there is no room, with `limit` set
   */
  enter(parent: number, frames: readonly SourceFrame[]): number {
    let node = parent
    for (let index = frames.length - 1; index >= 0 && node !== -1; index--) {
      const frame = this.#frameIndex(frames[index]!)
      node = frame === -1 ? -1 : this.#child(node, frame)
    }
    return node
  }

  /** The limit that keeps it out; undefined where it was taken. */
  add({ process, node, count, kind, isBroken, timeNs }: WindowSample): keyof WindowLimits | undefined {
    const index = this.#processIndex(process)
    if (index === -1) return 'processes'
    // Whatever the clock does meanwhile.
    const offsetUs = Math.min(Math.max(0, Math.round((timeNs - this.startNs) / 1000)), OFFSET_US_MAX)
    const second = Math.floor(offsetUs / 1e6) % SECONDS
    const key =
      (((node * this.#limits.processes + index) * SECONDS + second) * 4 + kind) * 2 + Number(isBroken)
    const columns = this.#columns
    const row = this.#rows.get(key)
    if (row !== undefined) {
      columns.sampleCount.add(row, count)
      return undefined
    }
    if (columns.sampleNode.length >= this.#limits.samples) return 'samples'
    this.#rows.set(key, columns.sampleNode.length)
    columns.sampleProcess.push(index)
    columns.sampleNode.push(node)
    columns.sampleCount.push(count)
    columns.sampleKind.push(kind)
    columns.sampleOffsetUs.push(offsetUs)
    columns.sampleBroken.push(Number(isBroken))
    return undefined
  }

  finish(endNs: number, frequencyHz: number): WindowData {
    const columns = this.#columns
    return {
      startNs: this.startNs,
      endNs,
      frequencyHz,
      processes: this.#processes,
      strings: [...this.#strings.keys()],
      frameFunction: columns.frameFunction.values(),
      frameFile: columns.frameFile.values(),
      frameModule: columns.frameModule.values(),
      frameLine: columns.frameLine.values(),
      frameKind: columns.frameKind.values(),
      frameInlined: columns.frameInlined.values(),
      nodeFrame: this.#nodes.secondColumn(),
      nodeParent: this.#nodes.firstColumn(),
      sampleProcess: columns.sampleProcess.values(),
      sampleNode: columns.sampleNode.values(),
      sampleCount: columns.sampleCount.values(),
      sampleKind: columns.sampleKind.values(),
      sampleOffsetUs: columns.sampleOffsetUs.values(),
      sampleBroken: columns.sampleBroken.values(),
    }
  }

  /** 1 + the index of the node of a frame that a node calls. */
  #child(parent: number, frame: number): number {
    const known = this.#nodes.find(parent, frame, 0)
    if (known !== -1) return known + 1
    if (this.#nodes.length >= this.#limits.nodes) return this.#full('nodes')
    return this.#nodes.add(parent, frame, 0) + 1
  }

  #frameIndex(frame: SourceFrame): number {
    const known = this.#frameIndexes.get(frame)
    if (known !== undefined) return known
    const columns = this.#columns
    const index = columns.frameFunction.length
    if (index >= this.#limits.frames) return this.#full('frames')
    if (this.#stringBytes >= this.#limits.stringBytes) return this.#full('stringBytes')
    columns.frameFunction.push(this.#string(frame.function))
    columns.frameFile.push(this.#string(frame.file))
    columns.frameModule.push(this.#string(frame.module))
    columns.frameLine.push(frame.line)
    columns.frameKind.push(frame.kind)
    columns.frameInlined.push(Number(frame.inlined))
    this.#frameIndexes.set(frame, index)
    return index
  }

  #string(text: string): number {
    let index = this.#strings.get(text)
    if (index === undefined) {
      index = this.#strings.size
      this.#strings.set(text, index)
      this.#stringBytes += Buffer.byteLength(text) + STRING_OVERHEAD_BYTES
    }
    return index
  }

  #processIndex(process: ImageId): number {
    const known = this.#processIndexes.get(process)
    if (known !== undefined) return known
    // One process is several programs, one after another.
    const key = `${process.pid}@${process.startTicks}`
    let index = this.#processKeys.get(key)
    if (index === undefined) {
      index = this.#processes.length
      if (index >= this.#limits.processes) return -1
      this.#processes.push(process)
      this.#processKeys.set(key, index)
    }
    this.#processIndexes.set(process, index)
    return index
  }

  #full(limit: keyof WindowLimits): -1 {
    this.limit = limit
    return -1
  }
}
