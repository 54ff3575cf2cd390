/**
 * Takes one record: its 32-bit words begin at `words[wordIndex]`, and it has `byteLength` bytes. `words` is the
 * kernel's memory itself and the record is overwritten after the call: read, do not keep.
 */
export type OnRecord = (words: Uint32Array, wordIndex: number, byteLength: number) => void

/** Reads records that BPF programs write, from a ring buffer or from per-CPU perf buffers. */
export interface RecordReader {
  /**
   * Calls `onRecord` for each record that is there, at most `maxRecords`, and returns how many. Allocates nothing
   * per record. What `onRecord` throws passes through, with its record counted as read.
   *
   * @throws {EbpfError} `argument` when called from `onRecord`; `system` when the memory is not what the kernel would write
   */
  drain(onRecord: OnRecord, maxRecords?: number): number
  /** Records lost so far because there was no room. */
  readonly lostCount: number
  /**
   * Blocks the thread until there is something to read (true), or `timeoutMs` have passed or `interrupt` was called
   * (false). For workers; a main thread drains on a timer.
   *
   * @param spinMs keep the processor and look at the memory so long, before the thread sleeps: the record is seen
   *   without the kernel's having to wake anyone. Part of `timeoutMs`; default 0, at most 200
   */
  wait(timeoutMs: number, spinMs?: number): boolean
  /** Ends a `wait`, also from another thread through `signalEventFd(wakeFd)`: a blocked worker cannot be ended. */
  interrupt(): void
  /** The eventfd that ends a `wait` when anyone writes it. */
  readonly wakeFd: number
  [Symbol.dispose](): void
}
