import { KernelMemory } from '../sys/kernel-memory.ts'
import type { OnRecord, RecordReader } from './record-reader.ts'
import { cursorBytes, type RingCursor, ringCursor } from './ring-cursor.ts'
import { mapRing, type RingMap, ringMappingBytes } from './ring-mapping.ts'
import { RingWait } from './ring-wait.ts'

export interface RingBufferOptions {
  /**
   * Reads how many records the programs could not reserve room for: the kernel does not count them, the programs
   * do, in a map or variable of their own. Default: 0.
   */
  readonly readLostCount?: () => number
  /** An eventfd that ends a `wait`; it stays the caller's. Default: one of the reader's own. */
  readonly wakeFd?: number
}

/**
 * Opens a BPF_MAP_TYPE_RINGBUF for reading. A ring has one reader at a time; the map stays the caller's.
 *
 * Programs should submit with BPF_RB_NO_WAKEUP and, every so many bytes by `bpf_ringbuf_query`, once with
 * BPF_RB_FORCE_WAKEUP: the default flags wake for a record only when the reader had caught up with it, so mixed with
 * BPF_RB_NO_WAKEUP they may never wake. Poll in addition: what stays under the threshold wakes nobody.
 *
 * @throws {EbpfError}
 */
export function openRingBuffer(map: RingMap, options: RingBufferOptions = {}): RecordReader {
  return new RingBuffer(map, options)
}

class RingBuffer implements RecordReader {
  readonly #memory: KernelMemory
  readonly #cursor: RingCursor
  readonly #wait: RingWait
  readonly #readLostCount: () => number

  constructor(map: RingMap, options: RingBufferOptions) {
    using cleanup = new DisposableStack()
    const scratchAt = ringMappingBytes(map)
    this.#memory = cleanup.use(new KernelMemory(scratchAt + cursorBytes(map.maxEntries)))
    this.#cursor = ringCursor(mapRing(this.#memory, map), scratchAt)
    this.#wait = cleanup.use(new RingWait([map.fd], options.wakeFd))
    this.#readLostCount = options.readLostCount ?? (() => 0)
    cleanup.move()
  }

  get lostCount(): number {
    return this.#readLostCount()
  }

  get wakeFd(): number {
    return this.#wait.wakeFd
  }

  drain(onRecord: OnRecord, maxRecords?: number): number {
    return this.#cursor.drain(onRecord, maxRecords)
  }

  wait(timeoutMs: number, spinMs?: number): boolean {
    return this.#wait.wait(timeoutMs, this.#cursor.readable, spinMs)
  }

  interrupt(): void {
    this.#wait.interrupt()
  }

  /** After this the ring reads as empty. */
  [Symbol.dispose](): void {
    this.#wait[Symbol.dispose]()
    this.#memory[Symbol.dispose]()
  }
}
