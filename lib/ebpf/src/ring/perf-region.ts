/**
 * Where the ring of one perf event lies in a WebAssembly memory (include/uapi/linux/perf_event.h,
 * `struct perf_event_mmap_page`):
 *
 * ```
 * pageAt              dataAt             dataAt + dataBytes
 * ├ u64 head at 1024 ─┼ records ─────────┤
 *   u64 tail at 1032
 * ```
 *
 * A record is `u32 type, u16 misc, u16 size` and its bytes, a multiple of 8 in all. The data is there once: a record
 * may wrap around its end, but its header never does.
 */
export interface PerfRegion {
  readonly memory: WebAssembly.Memory
  readonly pageAt: number
  readonly dataAt: number
  /** A power of two, at least a page. */
  readonly dataBytes: number
  /** Where {@link PERF_SCRATCH_BYTES} are free, a multiple of 8: records that wrap are put together there. */
  readonly scratchAt: number
}

export const PERF_HEAD_OFFSET = 1024
export const PERF_TAIL_OFFSET = 1032
/** A record's size is a u16. */
export const PERF_SCRATCH_BYTES = 65_536

export const PERF_HEADER_BYTES = 8
/** `u64 id, u64 lost`: there was no room for so many records before this one. */
export const PERF_RECORD_LOST = 2
/** With PERF_SAMPLE_RAW alone: `u32 size, char data[size]`. */
export const PERF_RECORD_SAMPLE = 9
