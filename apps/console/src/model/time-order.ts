import { countedKinds, StackRoots, type MergeOptions } from './merged-stacks.ts'
import type { FlameLayout } from './flame-layout.ts'
import { gather, lengthen } from './gather.ts'
import type { ProfileFunction, StackProfile } from './stack-profile.ts'

/** More frames than this are not laid out: the samples after them are told as left out. */
const FRAMES_MAX = 400_000

export interface TimeOrder {
  readonly layout: FlameLayout
  readonly functions: readonly ProfileFunction[]
  /** Where each sample begins on the axis, and when it was taken (milliseconds of the Unix epoch). */
  readonly sampleStart: Float64Array
  readonly sampleMs: Float64Array
  readonly omittedSamples: number
}

/** Lays samples out as they came: frames of neighbours that are called alike are one. */
export function layoutTimeOrder(profile: StackProfile, options: MergeOptions = {}): TimeOrder {
  const roots = new StackRoots(profile, options.processName)
  const samples = inTime(profile, countedKinds(options.kinds))
  const spans = new Spans()
  const sampleStart: number[] = []
  const sampleMs: number[] = []
  let x = 0
  let taken = 0
  const stack: number[] = []
  for (const sample of samples) {
    if (spans.count > FRAMES_MAX) break
    taken++
    sampleStart.push(x)
    sampleMs.push(profile.sampleMs[sample]!)
    stack.length = 0
    for (let node = profile.sampleNode[sample]!; node >= 0; node = profile.nodeParent[node]!) stack.push(node)
    spans.begin()
    for (const func of roots.of(sample)) spans.step(func, 0, 0, x)
    for (let i = stack.length - 1; i >= 0; i--) {
      const node = stack[i]!
      spans.step(profile.nodeFunction[node]!, profile.nodeInlined[node]!, profile.nodeLine[node]!, x)
    }
    x += profile.sampleCount[sample]!
    spans.finish(x, profile.sampleCount[sample]!)
  }
  return {
    layout: spans.layout(x),
    functions: roots.functions,
    sampleStart: Float64Array.from(sampleStart),
    sampleMs: Float64Array.from(sampleMs),
    omittedSamples: samples.length - taken,
  }
}

function inTime(profile: StackProfile, isCounted: (kind: number) => boolean): number[] {
  const samples: number[] = []
  for (let i = 0; i < profile.sampleNode.length; i++) if (isCounted(profile.sampleKind[i]!)) samples.push(i)
  // Of one time: process by process, in the order of the answer, so that neighbours can be one.
  return samples.sort(
    (a, b) =>
      profile.sampleMs[a]! - profile.sampleMs[b]! ||
      profile.sampleProcess[a]! - profile.sampleProcess[b]! ||
      a - b,
  )
}

/** When a place of the axis was sampled, milliseconds of the Unix epoch; undefined without samples. */
export function timeAt({ sampleStart, sampleMs }: TimeOrder, at: number): number | undefined {
  let [low, high] = [0, sampleStart.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sampleStart[middle]! <= at) low = middle + 1
    else high = middle
  }
  return sampleMs[Math.max(0, low - 1)]
}

/** Spans as they open and close, put into rows in the end. */
class Spans {
  #count = 0
  #start = new Float64Array(CAPACITY)
  #end = new Float64Array(CAPACITY)
  #func = new Int32Array(CAPACITY)
  #parent = new Int32Array(CAPACITY)
  #inlined = new Uint8Array(CAPACITY)
  #line = new Uint32Array(CAPACITY)
  #self = new Float64Array(CAPACITY)
  #row = new Int32Array(CAPACITY)
  /** The span that is open in each row. */
  readonly #open: number[] = []
  #depth = 0
  #isNew = false

  get count(): number {
    return this.#count
  }

  begin(): void {
    this.#depth = 0
    this.#isNew = false
  }

  step(func: number, inlined: number, line: number, x: number): void {
    const before = this.#open[this.#depth]
    const goesOn =
      !this.#isNew && before !== undefined && this.#func[before] === func && this.#inlined[before] === inlined
    if (!goesOn) {
      this.#isNew = true
      if (this.#count === this.#start.length) this.#grow()
      const span = this.#count++
      this.#start[span] = x
      this.#func[span] = func
      this.#parent[span] = this.#depth > 0 ? this.#open[this.#depth - 1]! : -1
      this.#inlined[span] = inlined
      this.#line[span] = line
      this.#row[span] = this.#depth
      this.#close(this.#depth, x)
      this.#open.push(span)
    }
    this.#depth++
  }

  finish(x: number, weight: number): void {
    this.#close(this.#depth, x - weight)
    const innermost = this.#open.at(-1)
    if (innermost !== undefined) this.#self[innermost]! += weight
  }

  layout(width: number): FlameLayout {
    this.#close(0, width)
    const count = this.#count
    let rows = 0
    for (let span = 0; span < count; span++) rows = Math.max(rows, this.#row[span]! + 1)
    const rowStart = new Int32Array(rows + 1)
    for (let span = 0; span < count; span++) rowStart[this.#row[span]! + 1]!++
    for (let row = 0; row < rows; row++) rowStart[row + 1]! += rowStart[row]!
    const next = rowStart.slice()
    /** Spans in the order of rows, and where each went. */
    const order = new Int32Array(count)
    const frameOf = new Int32Array(count)
    for (let span = 0; span < count; span++) {
      const frame = next[this.#row[span]!]!++
      order[frame] = span
      frameOf[span] = frame
    }
    const parent = gather(this.#parent, order)
    for (let frame = 0; frame < count; frame++)
      if (parent[frame]! >= 0) parent[frame] = frameOf[parent[frame]!]!
    return {
      rowStart,
      start: gather(this.#start, order),
      end: gather(this.#end, order),
      func: gather(this.#func, order),
      parent,
      inlined: gather(this.#inlined, order),
      line: gather(this.#line, order),
      self: gather(this.#self, order),
      node: new Int32Array(count).fill(-1),
      width,
    }
  }

  #close(depth: number, x: number) {
    while (this.#open.length > depth) this.#end[this.#open.pop()!] = x
  }

  #grow() {
    const length = this.#start.length * 2
    this.#start = lengthen(this.#start, length)
    this.#end = lengthen(this.#end, length)
    this.#func = lengthen(this.#func, length)
    this.#parent = lengthen(this.#parent, length)
    this.#inlined = lengthen(this.#inlined, length)
    this.#line = lengthen(this.#line, length)
    this.#self = lengthen(this.#self, length)
    this.#row = lengthen(this.#row, length)
  }
}

const CAPACITY = 4096
