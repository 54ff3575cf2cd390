import type { SampleKind } from '@quadrant/proto'
import type { ImageId } from './process-image.ts'
import type { SourceFrame } from './source-frame.ts'
import { WINDOW_LIMITS, type WindowData, type WindowFrame, type WindowLimits } from './window-data.ts'

/** A stack, ready to be told. */
export interface WindowSample {
  readonly process: ImageId
  /** The innermost first. */
  readonly frames: readonly SourceFrame[]
  readonly count: number
  readonly kind: SampleKind
  readonly isBroken: boolean
  /** Of the middle of its second. */
  readonly timeNs: number
}

/** Gathers the stacks of one window as one tree. */
export class WindowBuilder {
  readonly startNs: number
  readonly #limits: WindowLimits
  readonly #processes = new Map<string, number>()
  readonly #processIds: ImageId[] = []
  readonly #strings = new Map<string, number>([['', 0]])
  #stringLength = 0
  /** By identity, and once for each that is equal. */
  readonly #frameIndexes = new Map<SourceFrame, number>()
  readonly #frameKeys = new Map<string, number>()
  readonly #frames: WindowFrame[] = []
  readonly #nodes = new Map<number, number>()
  readonly #nodeFrame: number[] = []
  readonly #nodeParent: number[] = []
  readonly #samples = new Map<string, number>()
  readonly #columns = {
    sampleProcess: [] as number[],
    sampleNode: [] as number[],
    sampleCount: [] as number[],
    sampleKind: [] as SampleKind[],
    sampleOffsetUs: [] as number[],
    sampleBroken: [] as number[],
  }

  constructor(startNs: number, limits: WindowLimits = WINDOW_LIMITS) {
    this.startNs = startNs
    this.#limits = limits
  }

  get sampleRows(): number {
    return this.#columns.sampleCount.length
  }

  /** The limit that keeps it out; undefined where it was taken. */
  add(sample: WindowSample): keyof WindowLimits | undefined {
    let node = 0
    for (let index = sample.frames.length - 1; index >= 0; index--) {
      const frame = this.#frameIndex(sample.frames[index]!)
      if (typeof frame !== 'number') return frame
      const child = this.#child(node, frame)
      if (child === -1) return 'nodes'
      node = child
    }
    return this.#addRow(sample, node)
  }

  finish(endNs: number, frequencyHz: number): WindowData {
    return {
      startNs: this.startNs,
      endNs,
      frequencyHz,
      processes: this.#processIds,
      strings: [...this.#strings.keys()],
      frames: this.#frames,
      nodeFrame: this.#nodeFrame,
      nodeParent: this.#nodeParent,
      ...this.#columns,
    }
  }

  #addRow({ process, count, kind, isBroken, timeNs }: WindowSample, node: number) {
    const index = this.#processIndex(process)
    const offsetUs = Math.max(0, Math.round((timeNs - this.startNs) / 1000))
    const columns = this.#columns
    const key = `${index} ${node} ${kind} ${offsetUs} ${isBroken}`
    const row = this.#samples.get(key)
    if (row !== undefined) {
      columns.sampleCount[row]! += count
      return undefined
    }
    if (this.sampleRows >= this.#limits.samples) return 'samples'
    this.#samples.set(key, this.sampleRows)
    columns.sampleProcess.push(index)
    columns.sampleNode.push(node)
    columns.sampleCount.push(count)
    columns.sampleKind.push(kind)
    columns.sampleOffsetUs.push(offsetUs)
    columns.sampleBroken.push(isBroken ? 1 : 0)
    return undefined
  }

  /** 1 + the index of the node of a frame that a node calls; -1 where there is no room. */
  #child(parent: number, frame: number): number {
    const key = parent * this.#limits.frames + frame
    const known = this.#nodes.get(key)
    if (known !== undefined) return known
    if (this.#nodeFrame.length >= this.#limits.nodes) return -1
    this.#nodeFrame.push(frame)
    this.#nodeParent.push(parent)
    this.#nodes.set(key, this.#nodeFrame.length)
    return this.#nodeFrame.length
  }

  #frameIndex(frame: SourceFrame): number | keyof WindowLimits {
    const known = this.#frameIndexes.get(frame)
    if (known !== undefined) return known
    const { kind, inlined, line } = frame
    const key = `${frame.function}\0${frame.file}\0${line}\0${frame.module}\0${kind}\0${inlined}`
    let index = this.#frameKeys.get(key)
    if (index === undefined) {
      index = this.#frames.length
      if (index >= this.#limits.frames) return 'frames'
      const lengthBefore = this.#stringLength
      if (lengthBefore >= this.#limits.stringLength) return 'stringLength'
      this.#frames.push({
        function: this.#string(frame.function),
        file: this.#string(frame.file),
        line,
        module: this.#string(frame.module),
        kind,
        inlined,
      })
      this.#frameKeys.set(key, index)
    }
    this.#frameIndexes.set(frame, index)
    return index
  }

  #string(text: string): number {
    let index = this.#strings.get(text)
    if (index === undefined) {
      index = this.#strings.size
      this.#strings.set(text, index)
      this.#stringLength += text.length
    }
    return index
  }

  #processIndex(process: ImageId): number {
    const key = `${process.pid}@${process.startTicks}`
    let index = this.#processes.get(key)
    if (index === undefined) {
      index = this.#processIds.length
      this.#processes.set(key, index)
      this.#processIds.push(process)
    }
    return index
  }
}
