import { Protocol } from '../kernel/record.ts'
import { EdgeSum, EdgeTrait, type EdgeTable } from './edge-table.ts'
import { SocketFlag, type SocketColumns } from './socket-columns.ts'
import type { SocketEdges } from './socket-edges.ts'

/** Tells edges what is new of their sockets: openings, closes, and what counters went on by. Each is told once. */
export class SocketDeltas {
  readonly #columns: SocketColumns
  readonly #edges: EdgeTable
  readonly #socketEdges: SocketEdges

  constructor(columns: SocketColumns, edges: EdgeTable, socketEdges: SocketEdges) {
    this.#columns = columns
    this.#edges = edges
    this.#socketEdges = socketEdges
  }

  tellOpen(slot: number, isServer: boolean, edge: number): void {
    const { flags, openNs, establishedNs } = this.#columns
    const bits = flags[slot]!
    if ((bits & SocketFlag.secondary) !== 0) return
    if ((bits & SocketFlag.openTold) === 0) {
      flags[slot]! |= SocketFlag.openTold
      this.#edges.add(edge, EdgeSum.opened, 1)
      // Without the record of the SYN both are the same.
      if (!isServer && openNs[slot] !== 0 && establishedNs[slot]! > openNs[slot]!) {
        const us = (establishedNs[slot]! - openNs[slot]!) / 1000
        this.#edges.add(edge, EdgeSum.connectUsSum, us)
        this.#edges.add(edge, EdgeSum.connectSamples, 1)
        this.#edges.max(edge, EdgeSum.connectUsMax, us)
      }
    }
    if ((bits & SocketFlag.closed) === 0) this.#socketEdges.countActive(slot)
  }

  /** What its counters went on by. */
  tellCounters(slot: number, isServer: boolean, edge: number): void {
    const columns = this.#columns
    const edges = this.#edges
    const bits = columns.flags[slot]!
    const retransmits = columns.retransmits[slot]! - columns.toldRetransmits[slot]!
    if (retransmits > 0) edges.add(edge, EdgeSum.retransmits, retransmits)
    if ((bits & SocketFlag.secondary) === 0) {
      const udp = columns.protocol[slot] === Protocol.udp
      const out = udp ? EdgeSum.messagesToServer : EdgeSum.segmentsToServer
      const back = udp ? EdgeSum.messagesToClient : EdgeSum.segmentsToClient
      const sent = isServer ? EdgeSum.bytesToClient : EdgeSum.bytesToServer
      const received = isServer ? EdgeSum.bytesToServer : EdgeSum.bytesToClient
      addDelta(edges, edge, sent, columns.sent, columns.toldSent, slot)
      addDelta(edges, edge, received, columns.received, columns.toldReceived, slot)
      addDelta(edges, edge, isServer ? back : out, columns.segmentsOut, columns.toldSegmentsOut, slot)
      addDelta(edges, edge, isServer ? out : back, columns.segmentsIn, columns.toldSegmentsIn, slot)
      const rttUs = columns.rttUs[slot]!
      if ((bits & SocketFlag.rttFresh) !== 0) {
        edges.add(edge, EdgeSum.srttUsSum, rttUs)
        edges.add(edge, EdgeSum.srttSamples, 1)
        edges.max(edge, EdgeSum.srttUsMax, rttUs)
      }
    }
    let traits: number = isServer ? EdgeTrait.serverObserved : EdgeTrait.clientObserved
    if ((bits & SocketFlag.joined) !== 0) traits = EdgeTrait.serverObserved | EdgeTrait.clientObserved
    if ((bits & SocketFlag.bytesUnknown) !== 0) traits |= EdgeTrait.bytesUnknown
    edges.traits[edge]! |= traits
    columns.flags[slot]! &= ~SocketFlag.rttFresh
    columns.toldSent[slot] = columns.sent[slot]!
    columns.toldReceived[slot] = columns.received[slot]!
    columns.toldSegmentsOut[slot] = columns.segmentsOut[slot]!
    columns.toldSegmentsIn[slot] = columns.segmentsIn[slot]!
    columns.toldRetransmits[slot] = columns.retransmits[slot]!
  }

  tellClose(slot: number, edge: number): void {
    const { flags, error } = this.#columns
    const bits = flags[slot]!
    this.#socketEdges.uncountActive(slot)
    if ((bits & SocketFlag.established) === 0) {
      this.#edges.add(edge, EdgeSum.failed, 1)
      if (error[slot] !== 0) this.#edges.set(edge, EdgeSum.lastErrno, error[slot]!)
    } else if ((bits & (SocketFlag.secondary | SocketFlag.released)) === 0) {
      this.#edges.add(edge, EdgeSum.closed, 1)
      if ((bits & (SocketFlag.resetSent | SocketFlag.resetReceived)) !== 0)
        this.#edges.add(edge, EdgeSum.reset, 1)
    }
  }
}

function addDelta(
  edges: EdgeTable,
  edge: number,
  sum: number,
  now: Float64Array,
  told: Float64Array,
  slot: number,
): void {
  const delta = now[slot]! - told[slot]!
  if (delta > 0) edges.add(edge, sum, delta)
}
