import type { SharedSizes } from './shared-limits.ts'

/** Blocks are powers of two, from a line of the processor's cache on, so that two threads never write to one line. */
export const ORDER_MIN = 6
export const ORDER_MAX = 20

/** Shards of the table of shared data, each behind a lock of its own; a power of two. */
export const SHARDS = 16
export const BUCKETS = 1 << 16

/** Locks, in the order in which one thread may hold several: a shard or the queues, VMs, the arena. */
export const Lock = {
  /** `SHARDS` of them from here. */
  shard: 0,
  queues: SHARDS,
  vms: SHARDS + 1,
  arena: SHARDS + 2,
  count: SHARDS + 3,
} as const

/** Words of the head. */
export const Head = {
  nextCas: 0,
  nextToken: 1,
  busy: 2,
  torn: 3,
  recovered: 4,
  hashKey: 5,
  words: 16,
} as const

/** Words of a thread's place. */
export const Place = { state: 0, signal: 1, generation: 2, words: 16 } as const
export const PlaceState = { free: 0, given: 1, open: 2, closed: 3, ended: 4 } as const

/** Words of a VM's place. */
export const Vm = {
  isUsed: 0,
  generation: 1,
  id: 2,
  idBytes: 3,
  bytes: 4,
  entries: 5,
  refused: 6,
  words: 16,
} as const

/** Words of a queue's place. */
export const Queue = {
  isUsed: 0,
  token: 1,
  vm: 2,
  name: 3,
  nameBytes: 4,
  first: 5,
  last: 6,
  items: 7,
  /** Thread that is told of items. */
  owner: 8,
  /** Items that it is not told of yet. */
  notices: 9,
  words: 16,
} as const

/** A line of the cache, in words: locks share none. */
const LINE_WORDS = 16

/**
 * Where things lie in shared memory; positions of words unless said otherwise.
 *
 * ```
 * head │ locks │ places of threads, VMs, queues │ holders of VMs │ heads of free blocks │ buckets │ order of each block │ arena
 * ```
 */
export interface Layout {
  readonly locks: number
  readonly places: number
  readonly vms: number
  readonly queues: number
  /** A bit for each thread, `holderWords` for each VM. */
  readonly holders: number
  readonly holderWords: number
  readonly freeHeads: number
  readonly buckets: number
  /** In bytes: one for each line of the arena. */
  readonly orders: number
  /** In bytes. */
  readonly arena: number
  readonly bytes: number
}

export function layOutShared(sizes: SharedSizes): Layout {
  const locks = Head.words
  const places = locks + Lock.count * LINE_WORDS
  // Threads are counted from 1: 0 is nobody.
  const vms = places + (sizes.threadsMax + 1) * Place.words
  const queues = vms + sizes.vmsMax * Vm.words
  const holders = queues + sizes.queuesMax * Queue.words
  const holderWords = LINE_WORDS * Math.ceil((sizes.threadsMax + 1) / 32 / LINE_WORDS)
  const freeHeads = holders + sizes.vmsMax * holderWords
  const buckets = freeHeads + 2 * LINE_WORDS
  const orders = (buckets + BUCKETS) * 4
  const arena = orders + (sizes.bytesMax >> ORDER_MIN)
  return {
    locks,
    places,
    vms,
    queues,
    holders,
    holderWords,
    freeHeads,
    buckets,
    orders,
    arena,
    bytes: arena + sizes.bytesMax,
  }
}

export const lockWord = (layout: Layout, lock: number): number => layout.locks + lock * LINE_WORDS
/** Where the bits of the threads begin that hold a VM. @param vm its place */
export const holdersWord = (layout: Layout, vm: number): number =>
  layout.holders + ((vm - layout.vms) / Vm.words) * layout.holderWords
export const placeWord = (layout: Layout, thread: number): number => layout.places + thread * Place.words
