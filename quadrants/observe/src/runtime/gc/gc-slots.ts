import { type BpfMap, EbpfError, type MappedMemory } from '@quadrant/ebpf'
import { read64, write64 } from '../../kernel/word.ts'
import { GC_FIELD_COUNT, type GcPlanField } from './gc-field.ts'
import type { GcPlace } from './gc-places.ts'

/** `struct gc_process` of bpf/go-gc.bpf.c, as 32-bit word offsets. */
export const SlotWord = {
  generation: 0,
  work: 1,
  hits: 2,
  steppedHits: 4,
  controller: 6,
  /** Two words for each kind. */
  sites: 8,
  /** Four words for each field: address, bytes and base, phases. */
  fields: 24,
} as const

/** `enum gc_base`. */
const BASES = { file: 0, controller: 1 } as const

const FIELD_WORDS = 4
export const SLOT_WORDS = SlotWord.fields + GC_FIELD_COUNT * FIELD_WORDS

const GENERATION_MAX = 0xffff

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

/** The probed processes as the kernel's program sees them, in memory that it shares with us. */
export class GcSlots implements Disposable {
  readonly #mapped: MappedMemory
  readonly #words: Uint32Array
  readonly #stride: number
  readonly #free: number[]
  readonly #generations: Uint16Array

  constructor(map: BpfMap) {
    this.#mapped = map.mmap()
    const { bytes, stride } = this.#mapped
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    this.#stride = stride / 4
    this.#generations = new Uint16Array(map.maxEntries)
    this.#free = Array.from({ length: map.maxEntries }, (_, slot) => map.maxEntries - 1 - slot)
  }

  /** A slot of its own for a process. @throws {EbpfError} `limit` */
  take(places: readonly GcPlace[], plan: readonly GcPlanField[]): SlotId {
    const slot = this.#free.pop()
    if (slot === undefined)
      throw new EbpfError('limit', `${this.#generations.length} processes are probed already`)
    const generation = (this.#generations[slot]! % GENERATION_MAX) + 1
    this.#generations[slot] = generation
    const at = slot * this.#stride
    this.#words.fill(0, at, at + SLOT_WORDS)
    for (const { kind, address } of places) write64(this.#words, at + SlotWord.sites + 2 * kind, address)
    for (const { index, phases, base, address, bytes } of plan) {
      const field = at + SlotWord.fields + index * FIELD_WORDS
      write64(this.#words, field, address)
      this.#words[field + 2] = bytes | (BASES[base] << 16)
      this.#words[field + 3] = phases
    }
    // Last: from now on its cookies count.
    Atomics.store(this.#words, at + SlotWord.generation, generation)
    return { slot, generation }
  }

  hits({ slot }: SlotId): SlotHits {
    const at = slot * this.#stride
    return {
      hits: read64(this.#words, at + SlotWord.hits),
      steppedHits: read64(this.#words, at + SlotWord.steppedHits),
    }
  }

  /** From now on the program does nothing for this process, attached or not. */
  mute({ slot }: SlotId): void {
    Atomics.store(this.#words, slot * this.#stride + SlotWord.generation, 0)
  }

  /** Once nothing is attached any more. */
  release({ slot }: SlotId): void {
    this.#free.push(slot)
  }

  [Symbol.dispose](): void {
    this.#mapped[Symbol.dispose]()
  }
}
