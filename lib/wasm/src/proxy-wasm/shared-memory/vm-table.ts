import { keyedHash } from './keyed-hash.ts'
import { BUSY, NO_BLOCK, orderOf, type BlockArena } from './block-arena.ts'
import { Head, holdersWord, Lock, Vm } from './layout.ts'
import { lock, unlock } from './lock.ts'
import { copyTextIn, isEqualAt, type Region } from './region.ts'

/** The place of a vm_id, as long as its generation is this. */
export interface VmRef {
  readonly word: number
  readonly generation: number
}

/** What a VM has of shared memory. */
export interface VmUsage {
  readonly bytes: number
  readonly entries: number
  /** What was over a limit. */
  readonly refusedCount: number
}

/** One character for each byte of it in UTF-8, so that ids of other characters are other ids. */
const idBytes = (vmId: string): string => Buffer.from(vmId).toString('latin1')

/** Which vm_ids have something in shared memory, and how much: they are told apart by their place. */
export class VmTable {
  readonly #region: Region
  readonly #arena: BlockArena
  /** Places that are known here; whoever uses one looks at its generation. */
  readonly #known = new Map<string, VmRef>()

  constructor(region: Region, arena: BlockArena) {
    this.#region = region
    this.#arena = arena
  }

  find(vmId: string): VmRef | 'not-found' | 'busy' {
    const known = this.#known.get(vmId)
    if (known !== undefined && this.isCurrent(known)) return known
    if (!lock(this.#region, Lock.vms)) return 'busy'
    const found = this.#search(idBytes(vmId))
    unlock(this.#region, Lock.vms)
    return found === undefined ? 'not-found' : this.#remember(vmId, found)
  }

  /** Made where there is none. */
  enter(vmId: string): VmRef | 'over-limit' | 'busy' {
    const known = this.#known.get(vmId)
    if (known !== undefined && this.isCurrent(known)) return known
    if (!lock(this.#region, Lock.vms)) return 'busy'
    const id = idBytes(vmId)
    const word = this.#search(id) ?? this.#make(id)
    unlock(this.#region, Lock.vms)
    return typeof word === 'string' ? word : this.#remember(vmId, word)
  }

  /** Its place, for who has the lock. */
  findLocked(vmId: string): number | undefined {
    return this.#search(idBytes(vmId))
  }

  /** Made where there is none; a thread has filters of it from now on. */
  hold(vmId: string, thread: number): 'ok' | 'over-limit' | 'busy' {
    if (!lock(this.#region, Lock.vms)) return 'busy'
    const id = idBytes(vmId)
    const word = this.#search(id) ?? this.#make(id)
    if (typeof word === 'number') this.setHolder(word, thread, true)
    unlock(this.#region, Lock.vms)
    return typeof word === 'string' ? word : 'ok'
  }

  /** A thread has none any more. @returns whether nobody has now */
  letGo(vmId: string, thread: number): boolean {
    if (!lock(this.#region, Lock.vms)) return false
    const word = this.#search(idBytes(vmId))
    if (word !== undefined) this.setHolder(word, thread, false)
    const isLast = word !== undefined && !this.isHeld(word)
    unlock(this.#region, Lock.vms)
    return isLast
  }

  /** @returns whether it was one before */
  setHolder(vm: number, thread: number, isHolder: boolean): boolean {
    const { words, layout } = this.#region
    const word = holdersWord(layout, vm) + (thread >> 5)
    const bit = 1 << (thread & 31)
    const before = isHolder ? Atomics.or(words, word, bit) : Atomics.and(words, word, ~bit)
    return (before & bit) !== 0
  }

  /** Whether any thread has filters of it. */
  isHeld(vm: number): boolean {
    const { words, layout } = this.#region
    const start = holdersWord(layout, vm)
    return words.subarray(start, start + layout.holderWords).some((bits) => bits !== 0)
  }

  /** Only what is asked with a lock held, of a shard or of the queues, is still so when it is answered. */
  isCurrent({ word, generation }: VmRef): boolean {
    return Atomics.load(this.#region.words, word + Vm.generation) === generation
  }

  /** False where it is over what the VM may have. */
  charge(word: number, bytes: number, entries: number): boolean {
    const { words, sizes } = this.#region
    const byteCount = Atomics.add(words, word + Vm.bytes, bytes) + bytes
    const entryCount = Atomics.add(words, word + Vm.entries, entries) + entries
    if (byteCount <= sizes.vmBytesMax && entryCount <= sizes.vmEntriesMax) return true
    this.refund(word, bytes, entries)
    return false
  }

  refund(word: number, bytes: number, entries: number): void {
    Atomics.sub(this.#region.words, word + Vm.bytes, bytes)
    Atomics.sub(this.#region.words, word + Vm.entries, entries)
  }

  refuse(word: number): 'over-limit' {
    Atomics.add(this.#region.words, word + Vm.refused, 1)
    return 'over-limit'
  }

  usage({ word }: VmRef): VmUsage {
    const { words } = this.#region
    return {
      bytes: Atomics.load(words, word + Vm.bytes),
      entries: Atomics.load(words, word + Vm.entries),
      refusedCount: Atomics.load(words, word + Vm.refused),
    }
  }

  /** Who calls it has all locks, and sweeps then: what the VM had goes with it. */
  remove({ word }: Pick<VmRef, 'word'>): void {
    const { words } = this.#region
    words[word + Vm.isUsed] = 0
    Atomics.add(words, word + Vm.generation, 1)
  }

  /** Words of those in use, with the block of their id. */
  *places(): Iterable<{ readonly word: number; readonly block: number }> {
    const { words, layout, sizes } = this.#region
    for (let index = 0; index < sizes.vmsMax; index++) {
      const word = layout.vms + index * Vm.words
      if (words[word + Vm.isUsed] === 1) yield { word, block: words[word + Vm.id]! }
    }
  }

  #search(id: string): number | undefined {
    const { words } = this.#region
    for (const { word, block } of this.places())
      if (words[word + Vm.idBytes] === id.length && isEqualAt(this.#region, block, id)) return word
    return undefined
  }

  #make(id: string): number | 'over-limit' | 'busy' {
    const { words, layout, sizes } = this.#region
    for (let index = 0; index < sizes.vmsMax; index++) {
      const word = layout.vms + index * Vm.words
      if (words[word + Vm.isUsed] === 1) continue
      if (id.length > sizes.keyBytesMax) return 'over-limit'
      const block = this.#arena.take(orderOf(id.length))
      if (block === BUSY) return 'busy'
      if (block === NO_BLOCK) return 'over-limit'
      copyTextIn(this.#region, block, id)
      words[word + Vm.id] = block
      words[word + Vm.idBytes] = id.length
      words[word + Vm.bytes] = 0
      words[word + Vm.entries] = 0
      words[word + Vm.refused] = 0
      words.fill(0, holdersWord(layout, word), holdersWord(layout, word) + layout.holderWords)
      words[word + Vm.isUsed] = 1
      return word
    }
    return 'over-limit'
  }

  #remember(vmId: string, word: number): VmRef {
    const ref = { word, generation: Atomics.load(this.#region.words, word + Vm.generation) }
    if (this.#known.size >= this.#region.sizes.vmsMax) this.#known.clear()
    this.#known.set(vmId, ref)
    return ref
  }
}

/** Of a key of this VM. */
export function hashOf({ words }: Region, vm: number, key: string): number {
  return keyedHash(words[Head.hashKey]!, words[Head.hashKey + 1]!, vm, key)
}
