import { Lock, ORDER_MAX, ORDER_MIN } from './layout.ts'
import { lock, unlock } from './lock.ts'
import type { Region } from './region.ts'

/** Set in the order of a block that is free. */
const FREE = 0x80

/** Words of a free block. */
const NEXT = 0
const PREVIOUS = 1

/** Why there is no block: none is 0, or more. */
export const NO_BLOCK = 0
export const BUSY = -1

/** Bytes as the order of the smallest block that has them. */
export const orderOf = (bytes: number): number =>
  bytes <= 1 << ORDER_MIN ? ORDER_MIN : 32 - Math.clz32(bytes - 1)

/**
 * Blocks of shared memory, by the buddy system (Knuth, The Art of Computer Programming 2.5): a block of 2ⁿ bytes splits
 * into two, and two that were one become one again as soon as both are free. So what one VM has given back, in whatever
 * sizes, is there for all. Blocks are named by their byte in memory.
 */
export class BlockArena {
  readonly #region: Region

  constructor(region: Region) {
    this.#region = region
  }

  orderAt(block: number): number {
    return this.#region.bytes[this.#orderByte(block)]! & ~FREE
  }

  /** @returns `NO_BLOCK` where none is large enough, `BUSY` where another thread does not let go of the arena */
  take(order: number): number {
    if (!lock(this.#region, Lock.arena)) return BUSY
    const block = this.#take(order)
    unlock(this.#region, Lock.arena)
    return block
  }

  /** Where the arena is busy the block is lost until `rebuild`. */
  give(block: number): void {
    if (!lock(this.#region, Lock.arena)) return
    this.#give(block, this.orderAt(block))
    unlock(this.#region, Lock.arena)
  }

  /** Only these blocks are in use; who calls it has all locks. */
  rebuild(used: readonly number[]): void {
    const { words, bytes, layout, sizes } = this.#region
    const sorted = used
      .map((block) => ({ block, order: this.orderAt(block) }))
      .sort((a, b) => a.block - b.block)
    bytes.fill(0, layout.orders, layout.orders + (sizes.bytesMax >> ORDER_MIN))
    words.fill(0, layout.freeHeads + ORDER_MIN, layout.freeHeads + ORDER_MAX + 1)
    let at = layout.arena
    for (const { block, order } of sorted) {
      this.#giveGap(at, block)
      bytes[this.#orderByte(block)] = order
      at = block + (1 << order)
    }
    this.#giveGap(at, layout.arena + sizes.bytesMax)
  }

  #take(order: number): number {
    const { words, bytes, layout } = this.#region
    let found = order
    while (found <= ORDER_MAX && words[layout.freeHeads + found] === NO_BLOCK) found++
    if (found > ORDER_MAX) return NO_BLOCK
    const block = words[layout.freeHeads + found]!
    this.#unlink(block, found)
    while (found > order) {
      found--
      this.#link(block + (1 << found), found)
    }
    bytes[this.#orderByte(block)] = order
    return block
  }

  #give(block: number, order: number): void {
    const { bytes, layout } = this.#region
    let start = block - layout.arena
    let size = order
    for (; size < ORDER_MAX; size++) {
      const buddy = layout.arena + (start ^ (1 << size))
      if (bytes[this.#orderByte(buddy)] !== (size | FREE)) break
      this.#unlink(buddy, size)
      bytes[this.#orderByte(layout.arena + (start | (1 << size)))] = 0
      start &= ~(1 << size)
    }
    this.#link(layout.arena + start, size)
  }

  /** As few blocks as there can be, each where its size says. */
  #giveGap(from: number, to: number): void {
    const { arena } = this.#region.layout
    for (let at = from; at < to;) {
      let order = ORDER_MAX
      while (at + (1 << order) > to || ((at - arena) & ((1 << order) - 1)) !== 0) order--
      this.#link(at, order)
      at += 1 << order
    }
  }

  #link(block: number, order: number): void {
    const { words, bytes, layout } = this.#region
    const head = layout.freeHeads + order
    const next = words[head]!
    words[(block >> 2) + NEXT] = next
    words[(block >> 2) + PREVIOUS] = NO_BLOCK
    if (next !== NO_BLOCK) words[(next >> 2) + PREVIOUS] = block
    words[head] = block
    bytes[this.#orderByte(block)] = order | FREE
  }

  #unlink(block: number, order: number): void {
    const { words, layout } = this.#region
    const next = words[(block >> 2) + NEXT]!
    const previous = words[(block >> 2) + PREVIOUS]!
    if (next !== NO_BLOCK) words[(next >> 2) + PREVIOUS] = previous
    if (previous === NO_BLOCK) words[layout.freeHeads + order] = next
    else words[(previous >> 2) + NEXT] = next
  }

  #orderByte(block: number): number {
    const { layout } = this.#region
    return layout.orders + ((block - layout.arena) >> ORDER_MIN)
  }
}
