import type { EdgeTable } from './edge-table.ts'
import { SocketFlag, type SocketColumns } from './socket-columns.ts'

/** Which edge each socket is told to, and whether it is counted there as active. */
export class SocketEdges {
  readonly #columns: SocketColumns
  readonly #edges: EdgeTable

  constructor(columns: SocketColumns, edges: EdgeTable) {
    this.#columns = columns
    this.#edges = edges
  }

  /** The edge of a socket; chosen anew when an end got a process, or a place below the limit may be free. */
  of(slot: number, isServer: boolean): number {
    const columns = this.#columns
    const { flags, edge, process, peerProcess, family } = columns
    const before = edge[slot]!
    const isStale = (flags[slot]! & SocketFlag.edgeStale) !== 0
    if (before !== -1 && !isStale && !this.#edges.isOther(before)) return before
    flags[slot]! &= ~SocketFlag.edgeStale
    const near =
      process[slot] === -1 ? this.#edges.addressEnd(family[slot]!, columns.local, slot * 4) : process[slot]!
    const far =
      peerProcess[slot] === -1
        ? this.#edges.addressEnd(family[slot]!, columns.remote, slot * 4)
        : peerProcess[slot]!
    const port = isServer ? columns.localPort[slot]! : columns.remotePort[slot]!
    const now = isServer
      ? this.#edges.open(far, near, columns.protocol[slot]!, port)
      : this.#edges.open(near, far, columns.protocol[slot]!, port)
    if (now === before) return now
    this.#edges.hold(now)
    edge[slot] = now
    if (before !== -1) {
      this.#edges.release(before)
      if ((flags[slot]! & SocketFlag.activeCounted) !== 0) {
        this.#edges.active[before]!--
        this.#edges.active[now]!++
      }
    }
    return now
  }

  /** Counts a socket among its edge's active connections, once. */
  countActive(slot: number): void {
    const { flags, edge } = this.#columns
    if ((flags[slot]! & SocketFlag.activeCounted) !== 0) return
    flags[slot]! |= SocketFlag.activeCounted
    this.#edges.active[edge[slot]!]!++
  }

  uncountActive(slot: number): void {
    const { flags, edge } = this.#columns
    if ((flags[slot]! & SocketFlag.activeCounted) === 0) return
    flags[slot]! &= ~SocketFlag.activeCounted
    this.#edges.active[edge[slot]!]!--
  }

  /** A socket needs its edge no longer. */
  release(slot: number): void {
    const { edge } = this.#columns
    if (edge[slot] === -1) return
    this.#edges.release(edge[slot]!)
    edge[slot] = -1
  }
}
