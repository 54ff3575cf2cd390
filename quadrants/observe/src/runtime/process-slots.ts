import { type BpfMap, EbpfError, type MappedMemory } from '@quadrant/ebpf'
import { read64 } from '../kernel/word.ts'

const GENERATION_MAX = 0xffff

/** Where every kind of slot has what is the same in all, as 32-bit word offsets. */
export const SlotHead = { generation: 0, hits: 2, steppedHits: 4 } as const

/** Which slot, and which of those that had it one after the other. */
export interface SlotId {
  readonly slot: number
  readonly generation: number
}

/** How often probes of a process were hit. */
export interface SlotHits {
  readonly hits: number
  /** Of these, at instructions that are single-stepped. */
  readonly steppedHits: number
}

/** Probed processes as a program of the kernel sees them, one slot each, in memory that it shares with us. */
export class ProcessSlots implements Disposable {
  readonly #mapped: MappedMemory
  readonly #words: Uint32Array
  readonly #stride: number
  readonly #free: number[]
  readonly #generations: Uint16Array

  /** @param map an array of structures that begin as {@link SlotHead} has it */
  constructor(map: BpfMap) {
    this.#mapped = map.mmap()
    const { bytes, stride } = this.#mapped
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    this.#stride = stride / 4
    this.#generations = new Uint16Array(map.maxEntries)
    this.#free = Array.from({ length: map.maxEntries }, (_, slot) => map.maxEntries - 1 - slot)
  }

  /**
   * A slot of its own for a process.
   *
   * @param fill is given the slot's words, all 0 @throws {EbpfError} `limit`
   */
  take(fill: (words: Uint32Array) => void): SlotId {
    const slot = this.#free.pop()
    if (slot === undefined)
      throw new EbpfError('limit', `${this.#generations.length} processes are probed already`)
    const generation = (this.#generations[slot]! % GENERATION_MAX) + 1
    this.#generations[slot] = generation
    const words = this.#wordsOf(slot)
    words.fill(0)
    fill(words)
    // Last: from now on its cookies count.
    Atomics.store(words, SlotHead.generation, generation)
    return { slot, generation }
  }

  hits({ slot }: SlotId): SlotHits {
    const words = this.#wordsOf(slot)
    return { hits: read64(words, SlotHead.hits), steppedHits: read64(words, SlotHead.steppedHits) }
  }

  /** From now on the program does nothing for this process, attached or not. */
  mute({ slot }: SlotId): void {
    Atomics.store(this.#wordsOf(slot), SlotHead.generation, 0)
  }

  /** Once nothing is attached any more. */
  release({ slot }: SlotId): void {
    this.#free.push(slot)
  }

  #wordsOf(slot: number): Uint32Array {
    return this.#words.subarray(slot * this.#stride, (slot + 1) * this.#stride)
  }

  [Symbol.dispose](): void {
    this.#mapped[Symbol.dispose]()
  }
}
