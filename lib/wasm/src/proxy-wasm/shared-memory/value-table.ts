import type { SharedData } from '../filter-host.ts'
import { BUSY, NO_BLOCK, orderOf, type BlockArena } from './block-arena.ts'
import { BUCKETS, Head, Lock, SHARDS } from './layout.ts'
import { lock, unlock } from './lock.ts'
import { copyIn, copyOut, copyTextIn, isEqualAt, type Region } from './region.ts'
import { RESULTS } from './results.ts'
import type { SharedMemory } from './shared-memory.ts'
import { hashOf, type VmTable } from './vm-table.ts'

/** What is read of a key. */
export interface SharedValue {
  /** Valid until the next call. */
  readonly value: Uint8Array
  /** Whoever gives it to `set` writes only if nobody else has written meanwhile. Never 0. */
  readonly cas: number
}

/** Another thread did not let go of what it held: see `SharedMemory`. */
type Busy = 'busy'

/** Words of an entry; key and value follow. */
export const Entry = {
  next: 0,
  hash: 1,
  vm: 2,
  cas: 3,
  keyBytes: 4,
  valueBytes: 5,
  isTorn: 6,
  bytes: 32,
} as const

/** Times that a VM may be removed while it is looked up. */
const LOOKUPS_MAX = 3

/**
 * Values by keys, of which each vm_id has its own, and that all threads of the process see alike: `proxy_get_shared_data`
 * and `proxy_set_shared_data`. Each call is atomic. As in proxy-wasm-cpp-host, the number that changes with each write
 * counts all writes of the process. Each character of a key is a byte.
 */
export class ValueTable {
  readonly #region: Region
  readonly #arena: BlockArena
  readonly #vms: VmTable
  #scratch = new Uint8Array(1024)
  /** Entry before the one that was found, or 0 where it is the first of its bucket. */
  #before = 0

  constructor({ region, arena, vms }: SharedMemory) {
    this.#region = region
    this.#arena = arena
    this.#vms = vms
  }

  /** As filters of one vm_id are given it. */
  dataOf(vmId: string): SharedData {
    return {
      get: (key) => {
        const value = this.get(vmId, key)
        return typeof value === 'string' ? RESULTS[value] : value
      },
      set: (key, value, cas) => RESULTS[this.set(vmId, key, value, cas)],
    }
  }

  get(vmId: string, key: string): SharedValue | 'not-found' | Busy {
    const region = this.#region
    for (let lookup = 0; lookup < LOOKUPS_MAX; lookup++) {
      const vm = this.#vms.find(vmId)
      if (typeof vm === 'string') return vm
      const hash = hashOf(region, vm.word, key)
      const shard = Lock.shard + (hash & (SHARDS - 1))
      if (!lock(region, shard)) return 'busy'
      if (!this.#vms.isCurrent(vm)) {
        unlock(region, shard)
        continue
      }
      const value = this.#read(this.#search(vm.word, key, hash))
      unlock(region, shard)
      return value
    }
    return 'not-found'
  }

  /** @param cas 0 to write in any case; where there is no such key it is written in any case */
  set(
    vmId: string,
    key: string,
    value: Uint8Array,
    cas: number,
  ): 'ok' | 'cas-mismatch' | 'over-limit' | Busy {
    const region = this.#region
    for (let lookup = 0; lookup < LOOKUPS_MAX; lookup++) {
      const vm = this.#vms.enter(vmId)
      if (typeof vm === 'string') return vm
      if (key.length > region.sizes.keyBytesMax || value.length > region.sizes.valueBytesMax)
        return this.#vms.refuse(vm.word)
      const hash = hashOf(region, vm.word, key)
      const shard = Lock.shard + (hash & (SHARDS - 1))
      if (!lock(region, shard)) return 'busy'
      if (!this.#vms.isCurrent(vm)) {
        unlock(region, shard)
        continue
      }
      const result = this.#write(vm.word, key, value, cas, hash)
      unlock(region, shard)
      return result
    }
    return 'busy'
  }

  /** @param cas 0 to remove it in any case */
  remove(vmId: string, key: string, cas: number): 'ok' | 'not-found' | 'cas-mismatch' | Busy {
    const region = this.#region
    for (let lookup = 0; lookup < LOOKUPS_MAX; lookup++) {
      const vm = this.#vms.find(vmId)
      if (typeof vm === 'string') return vm
      const hash = hashOf(region, vm.word, key)
      const shard = Lock.shard + (hash & (SHARDS - 1))
      if (!lock(region, shard)) return 'busy'
      if (!this.#vms.isCurrent(vm)) {
        unlock(region, shard)
        continue
      }
      const entry = this.#search(vm.word, key, hash)
      const result = entry === 0 ? 'not-found' : this.#remove(entry, cas)
      unlock(region, shard)
      return result
    }
    return 'not-found'
  }

