import { SocketFlag } from './socket-columns.ts'
import type { SocketEdges } from './socket-edges.ts'
import type { SocketTable } from './socket-table.ts'
import type { Tally } from './tally.ts'

/** UDP has no close: a peer that is silent for longer is not counted as active. */
const UDP_IDLE_NS = 10_000_000_000
/** A pass misses a socket only if it lived this long before the pass began. */
const PASS_SLACK_NS = 10_000_000

/** Gives back the slots of sockets that are over, and finds those that ended without a word. */
export class SocketSweep {
  readonly #sockets: SocketTable
  readonly #edges: SocketEdges
  readonly #tally: Tally

  constructor(sockets: SocketTable, edges: SocketEdges, tally: Tally) {
    this.#sockets = sockets
    this.#edges = edges
    this.#tally = tally
  }

  /** Frees what is over and told, and closes what two passes did not find. */
  run(nowNs: number): void {
    const sockets = this.#sockets
    const { flags, netns, protocol, seenNs } = sockets.columns
    let missed = 0
    for (let slot = 0; slot < sockets.highWater; slot++) {
      const bits = flags[slot]!
      if ((bits & SocketFlag.used) === 0) continue
      if ((bits & SocketFlag.closed) !== 0) {
        if ((bits & SocketFlag.dirty) === 0) this.#free(slot)
        continue
      }
      if ((bits & SocketFlag.udpPeer) !== 0 && nowNs - seenNs[slot]! > UDP_IDLE_NS) this.#rest(slot)
      const { previousNs } = sockets.namespaces.of(netns[slot]!, protocol[slot]!)
      if (previousNs === 0 || seenNs[slot]! >= previousNs - PASS_SLACK_NS) continue
      // Counted UDP peers are no rows of a pass; they close with their socket, or when the kernel forgets them.
      if ((bits & (SocketFlag.udpPeer | SocketFlag.messagesUnknown)) === SocketFlag.udpPeer) continue
      sockets.closeUnseen(slot, nowNs, SocketFlag.closeMissed)
      if ((bits & (SocketFlag.bytesUnknown | SocketFlag.listener)) === 0) missed++
    }
    this.#tally.drop('tracer.connections', 'close-missed', missed)
  }

  /** Both ends of a joined connection are given back as soon as both are told. */
  freePair(slot: number): void {
    const { flags, peer } = this.#sockets.columns
    const other = peer[slot]!
    if (other === -1 || (flags[other]! & SocketFlag.closeTold) === 0) return
    if (((flags[other]! | flags[slot]!) & SocketFlag.dirty) !== 0) return
    this.#free(slot)
    this.#free(other)
  }

  /** A silent UDP peer is not active, and its edge need not be kept. */
  #rest(slot: number): void {
    const { flags, edge } = this.#sockets.columns
    if ((flags[slot]! & SocketFlag.dirty) !== 0 || edge[slot] === -1) return
    this.#edges.uncountActive(slot)
    this.#edges.release(slot)
  }

  #free(slot: number): void {
    this.#edges.release(slot)
    this.#sockets.free(slot)
  }
}
