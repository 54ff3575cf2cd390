import { create } from '@bufbuild/protobuf'
import { ProfileWindowSchema, type ProfileFrame, type ProfileWindow } from '@quadrant/proto'
import type { StoredProfile } from '../store/runtime-store.ts'
import type { NsRange } from '../store/store.ts'
import { NodeIndex } from './node-index.ts'

/** Of one answer. A window that begins under them is taken whole. */
const FRAMES_MAX = 500_000
const NODES_MAX = 1_000_000
const SAMPLES_MAX = 500_000
/** Samples carry their time in u32 microseconds after the profile's start. */
const OFFSET_US_MAX = 0xffff_ffff

export interface MergeOptions {
  readonly range: NsRange
  /** Index in the answer of a process of the store; undefined where it is not asked for. */
  readonly indexOf: (process: number) => number | undefined
  /** SampleKinds; undefined: all. */
  readonly kinds: ReadonlySet<number> | undefined
  /** Samples keep their times and are not added up. */
  readonly timeOrder: boolean
}

interface MergedSample {
  readonly process: number
  readonly node: number
  readonly kind: number
  readonly broken: number
  readonly timeUs: number
  count: number
}

/** Windows of samples as one: what is the same in several of them (names, frames, stacks) is there once. */
export class ProfileMerge {
  readonly #options: MergeOptions
  readonly #strings = new Index<string>((text) => text)
  readonly #frames = new Index<ProfileFrame>(
    ({ function: name, file, line, module, kind, inlined }) =>
      `${name} ${file} ${line} ${module} ${kind} ${inlined}`,
  )
  readonly #nodes = new NodeIndex()
  readonly #samples = new Map<string, MergedSample>()
  /** Processor seconds that the samples stand for. */
  #cpuSeconds = 0
  #startNs = Infinity
  #endNs = 0
  samples = 0
  broken = 0

  constructor(options: MergeOptions) {
    this.#options = options
    this.#strings.add('')
  }

  /** Adds a window. Returns false, and adds nothing, where a limit was reached before it. */
  add({ window, processes }: StoredProfile): boolean {
    if (
      this.#frames.size >= FRAMES_MAX ||
      this.#nodes.size >= NODES_MAX ||
      this.#samples.size >= SAMPLES_MAX ||
      (this.#options.timeOrder && (this.#endNs - window.startNs) / 1000 > OFFSET_US_MAX)
    )
      return false
    const taken = new WindowStacks(window, {
      strings: this.#strings,
      frames: this.#frames,
      nodes: this.#nodes,
    })
    const indices = processes.map(this.#options.indexOf)
    const { startNs, endNs, frequencyHz } = window
    for (let i = 0; i < window.sampleNode.length; i++) {
      const process = indices[window.sampleProcess[i]!]
      if (process === undefined || !this.#isWanted(window, i)) continue
      const [kind, broken, count] = [window.sampleKind[i]!, window.sampleBroken[i]!, window.sampleCount[i]!]
      const timeUs = this.#options.timeOrder ? startNs / 1000 + window.sampleOffsetUs[i]! : 0
      const node = taken.node(window.sampleNode[i]!)
      const key = `${process} ${node} ${kind} ${broken} ${timeUs}`
      const sample = this.#samples.get(key)
      if (sample) sample.count += count
      else this.#samples.set(key, { process, node, kind, broken, timeUs, count })
      this.samples += count
      if (broken === 1) this.broken += count
      this.#cpuSeconds += count / frequencyHz
    }
    this.#startNs = Math.min(this.#startNs, startNs)
    this.#endNs = Math.max(this.#endNs, endNs)
    return true
  }

  /** All that was added. Its rate is the mean of the windows': samples at this rate stand for the same time. */
  window(): ProfileWindow {
    const { range, timeOrder } = this.#options
    const samples = [...this.#samples.values()]
    if (timeOrder) samples.sort((a, b) => a.timeUs - b.timeUs || a.process - b.process)
    const isEmpty = this.#endNs === 0
    const startNs = isEmpty ? range.startNs : this.#startNs
    const offset = ({ timeUs }: MergedSample) => Math.max(0, Math.round(timeUs - startNs / 1000))
    return create(ProfileWindowSchema, {
      startNs,
      endNs: isEmpty ? range.endNs : this.#endNs,
      frequencyHz: this.#cpuSeconds > 0 ? Math.round(this.samples / this.#cpuSeconds) : 0,
      strings: this.#strings.items,
      frames: this.#frames.items,
      nodeFrame: this.#nodes.frames,
      nodeParent: this.#nodes.parents,
      sampleProcess: samples.map(({ process }) => process),
      sampleNode: samples.map(({ node }) => node),
      sampleCount: samples.map(({ count }) => Math.min(count, OFFSET_US_MAX)),
      sampleKind: samples.map(({ kind }) => kind),
      sampleOffsetUs: samples.map((sample) => (timeOrder ? offset(sample) : 0)),
      sampleBroken: samples.map(({ broken }) => broken),
    })
  }

  #isWanted(window: ProfileWindow, i: number): boolean {
    const { kinds, range } = this.#options
    if (kinds && !kinds.has(window.sampleKind[i]!)) return false
    const timeNs = window.startNs + window.sampleOffsetUs[i]! * 1000
    return timeNs >= range.startNs && timeNs < range.endNs
  }
}

/** Different items by a key of theirs, in the order in which they came. */
class Index<T> {
  readonly items: T[] = []
  readonly #indices = new Map<string, number>()
  readonly #keyOf: (item: T) => string

  constructor(keyOf: (item: T) => string) {
    this.#keyOf = keyOf
  }

  get size(): number {
    return this.items.length
  }

  add(item: T): number {
    const key = this.#keyOf(item)
    let index = this.#indices.get(key)
    if (index === undefined) {
      index = this.items.push(item) - 1
      this.#indices.set(key, index)
    }
    return index
  }
}

interface StacksOfAll {
  readonly strings: Index<string>
  readonly frames: Index<ProfileFrame>
  readonly nodes: NodeIndex
}

/** The stacks of one window, put among those of all as far as samples need them. */
class WindowStacks {
  readonly #window: ProfileWindow
  readonly #into: StacksOfAll
  readonly #frames: Int32Array
  /** 1 + index among all; 0 where it was not needed yet. */
  readonly #nodes: Uint32Array

  constructor(window: ProfileWindow, into: StacksOfAll) {
    this.#window = window
    this.#into = into
    this.#frames = new Int32Array(window.frames.length).fill(-1)
    this.#nodes = new Uint32Array(window.nodeFrame.length)
  }

  /** 1 + index of a node, in the window and among all; 0 is none. */
  node(windowNode: number): number {
    const { nodeParent, nodeFrame } = this.#window
    const path: number[] = []
    let at = windowNode
    while (at !== 0 && this.#nodes[at - 1] === 0) {
      path.push(at - 1)
      at = nodeParent[at - 1]!
    }
    let parent = at === 0 ? 0 : this.#nodes[at - 1]!
    for (const node of path.reverse()) {
      parent = this.#into.nodes.add(this.#frame(nodeFrame[node]!), parent)
      this.#nodes[node] = parent
    }
    return parent
  }

  #frame(index: number): number {
    const known = this.#frames[index]!
    if (known !== -1) return known
    const { frames, strings } = this.#window
    const { function: name, file, module, line, kind, inlined } = frames[index]!
    const string = (at: number) => this.#into.strings.add(strings[at]!)
    // Written out: most are known already, and the general way of making a message costs more than the rest.
    return (this.#frames[index] = this.#into.frames.add({
      $typeName: 'quadrant.v1.ProfileFrame',
      function: string(name),
      file: string(file),
      module: string(module),
      line,
      kind,
      inlined,
    }))
  }
}