  /** In no order. What is written meanwhile may be among them or not. */
  keys(vmId: string): readonly string[] | Busy {
    const region = this.#region
    const { words, bytes } = region
    const vm = this.#vms.find(vmId)
    if (vm === 'not-found') return []
    if (vm === 'busy') return vm
    const keys: string[] = []
    for (let shard = 0; shard < SHARDS; shard++) {
      if (!lock(region, Lock.shard + shard)) return 'busy'
      for (let bucket = shard; bucket < BUCKETS && this.#vms.isCurrent(vm); bucket += SHARDS)
        for (let at = words[region.layout.buckets + bucket]!; at !== 0; at = words[(at >> 2) + Entry.next]!) {
          if (words[(at >> 2) + Entry.vm] !== vm.word) continue
          const from = at + Entry.bytes
          keys.push(latin1(bytes, from, words[(at >> 2) + Entry.keyBytes]!))
        }
      unlock(region, Lock.shard + shard)
    }
    return keys
  }

  #search(vm: number, key: string, hash: number): number {
    const region = this.#region
    const { words } = region
    this.#before = 0
    for (let at = words[this.#bucket(hash)]!; at !== 0;) {
      const entry = at >> 2
      if (
        words[entry + Entry.hash] === hash &&
        words[entry + Entry.vm] === vm &&
        words[entry + Entry.keyBytes] === key.length &&
        isEqualAt(region, at + Entry.bytes, key)
      )
        return at
      this.#before = at
      at = words[entry + Entry.next]!
    }
    return 0
  }

  #read(at: number): SharedValue | 'not-found' {
    if (at === 0) return 'not-found'
    const { words } = this.#region
    const entry = at >> 2
    const length = words[entry + Entry.valueBytes]!
    if (length > this.#scratch.length) this.#scratch = new Uint8Array(2 * length)
    copyOut(this.#region, at + Entry.bytes + words[entry + Entry.keyBytes]!, length, this.#scratch)
    return { value: this.#scratch.subarray(0, length), cas: words[entry + Entry.cas]! >>> 0 }
  }

  #write(
    vm: number,
    key: string,
    value: Uint8Array,
    cas: number,
    hash: number,
  ): 'ok' | 'cas-mismatch' | 'over-limit' | Busy {
    const { words } = this.#region
    const at = this.#search(vm, key, hash)
    const order = orderOf(Entry.bytes + key.length + value.length)
    if (at === 0) return this.#insert(vm, key, value, hash, order)
    const entry = at >> 2
    if (cas !== 0 && cas !== words[entry + Entry.cas]! >>> 0) return 'cas-mismatch'
    const orderNow = this.#arena.orderAt(at)
    // A block that is twice as large as needed is kept: values that grow and shrink again stay where they are.
    if (order <= orderNow && order >= orderNow - 1) {
      words[entry + Entry.isTorn] = 1
      words[entry + Entry.valueBytes] = value.length
      copyIn(this.#region, at + Entry.bytes + key.length, value)
      words[entry + Entry.cas] = this.#nextCas()
      words[entry + Entry.isTorn] = 0
      return 'ok'
    }
    return this.#replace(at, key, value, order)
  }

  #insert(
    vm: number,
    key: string,
    value: Uint8Array,
    hash: number,
    order: number,
  ): 'ok' | 'over-limit' | Busy {
    if (!this.#vms.charge(vm, 1 << order, 1)) return this.#vms.refuse(vm)
    const at = this.#arena.take(order)
    if (at === NO_BLOCK || at === BUSY) {
      this.#vms.refund(vm, 1 << order, 1)
      return at === BUSY ? 'busy' : this.#vms.refuse(vm)
    }
    const bucket = this.#bucket(hash)
    this.#fill(at, vm, key, value, hash, this.#region.words[bucket]!)
    this.#region.words[bucket] = at
    return 'ok'
  }

  /** In a block of another size. */
  #replace(at: number, key: string, value: Uint8Array, order: number): 'ok' | 'over-limit' | Busy {
    const { words } = this.#region
    const entry = at >> 2
    const vm = words[entry + Entry.vm]!
    const hash = words[entry + Entry.hash]!
    const moreBytes = (1 << order) - (1 << this.#arena.orderAt(at))
    if (!this.#vms.charge(vm, moreBytes, 0)) return this.#vms.refuse(vm)
    const block = this.#arena.take(order)
    if (block === NO_BLOCK || block === BUSY) {
      this.#vms.refund(vm, moreBytes, 0)
      return block === BUSY ? 'busy' : this.#vms.refuse(vm)
    }
    this.#fill(block, vm, key, value, hash, words[entry + Entry.next]!)
    words[this.#linkTo(hash)] = block
    this.#arena.give(at)
    return 'ok'
  }

  #remove(at: number, cas: number): 'ok' | 'cas-mismatch' {
    const { words } = this.#region
    const entry = at >> 2
    if (cas !== 0 && cas !== words[entry + Entry.cas]! >>> 0) return 'cas-mismatch'
    words[this.#linkTo(words[entry + Entry.hash]!)] = words[entry + Entry.next]!
    this.#vms.refund(words[entry + Entry.vm]!, 1 << this.#arena.orderAt(at), 1)
    this.#arena.give(at)
    return 'ok'
  }

  /** Nothing leads to it yet. */
  #fill(at: number, vm: number, key: string, value: Uint8Array, hash: number, next: number): void {
    const { words } = this.#region
    const entry = at >> 2
    words[entry + Entry.next] = next
    words[entry + Entry.hash] = hash
    words[entry + Entry.vm] = vm
    words[entry + Entry.cas] = this.#nextCas()
    words[entry + Entry.keyBytes] = key.length
    words[entry + Entry.valueBytes] = value.length
    words[entry + Entry.isTorn] = 0
    copyTextIn(this.#region, at + Entry.bytes, key)
    copyIn(this.#region, at + Entry.bytes + key.length, value)
  }

  #nextCas(): number {
    const { words } = this.#region
    const cas = Atomics.add(words, Head.nextCas, 1)
    return cas === 0 ? Atomics.add(words, Head.nextCas, 1) : cas
  }

  #bucket(hash: number): number {
    return this.#region.layout.buckets + (hash & (BUCKETS - 1))
  }

  /** The word that leads to the entry that was found last. */
  #linkTo(hash: number): number {
    return this.#before === 0 ? this.#bucket(hash) : (this.#before >> 2) + Entry.next
  }
}

function latin1({ buffer }: Uint8Array<SharedArrayBuffer>, start: number, length: number): string {
  return Buffer.from(buffer, start, length).toString('latin1')
}
