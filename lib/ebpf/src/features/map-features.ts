import { BpfMap } from '../object/bpf-map.ts'
import { BtfObject } from '../object/btf-object.ts'
import type { MapSpec } from '../spec/collection-spec.ts'
import { PAGE_BYTES } from '../sys/page-size.ts'
import { MAP_FLAG, type MapType } from '../uapi/map-type.ts'
import { tryFeature, type Feature } from './feature.ts'
import { minimalBtf } from './minimal-btf.ts'

type Shape = Partial<Pick<MapSpec, 'keyBytes' | 'valueBytes' | 'maxEntries' | 'flags' | 'inner'>>

const plain: Shape = {}
const ring: Shape = { keyBytes: 0, valueBytes: 0, maxEntries: PAGE_BYTES }
const withoutKey: Shape = { keyBytes: 0 }
/** Storage that hangs on a kernel object: no size, and types are wanted. */
const storage: Shape = { maxEntries: 0, flags: MAP_FLAG.noPrealloc }

const SHAPES: Partial<Record<MapType, Shape>> = {
  hash: plain,
  array: plain,
  prog_array: plain,
  perf_event_array: plain,
  percpu_hash: plain,
  percpu_array: plain,
  stack_trace: { valueBytes: 64 },
  cgroup_array: plain,
  lru_hash: plain,
  lru_percpu_hash: plain,
  lpm_trie: { keyBytes: 8, flags: MAP_FLAG.noPrealloc },
  hash_of_maps: { inner: mapSpec('array', plain) },
  sockmap: plain,
  sockhash: plain,
  queue: withoutKey,
  stack: withoutKey,
  sk_storage: storage,
  inode_storage: storage,
  task_storage: storage,
  cgrp_storage: storage,
  ringbuf: ring,
  user_ringbuf: ring,
  bloom_filter: withoutKey,
  arena: { keyBytes: 0, valueBytes: 0, flags: MAP_FLAG.mmapable },
}

/** Makes a map of each type. */
export function mapFeatures(): Feature[] {
  return Object.entries(SHAPES).map(([type, shape]) =>
    tryFeature(`map:${type}`, () => {
      if (shape !== storage) return BpfMap.create(mapSpec(type as MapType, shape))
      using btf = new BtfObject(minimalBtf())
      return BpfMap.create({ ...mapSpec(type as MapType, shape), keyTypeId: 1, valueTypeId: 1 }, btf.fd)
    }),
  )
}

/** Map operations that not every kernel has. */
export function mapOperationFeatures(): Feature[] {
  return [
    tryFeature('map-operation:batch', () => {
      using map = BpfMap.create(mapSpec('hash', plain))
      map.lookupBatch(() => undefined)
    }),
    tryFeature('map-operation:mmap', () => {
      using map = BpfMap.create(mapSpec('array', { flags: MAP_FLAG.mmapable }))
      return map.mmap()
    }),
  ]
}

function mapSpec(type: MapType, shape: Shape): MapSpec {
  return {
    name: 'probe',
    type,
    keyBytes: 4,
    valueBytes: 4,
    maxEntries: 1,
    flags: 0,
    pinning: 'none',
    keyTypeId: 0,
    valueTypeId: 0,
    extra: 0n,
    frozen: false,
    ...shape,
  }
}
