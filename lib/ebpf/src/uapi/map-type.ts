/** `enum bpf_map_type` (include/uapi/linux/bpf.h). */
export const MAP_TYPES = {
  hash: 1,
  array: 2,
  prog_array: 3,
  perf_event_array: 4,
  percpu_hash: 5,
  percpu_array: 6,
  stack_trace: 7,
  cgroup_array: 8,
  lru_hash: 9,
  lru_percpu_hash: 10,
  lpm_trie: 11,
  array_of_maps: 12,
  hash_of_maps: 13,
  devmap: 14,
  sockmap: 15,
  cpumap: 16,
  xskmap: 17,
  sockhash: 18,
  cgroup_storage: 19,
  reuseport_sockarray: 20,
  percpu_cgroup_storage: 21,
  queue: 22,
  stack: 23,
  sk_storage: 24,
  devmap_hash: 25,
  struct_ops: 26,
  ringbuf: 27,
  inode_storage: 28,
  task_storage: 29,
  bloom_filter: 30,
  user_ringbuf: 31,
  cgrp_storage: 32,
  arena: 33,
} as const

/** A kind of map. */
export type MapType = keyof typeof MAP_TYPES

/** Flags of BPF_MAP_CREATE. */
export const MAP_FLAG = {
  noPrealloc: 1 << 0,
  noCommonLru: 1 << 1,
  readOnlyProgram: 1 << 7,
  writeOnlyProgram: 1 << 8,
  mmapable: 1 << 10,
} as const

const NAMES = new Map<number, MapType>(
  Object.entries(MAP_TYPES).map(([name, number]) => [number, name as MapType]),
)

/** The name of a map type's number; undefined for types newer than this table. */
export function mapTypeOf(number: number): MapType | undefined {
  return NAMES.get(number)
}

/** Whether each processor has its own value: reading gives one for each, rounded up to 8 bytes. */
export function isPerCpu(type: MapType): boolean {
  return (
    type === 'percpu_hash' ||
    type === 'percpu_array' ||
    type === 'lru_percpu_hash' ||
    type === 'percpu_cgroup_storage'
  )
}
