import {
  type NamespaceUse,
  type NetNamespace,
  type PassLimits,
  type PassPlan,
  planPasses,
} from './pass-plan.ts'
import type { PassCount } from './passes.ts'

/** Of so many ticks one has a complete pass: it finds the sockets that are gone without a word. */
const COMPLETE_TICKS = 10

export interface NamespaceUsesOptions extends Omit<PassLimits, 'tick'> {
  /** Default {@link COMPLETE_TICKS}. */
  readonly completeTicks?: number | undefined
}

interface KnownUse extends NamespaceUse {
  readonly completeAt: number
  readonly beginNs: bigint
}

/** What each namespace was used for since it was last walked, and which to walk in this tick. */
export class NamespaceUses {
  readonly #uses = new Map<number, KnownUse>()
  readonly #limits: Omit<PassLimits, 'tick'>
  readonly #completeTicks: number
  #tick = 0
  /** The one touched last, 0 none: most records are of the same. */
  #lastInode = 0

  constructor({ completeTicks, ...limits }: NamespaceUsesOptions) {
    this.#limits = limits
    this.#completeTicks = completeTicks ?? COMPLETE_TICKS
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

  /** When the last pass over a namespace began, where only what is new since is to be told; 0n: a complete one is due. */
  newsSince(inode: number): bigint {
    const use = this.#uses.get(inode)
    return use === undefined || this.#tick - use.completeAt >= this.#completeTicks ? 0n : use.beginNs
  }

  /** Notes what a pass found. */
  passed(inode: number, { beginNs, rows, walkedOver }: PassCount, sinceNs: bigint): void {
    // Events that came during the pass touched it already; the next one has to do so again.
    this.#lastInode = 0
    const before = sinceNs === 0n ? undefined : this.#uses.get(inode)
    this.#uses.set(inode, {
      socketCount: before?.socketCount ?? rows,
      walkedOver,
      passedAt: this.#tick,
      completeAt: before?.completeAt ?? this.#tick,
      beginNs,
      touched: false,
    })
  }

  /** Forgets the namespaces that are gone. */
  retain(namespaces: readonly NetNamespace[]): void {
    if (this.#uses.size <= namespaces.length) return
    const known = new Set(namespaces.map(({ inode }) => inode))
    for (const inode of this.#uses.keys()) if (!known.has(inode)) this.#uses.delete(inode)
  }
}
