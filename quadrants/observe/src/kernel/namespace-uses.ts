import {
  type NamespaceUse,
  type NetNamespace,
  type PassLimits,
  type PassPlan,
  planPasses,
} from './pass-plan.ts'
import type { PassCount } from './passes.ts'

/** What each namespace was used for since it was last walked, and which to walk in this tick. */
export class NamespaceUses {
  readonly #uses = new Map<number, NamespaceUse>()
  readonly #limits: Omit<PassLimits, 'tick'>
  #tick = 0
  /** The one touched last, 0 none: most records are of the same. */
  #lastInode = 0

  constructor(limits: Omit<PassLimits, 'tick'>) {
    this.#limits = limits
  }

  /** Begins a tick. */
  nextTick(): void {
    this.#tick += 1
  }

  /** Chooses the passes of this tick. Events that come from now on touch their namespace again. */
  plan(namespaces: readonly NetNamespace[]): PassPlan {
    this.#lastInode = 0
    return planPasses(namespaces, this.#uses, { ...this.#limits, tick: this.#tick })
  }

  /** Notes that an event told of a socket there. */
  touch(inode: number): void {
    if (inode === this.#lastInode) return
    this.#lastInode = inode
    const use = this.#uses.get(inode)
    if (use !== undefined && !use.touched) this.#uses.set(inode, { ...use, touched: true })
  }

  /** Notes what a complete pass found. */
  passed(inode: number, { rows, walkedOver }: PassCount): void {
    // Events that came during the pass touched it already; the next one has to do so again.
    this.#lastInode = 0
    this.#uses.set(inode, { socketCount: rows, walkedOver, passedAt: this.#tick, touched: false })
  }

  /** Forgets the namespaces that are gone. */
  retain(namespaces: readonly NetNamespace[]): void {
    if (this.#uses.size <= namespaces.length) return
    const known = new Set(namespaces.map(({ inode }) => inode))
    for (const inode of this.#uses.keys()) if (!known.has(inode)) this.#uses.delete(inode)
  }
}
