/**
 * The block through which the module and JavaScript speak about groups: offsets of its words. All begin at zero.
 * Records in groups are not among them: they are what is left of those that were read.
 */
export const FoldControl = {
  /** u32: groups with a key; the group at index 0 is `~other`. */
  groupCount: 0,
  /** u64: records shorter than the plan says. */
  short: 8,
  /** u64: records the filter kept out. */
  filtered: 16,
} as const

export const FOLD_CONTROL_BYTES = 24
