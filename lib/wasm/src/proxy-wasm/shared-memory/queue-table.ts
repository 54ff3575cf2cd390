import type { Result } from '../abi.ts'
import type { SharedQueues } from '../filter-host.ts'
import { BUSY, NO_BLOCK, orderOf, type BlockArena } from './block-arena.ts'
import { Head, Lock, Queue } from './layout.ts'
import { lock, unlock } from './lock.ts'
import { QueueNotices, notify, type QueueReady } from './queue-notices.ts'
import { copyIn, copyOut, copyTextIn, isEqualAt, type Region } from './region.ts'
import { RESULTS } from './results.ts'
import type { SharedMemory } from './shared-memory.ts'
import type { VmTable } from './vm-table.ts'

/** Words of an item; its bytes follow. */
export const Item = { next: 0, length: 1, bytes: 8 } as const

type Busy = 'busy'

/**
 * Queues of bytes, by the vm_id that has them and their name, and for everybody by their token:
 * `proxy_register_shared_queue` and what belongs to it. An item is taken out once, by whichever thread. As in
 * proxy-wasm-cpp-host, whoever has registered a queue last is told of each item, on its own thread, after the call that
 * brought it.
 */
export class QueueTable implements SharedQueues, Disposable {
  readonly #region: Region
  readonly #arena: BlockArena
  readonly #vms: VmTable
  readonly #notices: QueueNotices
  /** Places by token; whoever uses one looks whether it is still so. */
  readonly #known = new Map<number, number>()
  #scratch = new Uint8Array(1024)

  constructor({ region, arena, vms }: SharedMemory) {
    this.#region = region
    this.#arena = arena
    this.#vms = vms
    this.#notices = new QueueNotices(region)
  }

