import { Protocol } from '../kernel/record.ts'
import type { CheckpointWriter } from './checkpoint.ts'
import type { PortRange } from './port-range.ts'
import { guessedSide, PairRole, pairRole, provenSide, Side } from './roles.ts'
import { SocketFlag } from './socket-columns.ts'
import type { SocketEdges } from './socket-edges.ts'
import type { SocketTable } from './socket-table.ts'
import type { Tally } from './tally.ts'
import { TupleSearch } from './tuple-index.ts'

/** Ends of one UDP flow are first seen within this. */
const SAME_FLOW_NS = 1_000_000_000

/** Joins the two ends of a connection within this host, and decides which end a socket is. */
export class SocketPairs {
  readonly #sockets: SocketTable
  readonly #edges: SocketEdges
  readonly #checkpoint: CheckpointWriter
  readonly #tally: Tally
  readonly #ephemeral: PortRange

  constructor(
    parts: {
      readonly sockets: SocketTable
      readonly edges: SocketEdges
      readonly checkpoint: CheckpointWriter
      readonly tally: Tally
    },
    ephemeral: PortRange,
  ) {
    this.#sockets = parts.sockets
    this.#edges = parts.edges
    this.#checkpoint = parts.checkpoint
    this.#tally = parts.tally
    this.#ephemeral = ephemeral
  }

  /** Finds the other end on this host, and decides both roles at once. */
  join(slot: number): void {
    const { columns, tuples } = this.#sockets
    const { flags, peer, peerProcess, process } = columns
    if ((flags[slot]! & (SocketFlag.joined | SocketFlag.inTupleIndex)) !== SocketFlag.inTupleIndex) return
    const other = tuples.findOtherEnd(slot)
    if (other < 0) {
      if (other === TupleSearch.ambiguous && (flags[slot]! & SocketFlag.ambiguous) === 0) {
        flags[slot]! |= SocketFlag.ambiguous
        this.#tally.drop('tracer.join', 'ambiguous', 1)
      }
      return
    }
    // What looks like our other end may have a better one, or two.
    if (tuples.findOtherEnd(other) !== slot) return
    const role = pairRole(this.#sockets, slot, other, this.#ephemeral)
    const client = (role & PairRole.client) !== 0
    const guessed = (role & PairRole.guessed) !== 0
    if (peer[other] !== -1) peer[peer[other]!] = -1
    peer[slot] = other
    peer[other] = slot
    peerProcess[slot] = process[other]!
    peerProcess[other] = process[slot]!
    this.#setSide(slot, !client, guessed)
    this.#setSide(other, client, guessed)
    flags[slot]! |= SocketFlag.joined | SocketFlag.edgeStale
    flags[other]! |= SocketFlag.joined | SocketFlag.edgeStale
    this.#mergeTold(client ? slot : other, client ? other : slot)
  }

  /** Whether a socket is the server's end: decided once, by evidence or else by its ports. */
  isServer(slot: number): boolean {
    const { flags, localPort, remotePort } = this.#sockets.columns
    if ((flags[slot]! & SocketFlag.roleKnown) === 0) {
      let side = provenSide(this.#sockets, slot, this.#ephemeral)
      const guessed = side === Side.unknown
      if (guessed) side = guessedSide(localPort[slot]!, remotePort[slot]!, this.#ephemeral)
      this.#setSide(slot, side === Side.server, guessed)
    }
    return (flags[slot]! & SocketFlag.server) !== 0
  }

  /** What the server's end told before the join is not told again by the client's. */
  #mergeTold(client: number, server: number): void {
    const columns = this.#sockets.columns
    const { flags } = columns
    // Joined under the agent before already: its counters were taken note of since, not told.
    if ((flags[server]! & SocketFlag.secondary) !== 0) return
    const tcp = columns.protocol[server] === Protocol.tcp
    // A UDP server's end may have told of other clients before.
    if (tcp || columns.openNs[client]! - columns.openNs[server]! < SAME_FLOW_NS) {
      if ((flags[server]! & SocketFlag.openTold) !== 0) flags[client]! |= SocketFlag.openTold
      raise(columns.toldSent, client, columns.toldReceived[server]!)
      raise(columns.toldReceived, client, columns.toldSent[server]!)
      if (tcp) raise(columns.sent, client, columns.toldSent[client]!)
      if (tcp) raise(columns.received, client, columns.toldReceived[client]!)
    }
    flags[server]! |= SocketFlag.secondary
    // Now, not when they have news: the next agent must not find one of them as it was before.
    if ((flags[client]! & SocketFlag.closed) === 0) this.#checkpoint.told(columns, client)
    if ((flags[server]! & SocketFlag.closed) === 0) this.#checkpoint.told(columns, server)
    this.#edges.uncountActive(server)
  }

  #setSide(slot: number, server: boolean, guessed: boolean): void {
    const { flags } = this.#sockets.columns
    flags[slot]! &= ~(SocketFlag.server | SocketFlag.roleGuessed)
    flags[slot]! |=
      SocketFlag.roleKnown | (server ? SocketFlag.server : 0) | (guessed ? SocketFlag.roleGuessed : 0)
  }
}

function raise(column: Float64Array, slot: number, value: number): void {
  if (column[slot]! < value) column[slot] = value
}
