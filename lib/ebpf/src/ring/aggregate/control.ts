/**
 * The block through which the wasm module and JavaScript speak: byte offsets from its start.
 * `groupCount` counts groups with a key; the group at index 0 is `~other`.
 */
export const Control = {
  /** u32 */
  groupCount: 0,
  /** u32, one of {@link StopReason} */
  stopReason: 4,
  /** u64: records counted in a group, `~other` included */
  record: 8,
  /** u64: records the producer discarded */
  discarded: 16,
  /** u64: records shorter than the plan says */
  short: 24,
  /** u64: records the filter kept out */
  filtered: 32,
  /** u64: consumer position (low word) of a header that cannot be right */
  corruptAt: 40,
} as const

export const CONTROL_BYTES = 64

/** Why the module returned. */
export const StopReason = {
  /** Nothing to read, or the next record is still being written. */
  caughtUp: 0,
  /** The record budget is used up. */
  budget: 1,
  /** A header that points outside of what the producer wrote. */
  corrupt: 2,
} as const
