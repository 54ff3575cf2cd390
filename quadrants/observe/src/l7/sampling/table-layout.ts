/** Byte offsets of `struct sampling_table` in bpf/sampling.h; a test compares them by BTF. */
export const TableOffset = { generation: 0, count: 4, cap: 8, flags: 12, rules: 16 } as const
/** Byte offsets of `struct sampling_rule`. */
export const RuleOffset = {
  name: 0,
  value: 32,
  path: 64,
  name_length: 96,
  value_length: 97,
  path_length: 98,
  flags: 99,
  protocols: 100,
  threshold: 104,
  per_second: 108,
  cap: 112,
  pad: 116,
} as const
export const RULE_BYTES = 128
export const RULES_MAX = 16
export const TABLE_BYTES = TableOffset.rules + RULES_MAX * RULE_BYTES
export const SCOPE_BYTES = 8
/** Byte offsets of `struct sampling_window`, of which each rule has one and all of them another. */
export const WindowOffset = { ns: 0, first: 8, taken: 12 } as const
export const WINDOW_BYTES = 16
export const WINDOWS_BYTES = (RULES_MAX + 1) * WINDOW_BYTES
/** In a scope: requests of this server are captured at its own sockets. */
export const SCOPE_ELSEWHERE = 0x8000_0000
/** Bytes of a path that the kernel compares. */
export const PATH_BYTES = 32

/** `enum sampling_table_flag`. */
export const TABLE_SCAN = 1
/** `enum sampling_rule_flag`. */
export const RuleFlag = {
  header: 1,
  value: 2,
  path: 4,
  service: 8,
  confirm: 16,
} as const