  /**
   * @param ready is called once for each item that is put in from then on; must not throw
   * @returns a token that is the same whenever the queue is registered again, unique in the process and never 0
   */
  register(
    vmId: string,
    name: string,
    ready: QueueReady,
  ): { readonly token: number } | { readonly result: Result } {
    const vm = this.#vms.enter(vmId)
    if (typeof vm === 'string') return { result: RESULTS[vm] }
    if (!lock(this.#region, Lock.queues)) return { result: RESULTS.busy }
    const { words, thread } = this.#region
    const queue = this.#vms.isCurrent(vm)
      ? (this.#search(vm.word, name) ?? this.#make(vm.word, name))
      : 'busy'
    if (typeof queue === 'string') {
      unlock(this.#region, Lock.queues)
      return { result: RESULTS[queue] }
    }
    const token = words[queue + Queue.token]! >>> 0
    words[queue + Queue.owner] = thread
    unlock(this.#region, Lock.queues)
    this.#notices.listen(token, queue, ready)
    return { token }
  }

  resolve(vmId: string, name: string): number | undefined {
    const vm = this.#vms.find(vmId)
    if (typeof vm === 'string' || !lock(this.#region, Lock.queues)) return undefined
    const queue = this.#vms.isCurrent(vm) ? this.#search(vm.word, name) : undefined
    const token = queue === undefined ? undefined : this.#region.words[queue + Queue.token]! >>> 0
    unlock(this.#region, Lock.queues)
    return token
  }

  enqueue(token: number, value: Uint8Array): Result {
    const region = this.#region
    if (!lock(region, Lock.queues)) return RESULTS.busy
    const queue = this.#place(token)
    const result = queue === undefined ? 'not-found' : this.#append(queue, value)
    const owner = queue === undefined ? 0 : region.words[queue + Queue.owner]!
    unlock(region, Lock.queues)
    if (result === 'ok' && owner !== 0) notify(region, owner)
    return RESULTS[result]
  }

  /** @returns bytes that are valid until the next call */
  dequeue(token: number): Uint8Array | Result {
    if (!lock(this.#region, Lock.queues)) return RESULTS.busy
    const queue = this.#place(token)
    const item = queue === undefined ? 'not-found' : this.#takeFirst(queue)
    unlock(this.#region, Lock.queues)
    return typeof item === 'string' ? RESULTS[item] : item
  }

  /** Items that wait; 0 for an unknown token. */
  itemCount(token: number): number {
    const queue = this.#place(token)
    return queue === undefined ? 0 : Atomics.load(this.#region.words, queue + Queue.items)
  }

  /** Whoever registered with it is not told any more: its VM is gone. Queues and their items stay. */
  release(ready: QueueReady): void {
    this.#notices.ignore(ready)
  }

  /** Nothing is told here any more. */
  [Symbol.dispose](): void {
    this.#notices[Symbol.dispose]()
  }

  #append(queue: number, value: Uint8Array): 'ok' | 'over-limit' | Busy {
    const { words, sizes } = this.#region
    const vm = words[queue + Queue.vm]!
    if (words[queue + Queue.items]! >= sizes.queueItemsMax || value.length > sizes.valueBytesMax)
      return this.#vms.refuse(vm)
    const item = this.#block(vm, Item.bytes + value.length)
    if (typeof item === 'string') return item
    words[(item >> 2) + Item.next] = 0
    words[(item >> 2) + Item.length] = value.length
    copyIn(this.#region, item + Item.bytes, value)
    const last = words[queue + Queue.last]!
    words[last === 0 ? queue + Queue.first : (last >> 2) + Item.next] = item
    words[queue + Queue.last] = item
    words[queue + Queue.items]!++
    Atomics.add(words, queue + Queue.notices, 1)
    return 'ok'
  }

  #takeFirst(queue: number): Uint8Array | 'empty' {
    const { words } = this.#region
    const item = words[queue + Queue.first]!
    if (item === 0) return 'empty'
    const length = words[(item >> 2) + Item.length]!
    if (length > this.#scratch.length) this.#scratch = new Uint8Array(2 * length)
    copyOut(this.#region, item + Item.bytes, length, this.#scratch)
    const next = words[(item >> 2) + Item.next]!
    words[queue + Queue.first] = next
    if (next === 0) words[queue + Queue.last] = 0
    words[queue + Queue.items]!--
    this.#vms.refund(words[queue + Queue.vm]!, 1 << this.#arena.orderAt(item), 1)
    this.#arena.give(item)
    return this.#scratch.subarray(0, length)
  }

  /** Charged to the VM. */
  #block(vm: number, bytes: number): number | 'over-limit' | Busy {
    const order = orderOf(bytes)
    if (!this.#vms.charge(vm, 1 << order, 1)) return this.#vms.refuse(vm)
    const block = this.#arena.take(order)
    if (block !== NO_BLOCK && block !== BUSY) return block
    this.#vms.refund(vm, 1 << order, 1)
    return block === BUSY ? 'busy' : this.#vms.refuse(vm)
  }

  #make(vm: number, name: string): number | 'over-limit' | Busy {
    const { words, layout, sizes } = this.#region
    if (name.length > sizes.keyBytesMax) return this.#vms.refuse(vm)
    for (let index = 0; index < sizes.queuesMax; index++) {
      const queue = layout.queues + index * Queue.words
      if (words[queue + Queue.isUsed] === 1) continue
      const block = this.#block(vm, name.length)
      if (typeof block === 'string') return block
      copyTextIn(this.#region, block, name)
      words.fill(0, queue, queue + Queue.words)
      words[queue + Queue.token] = this.#nextToken()
      words[queue + Queue.vm] = vm
      words[queue + Queue.name] = block
      words[queue + Queue.nameBytes] = name.length
      words[queue + Queue.isUsed] = 1
      return queue
    }
    return this.#vms.refuse(vm)
  }

  #search(vm: number, name: string): number | undefined {
    const { words, layout, sizes } = this.#region
    for (let index = 0; index < sizes.queuesMax; index++) {
      const queue = layout.queues + index * Queue.words
      if (
        words[queue + Queue.isUsed] === 1 &&
        words[queue + Queue.vm] === vm &&
        words[queue + Queue.nameBytes] === name.length &&
        isEqualAt(this.#region, words[queue + Queue.name]!, name)
      )
        return queue
    }
    return undefined
  }

  #place(token: number): number | undefined {
    const { words, layout, sizes } = this.#region
    const isIt = (queue: number): boolean =>
      words[queue + Queue.isUsed] === 1 && words[queue + Queue.token]! >>> 0 === token
    const known = this.#known.get(token)
    if (known !== undefined && isIt(known)) return known
    for (let index = 0; index < sizes.queuesMax; index++) {
      const queue = layout.queues + index * Queue.words
      if (!isIt(queue)) continue
      if (this.#known.size >= sizes.queuesMax) this.#known.clear()
      this.#known.set(token, queue)
      return queue
    }
    return undefined
  }

  #nextToken(): number {
    const { words } = this.#region
    const token = Atomics.add(words, Head.nextToken, 1)
    return token === 0 ? Atomics.add(words, Head.nextToken, 1) : token
  }
}
