/**
 * Where a BPF ring buffer lies in a WebAssembly memory, byte offsets. The kernel gives the pages so
 * (kernel/bpf/ringbuf.c, "mmap-able layout"), and a test can fill an ordinary memory the same way:
 *
 * ```
 * consumerAt          producerAt          dataAt             dataAt + dataBytes
 * ├ u64 position, rw ─┼ u64 position, ro ─┼ records ─────────┼ the same records again ┤
 * ```
 *
 * A record is `u32 length and flags, u32 page offset`, then its bytes, filled up to a multiple of 8.
 * As the data is there twice in a row, no record wraps around.
 */
export interface RingRegion {
  readonly memory: WebAssembly.Memory
  readonly consumerAt: number
  readonly producerAt: number
  readonly dataAt: number
  /** A power of two, at least 4096. */
  readonly dataBytes: number
}

/** Bytes before each record (BPF_RINGBUF_HDR_SZ). */
export const HEADER_BYTES = 8
/** Set while the producer still writes the record (BPF_RINGBUF_BUSY_BIT). */
export const BUSY_BIT = 0x8000_0000
/** Set on records the producer threw away (BPF_RINGBUF_DISCARD_BIT). */
export const DISCARD_BIT = 0x4000_0000
/** The length in a record's first word. */
export const LENGTH_MASK = 0x3fff_ffff

/**
 * How far reading may run ahead of the consumer position that the producer sees. Each write of it
 * takes a cache line from the producer, so it is written for this many bytes together, and at the end.
 */
export function releaseBytes(dataBytes: number): number {
  return Math.min(65_536, dataBytes >> 2)
}

/**
 * How much is read in one go. Small enough that what a first pass over the headers brought into the L1 cache is still
 * there when the records are decoded.
 */
export function batchBytes(dataBytes: number): number {
  return Math.min(16_384, releaseBytes(dataBytes))
}
