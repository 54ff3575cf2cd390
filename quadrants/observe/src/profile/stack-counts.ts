import { type BpfMap, Collection } from '@quadrant/ebpf'
import { readObject } from '../kernel/objects.ts'
import type { ImageId } from './process-image.ts'
import { COUNTER, IMAGE_BYTES, imageAt, STACK, stackBytes } from './stack-record.ts'

/** Stacks that one map may hold, at most: 13 MB of kernel memory each. */
const STACKS_MAX = 8192
const STACKS_MIN = 512

/** Turns of a second at the highest rate, twice that when a reader is late. */
const TURN_SECONDS = 2

/** New programs taken at once: as many as the kernel program can tell. */
const IMAGES_MAX = 1024

export interface StackCountsOptions {
  readonly cpuCount: number
  readonly frequencyMaxHz: number
  /** Places in each of the two maps. Default as many as there can be samples in two seconds. */
  readonly places?: number
}

/** What the kernel program counted, by turn; cumulative. */
export interface StackTotals {
  readonly seen: number
  /** No place in the map. */
  readonly full: number
  /** Programs that the queue had no room for. */
  readonly lateImages: number
}

/** The kernel program and its maps: counts stacks in one of two maps while the other one is read and emptied. */
export class StackCounts implements Disposable {
  readonly collection: Collection
  readonly #maps: readonly [even: BpfMap, odd: BpfMap]
  readonly #counters: BpfMap
  readonly #imagesNew: BpfMap
  readonly #image = new Uint8Array(IMAGE_BYTES)
  #turn: 0 | 1 = 0

  /** @throws {EbpfError} */
  constructor(options: StackCountsOptions) {
    const spec = readObject('profile', 'ring')
    const places = options.places ?? options.cpuCount * options.frequencyMaxHz * TURN_SECONDS
    for (const name of ['stacks_even', 'stacks_odd'])
      spec.maps.get(name)!.maxEntries = options.places ?? Math.min(Math.max(places, STACKS_MIN), STACKS_MAX)
    this.collection = Collection.load(spec)
    this.#maps = [this.collection.map('stacks_even'), this.collection.map('stacks_odd')]
    this.#counters = this.collection.map('counters')
    this.#imagesNew = this.collection.map('images_new')
  }

  /** Has the other map written from now on; gives the one that was, to be read when no program can be at it any more. */
  turn(): 0 | 1 {
    const before = this.#turn
    this.#turn = before === 0 ? 1 : 0
    this.collection.map('turn').update(new Uint8Array(4), Uint8Array.of(this.#turn, 0, 0, 0))
    return before
  }

  /** Takes all stacks of a map away: one behind another, each without the frames it does not have. */
  take(turn: 0 | 1): { readonly stacks: ArrayBuffer; readonly samples: number } {
    const map = this.#maps[turn]
    let stacks = new Uint8Array(1 << 16)
    let length = 0
    let samples = 0
    map.lookupAndDeleteBatch((_, values, count) => {
      const view = new DataView(values.buffer, values.byteOffset)
      for (let index = 0; index < count; index++) {
        const at = index * map.valueBytes
        const bytes = stackBytes(view, at)
        if (length + bytes > stacks.length) {
          const larger = new Uint8Array(stacks.length * 2)
          larger.set(stacks)
          stacks = larger
        }
        stacks.set(values.subarray(at, at + bytes), length)
        length += bytes
        samples += view.getUint32(at + STACK.count, true)
      }
    })
    return { stacks: stacks.buffer.slice(0, length), samples }
  }

  /** Programs that were sampled for the first time since the last call. */
  takeImages(): ImageId[] {
    const images: ImageId[] = []
    const key = new Uint8Array(0)
    const view = new DataView(this.#image.buffer)
    while (images.length < IMAGES_MAX && this.#imagesNew.lookupAndDelete(key, this.#image) !== undefined)
      images.push(imageAt(view, 0))
    return images
  }

  /** What was counted while a map was the one that is written; cumulative. */
  countedIn(turn: 0 | 1): { readonly seen: number; readonly full: number } {
    const [seen, full] =
      turn === 0 ? [COUNTER.seenEven, COUNTER.fullEven] : [COUNTER.seenOdd, COUNTER.fullOdd]
    return { seen: readCounter(this.#counters, seen), full: readCounter(this.#counters, full) }
  }

  totals(): StackTotals {
    const [even, odd] = [this.countedIn(0), this.countedIn(1)]
    return {
      seen: even.seen + odd.seen,
      full: even.full + odd.full,
      lateImages: readCounter(this.#counters, COUNTER.lateImage),
    }
  }

  [Symbol.dispose](): void {
    this.collection[Symbol.dispose]()
  }
}

function readCounter(counters: BpfMap, index: number): number {
  const value = counters.lookup(new Uint8Array(Uint32Array.of(index).buffer))!
  const view = new DataView(value.buffer, value.byteOffset)
  let sum = 0
  for (let at = 0; at < value.length; at += 8) sum += Number(view.getBigUint64(at, true))
  return sum
}
