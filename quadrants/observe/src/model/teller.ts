import { FlowEvent, Role } from '@quadrant/proto'
import { Protocol, RecordKind, SockWord, SOCK_WORDS } from '../kernel/record.ts'
import { recordOf, type Baseline } from './baseline.ts'
import type { CheckpointWriter } from './checkpoint.ts'
import type { ConnectionTable, ProcessIds } from './connection-table.ts'
import { EdgeSum, EdgeTrait, type EdgeTable } from './edge-table.ts'
import { FlowFlag, type FlowRow, type FlowRows } from './flow-rows.ts'
import { EPHEMERAL_PORTS, isEphemeral, type PortRange } from './port-range.ts'
import { guessedSide, isClientOf, provenSide, Side } from './roles.ts'
import { ProcessRank, SocketFlag } from './socket-columns.ts'
import type { Tally } from './tally.ts'
import { TupleSearch } from './tuple-index.ts'
import { write64 } from './word.ts'

/** A socket whose process or other end is not known yet is held back this long, so that it is told once. */
const SETTLE_NS = 300_000_000
/** Records of one opening, or of a close in good order, come one after another. */
const QUIET_NS = 5_000_000
/** RESET and DESTROY may follow another close, whose process may be preempted in between. */
const CLOSED_QUIET_NS = 50_000_000
/** UDP has no close: a peer that is silent for longer is not counted as active. */
const UDP_IDLE_NS = 10_000_000_000
/** Ends of one UDP flow are first seen within this. */
const SAME_FLOW_NS = 1_000_000_000
/** A pass misses a socket only if it lived this long before the pass began. */
const PASS_SLACK_NS = 10_000_000

export interface TellerOptions {
  readonly ephemeralPorts?: PortRange
}

export interface Window {
  /** ns, CLOCK_MONOTONIC. */
  readonly startNs: number
  readonly endNs: number
  /** Tell everything now, for there will be no other window. */
  readonly final?: boolean
}

/**
 * Tells, once a tick, what became of each socket since the tick before: counters to its edge, events to
 * the flow rows, and what was told to the checkpoint.
 */
export class Teller {
  readonly #table: ConnectionTable
  readonly #edges: EdgeTable
  readonly #rows: FlowRows
  readonly #checkpoint: CheckpointWriter
  readonly #tally: Tally
  readonly #processes: ProcessIds
  readonly #ephemeral: PortRange
  readonly #row: FlowRow = { event: 0, role: 0, ns: 0, counted: false, flags: 0, durationUs: 0 }
  /** Sockets told since the last tick. */
  #toldCount = 0
  #startNs = 0

  constructor(
    parts: {
      readonly table: ConnectionTable
      readonly edges: EdgeTable
      readonly rows: FlowRows
      readonly checkpoint: CheckpointWriter
      readonly tally: Tally
      readonly processes: ProcessIds
    },
    options: TellerOptions = {},
  ) {
    this.#table = parts.table
    this.#edges = parts.edges
    this.#rows = parts.rows
    this.#checkpoint = parts.checkpoint
    this.#tally = parts.tally
    this.#processes = parts.processes
    this.#ephemeral = options.ephemeralPorts ?? EPHEMERAL_PORTS
  }

  /** Looks for open sockets whose process nobody has told. To be asked after a pass, before {@link Teller.tell}. */
  wantsOwners(): boolean {
    const { flags, process, processRank, openNs, seenNs } = this.#table.columns
    for (let i = 0; i < this.#table.dirty.count; i++) {
      const slot = this.#table.dirty.at(i)
      if ((flags[slot]! & (SocketFlag.closed | SocketFlag.secondary)) === SocketFlag.closed) continue
      if (process[slot] === -1 && (flags[slot]! & SocketFlag.openRowTold) === 0) return true
      // The listener's process is only likely: ask once the connection has lived for a while.
      if (
        processRank[slot] === ProcessRank.listener &&
        openNs[slot] !== 0 &&
        seenNs[slot]! - openNs[slot]! > 1e9
      )
        return true
    }
    return false
  }

  /** TCP connections by namespace whose opening was held back: the kernel counted it, no edge was told. */
  readonly heldOpens = new Map<number, number>()

  /**
   * Tells connections that are over, between ticks. Their slots are used again at once, so that the same few stay in
   * the processor's cache however many connections come and go.
   */
  settle(startNs: number, nowNs: number): void {
    this.#startNs = startNs
    const { closing } = this.#table
    const { flags, peer, closedNs } = this.#table.columns
    for (let slot = closing.first(); slot !== -1; slot = closing.first()) {
      if ((flags[slot]! & SocketFlag.closed) !== 0 && nowNs - closedNs[slot]! < QUIET_NS) return
      closing.removeFirst()
      if (!this.#settleSocket(slot, nowNs)) continue
      // Its other end may have waited for this one.
      const other = peer[slot]!
      if (other !== -1) this.#settleSocket(other, nowNs)
    }
  }

  #settleSocket(slot: number, nowNs: number): boolean {
    const { flags, closedNs } = this.#table.columns
    const wanted = SocketFlag.closed | SocketFlag.orderly | SocketFlag.dirty
    if ((flags[slot]! & wanted) !== wanted || nowNs - closedNs[slot]! < QUIET_NS) return false
    if (!this.#isComplete(slot)) return false
    this.#table.dirty.remove(slot)
    this.#toldCount++
    this.#tellSocket(slot)
    return true
  }

  tell(window: Window): void {
    this.#startNs = window.startNs
    this.heldOpens.clear()
    this.#sweep(window.endNs)
    const table = this.#table
    const { flags } = table.columns
    const { slots, count } = table.dirty.takeAll()
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!
      flags[slot]! &= ~SocketFlag.dirty
      if (window.final !== true && !this.#isSettled(slot, window.endNs)) {
        table.dirty.add(slot)
        this.#countHeld(slot)
        continue
      }
      this.#toldCount++
      this.#tellSocket(slot)
    }
    const limited = this.#edges.takeLimitedCounts()
    this.#tally.stage('tracer.edges', this.#toldCount, this.#toldCount - limited.edges)
    this.#toldCount = 0
    this.#tally.drop('tracer.edges', 'edge-limit', limited.edges)
    this.#tally.drop('tracer.addresses', 'address-limit', limited.addresses)
    this.#tellMessages()
    const { seenCount, droppedCount } = this.#rows
    this.#tally.stage('agent.flow-cap', seenCount, seenCount - droppedCount)
    this.#tally.drop('agent.flow-cap', 'cap', droppedCount)
  }

  /** Tells of sockets that closed while no agent ran. Their last counters are not known. */
  tellLost(baselines: readonly Baseline[], startNs: number): void {
    let count = 0
    for (const baseline of baselines) {
      this.#checkpoint.forget(baseline.cookie, baseline.discriminator)
      // The kernel's table of UDP peers began empty: one that is silent is not known to be closed.
      if (baseline.protocol !== Protocol.tcp) continue
      count++
      if (!this.#rows.admit(true)) continue
      const words = recordOf(baseline)
      write64(words, SockWord.ts, startNs)
      this.#rows.addRecord(FlowEvent.LOST, words, 0, -1, startNs)
    }
    this.#tally.drop('tracer.away', 'closed-while-away', count)
  }

  /** Frees what is over, and closes what passes no longer find. */
  #sweep(nowNs: number): void {
    const table = this.#table
    const { flags, netns, protocol, seenNs } = table.columns
    let missed = 0
    for (let slot = 0; slot < table.highWater; slot++) {
      const bits = flags[slot]!
      if ((bits & SocketFlag.used) === 0) continue
      if ((bits & SocketFlag.closed) !== 0) {
        if ((bits & SocketFlag.dirty) === 0) this.#free(slot)
        continue
      }
      if ((bits & SocketFlag.udpPeer) !== 0 && nowNs - seenNs[slot]! > UDP_IDLE_NS) this.#rest(slot)
      const { previousNs } = table.namespaces.of(netns[slot]!, protocol[slot]!)
      if (previousNs === 0 || seenNs[slot]! >= previousNs - PASS_SLACK_NS) continue
      // Counted UDP peers are no rows of a pass; they close with their socket, or when the kernel forgets them.
      if ((bits & (SocketFlag.udpPeer | SocketFlag.messagesUnknown)) === SocketFlag.udpPeer) continue
      table.closeUnseen(slot, nowNs, SocketFlag.closeMissed)
      if ((bits & (SocketFlag.bytesUnknown | SocketFlag.listener)) === 0) missed++
    }
    this.#tally.drop('tracer.connections', 'close-missed', missed)
  }

  /** A silent UDP peer is not active, and its edge need not be kept. */
  #rest(slot: number): void {
    const { flags, edge } = this.#table.columns
    if ((flags[slot]! & SocketFlag.dirty) !== 0 || edge[slot] === -1) return
    if ((flags[slot]! & SocketFlag.activeCounted) !== 0) this.#edges.active[edge[slot]!]!--
    flags[slot]! &= ~SocketFlag.activeCounted
    this.#edges.release(edge[slot]!)
    edge[slot] = -1
  }

  #free(slot: number): void {
    const { edge } = this.#table.columns
    if (edge[slot] !== -1) this.#edges.release(edge[slot]!)
    this.#table.free(slot)
  }

  #isSettled(slot: number, nowNs: number): boolean {
    const columns = this.#table.columns
    const bits = columns.flags[slot]!
    const closed = (bits & SocketFlag.closed) !== 0
    if ((bits & SocketFlag.closeMissed) !== 0) return true
    if (!closed && (bits & SocketFlag.openRowTold) !== 0) return true
    if (!closed && (bits & SocketFlag.established) === 0) return (bits & SocketFlag.listener) !== 0
    const ageNs = nowNs - (closed ? columns.closedNs[slot]! : columns.openNs[slot]!)
    const quietNs = (bits & SocketFlag.orderly) !== 0 ? QUIET_NS : CLOSED_QUIET_NS
    if (closed && ageNs < quietNs) return false
    // A pass found it, and its other end with it.
    if ((bits & (SocketFlag.existing | SocketFlag.restored | SocketFlag.openMissed)) !== 0) return true
    if (ageNs > SETTLE_NS) return true
    return ageNs >= QUIET_NS && this.#isComplete(slot)
  }

  /** Both ends are known, and who they are. */
  #isComplete(slot: number): boolean {
    const columns = this.#table.columns
    this.#join(slot)
    return (
      (columns.flags[slot]! & SocketFlag.joined) !== 0 &&
      columns.processRank[slot]! > ProcessRank.listener &&
      columns.peerProcess[slot] !== -1
    )
  }

  #tellSocket(slot: number): void {
    const columns = this.#table.columns
    const { flags } = columns
    if ((flags[slot]! & SocketFlag.listener) !== 0) return this.#tellListener(slot)
    if ((flags[slot]! & SocketFlag.inTupleIndex) === 0 && (flags[slot]! & SocketFlag.closed) === 0) return
    const established = (flags[slot]! & SocketFlag.established) !== 0
    const closed = (flags[slot]! & SocketFlag.closed) !== 0
    if (!established && !(closed && (flags[slot]! & SocketFlag.active) !== 0)) return
    this.#join(slot)
    const isServer = this.#isServer(slot)
    this.#findProcess(slot, isServer)
    const edge = this.#edgeOf(slot, isServer)
    if (established) this.#tellOpen(slot, isServer, edge)
    this.#tellCounters(slot, isServer, edge)
    if (closed) this.#tellClose(slot, isServer, edge)
    if (closed) this.#checkpoint.gone(columns, slot)
    else this.#checkpoint.told(columns, slot)
    if (closed) this.#freePair(slot)
  }

  #countHeld(slot: number): void {
    const { flags, netns, protocol } = this.#table.columns
    if (protocol[slot] !== Protocol.tcp || (flags[slot]! & (SocketFlag.openTold | SocketFlag.listener)) !== 0)
      return
    this.heldOpens.set(netns[slot]!, (this.heldOpens.get(netns[slot]!) ?? 0) + 1)
  }

  /** Both ends of a joined connection are given back as soon as both are told. */
  #freePair(slot: number): void {
    const { flags, peer } = this.#table.columns
    const other = peer[slot]!
    if (other === -1 || (flags[other]! & SocketFlag.closeTold) === 0) return
    if (((flags[other]! | flags[slot]!) & SocketFlag.dirty) !== 0) return
    this.#free(slot)
    this.#free(other)
  }

  #tellOpen(slot: number, isServer: boolean, edge: number): void {
    const columns = this.#table.columns
    const { flags, openNs, establishedNs } = columns
    const bits = flags[slot]!
    if ((bits & SocketFlag.secondary) === 0) {
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
      if ((bits & (SocketFlag.closed | SocketFlag.activeCounted)) === 0) {
        flags[slot]! |= SocketFlag.activeCounted
        this.#edges.active[edge]!++
      }
    }
    if ((bits & SocketFlag.openRowTold) !== 0) return
    flags[slot]! |= SocketFlag.openRowTold
    const existing = (bits & SocketFlag.existing) !== 0
    const event = existing ? FlowEvent.EXISTING : isServer ? FlowEvent.ACCEPT : FlowEvent.CONNECT
    const ns = existing ? this.#startNs : establishedNs[slot] || openNs[slot] || columns.seenNs[slot]!
    this.#addRow(slot, event, ns, existing, false)
  }

  #tellCounters(slot: number, isServer: boolean, edge: number): void {
    const columns = this.#table.columns
    const edges = this.#edges
    const bits = columns.flags[slot]!
    const retransmits = columns.retransmits[slot]! - columns.toldRetransmits[slot]!
    if (retransmits > 0) edges.add(edge, EdgeSum.retransmits, retransmits)
    if ((bits & SocketFlag.secondary) === 0) {
      const udp = columns.protocol[slot] === Protocol.udp
      const out = udp ? EdgeSum.messagesToServer : EdgeSum.segmentsToServer
      const back = udp ? EdgeSum.messagesToClient : EdgeSum.segmentsToClient
      addDelta(
        edges,
        edge,
        isServer ? EdgeSum.bytesToClient : EdgeSum.bytesToServer,
        columns.sent,
        columns.toldSent,
        slot,
      )
      addDelta(
        edges,
        edge,
        isServer ? EdgeSum.bytesToServer : EdgeSum.bytesToClient,
        columns.received,
        columns.toldReceived,
        slot,
      )
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

  #tellClose(slot: number, isServer: boolean, edge: number): void {
    const columns = this.#table.columns
    const { flags } = columns
    const bits = flags[slot]!
    if ((bits & SocketFlag.closeTold) !== 0) return
    flags[slot]! |= SocketFlag.closeTold
    if ((bits & SocketFlag.activeCounted) !== 0) {
      flags[slot]! &= ~SocketFlag.activeCounted
      this.#edges.active[edge]!--
    }
    const established = (bits & SocketFlag.established) !== 0
    const reset = (bits & (SocketFlag.resetSent | SocketFlag.resetReceived)) !== 0
    if (!established) {
      this.#edges.add(edge, EdgeSum.failed, 1)
      if (columns.error[slot] !== 0) this.#edges.set(edge, EdgeSum.lastErrno, columns.error[slot]!)
    } else if ((bits & (SocketFlag.secondary | SocketFlag.released)) === 0) {
      this.#edges.add(edge, EdgeSum.closed, 1)
      if (reset) this.#edges.add(edge, EdgeSum.reset, 1)
    }
    const lost = (bits & SocketFlag.closeMissed) !== 0 && (bits & SocketFlag.bytesUnknown) === 0
    const event = !established
      ? FlowEvent.FAIL
      : lost
        ? FlowEvent.LOST
        : reset
          ? FlowEvent.RESET
          : FlowEvent.CLOSE
    this.#addRow(slot, event, columns.closedNs[slot]!, true, event !== FlowEvent.CLOSE)
  }

  #tellListener(slot: number): void {
    const columns = this.#table.columns
    const bits = columns.flags[slot]!
    if ((bits & SocketFlag.openRowTold) !== 0) return
    columns.flags[slot]! |= SocketFlag.openRowTold
    // Every UDP client is bound to some port; a chosen one is worth a row.
    if (columns.protocol[slot] === Protocol.udp && isEphemeral(columns.localPort[slot]!, this.#ephemeral))
      return
    const existing = (bits & SocketFlag.existing) !== 0
    this.#addRow(slot, FlowEvent.LISTEN, existing ? this.#startNs : columns.seenNs[slot]!, false, false)
  }

  /** Finds the other end on this host, and decides both roles at once. */
  #join(slot: number): void {
    const table = this.#table
    const { flags, peer, peerProcess, process } = table.columns
    if ((flags[slot]! & (SocketFlag.joined | SocketFlag.inTupleIndex)) !== SocketFlag.inTupleIndex) return
    const other = table.tuples.findOtherEnd(slot)
    if (other < 0) {
      if (other === TupleSearch.ambiguous && (flags[slot]! & SocketFlag.ambiguous) === 0) {
        flags[slot]! |= SocketFlag.ambiguous
        this.#tally.drop('tracer.join', 'ambiguous', 1)
      }
      return
    }
    // What looks like our other end may have a better one, or two.
    if (table.tuples.findOtherEnd(other) !== slot) return
    const { client, guessed } = isClientOf(table, slot, other, this.#ephemeral)
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

  /** What the server's end told before the join is not told again by the client's. */
  #mergeTold(client: number, server: number): void {
    const columns = this.#table.columns
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
    for (const slot of [client, server])
      if ((flags[slot]! & SocketFlag.closed) === 0) this.#checkpoint.told(columns, slot)
    if ((flags[server]! & SocketFlag.activeCounted) === 0) return
    flags[server]! &= ~SocketFlag.activeCounted
    this.#edges.active[columns.edge[server]!]!--
  }

  #setSide(slot: number, server: boolean, guessed: boolean): void {
    const { flags } = this.#table.columns
    flags[slot]! &= ~(SocketFlag.server | SocketFlag.roleGuessed)
    flags[slot]! |=
      SocketFlag.roleKnown | (server ? SocketFlag.server : 0) | (guessed ? SocketFlag.roleGuessed : 0)
  }

  #isServer(slot: number): boolean {
    const { flags, localPort, remotePort } = this.#table.columns
    if ((flags[slot]! & SocketFlag.roleKnown) === 0) {
      let side = provenSide(this.#table, slot, this.#ephemeral)
      const guessed = side === Side.unknown
      if (guessed) side = guessedSide(localPort[slot]!, remotePort[slot]!, this.#ephemeral)
      this.#setSide(slot, side === Side.server, guessed)
    }
    return (flags[slot]! & SocketFlag.server) !== 0
  }

  /** The owner of the listening socket serves, until it is known better. */
  #findProcess(slot: number, isServer: boolean): void {
    const { process, netns, protocol, localPort } = this.#table.columns
    if (process[slot] !== -1 || !isServer) return
    const listeners = this.#table.listeners.at(netns[slot]!, protocol[slot]!, localPort[slot]!)
    if (!listeners) return
    let only = -1
    for (const listener of listeners) {
      const holder = process[listener]!
      if (holder === -1) continue
      if (only !== -1 && only !== holder) return
      only = holder
    }
    if (only !== -1) this.#table.setProcess(slot, only, ProcessRank.listener)
  }

  #edgeOf(slot: number, isServer: boolean): number {
    const columns = this.#table.columns
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

  #addRow(slot: number, event: number, ns: number, counted: boolean, rare: boolean): void {
    if (!this.#rows.admit(rare)) return
    const columns = this.#table.columns
    const bits = columns.flags[slot]!
    const row = this.#row
    row.event = event
    row.ns = ns
    row.counted = counted
    row.role = (bits & SocketFlag.server) !== 0 || event === FlowEvent.LISTEN ? Role.SERVER : Role.CLIENT
    row.flags =
      ((bits & (SocketFlag.joined | SocketFlag.released)) !== 0 ? FlowFlag.joined : 0) |
      ((bits & SocketFlag.bytesUnknown) !== 0 ? FlowFlag.bytesUnknown : 0) |
      (event === FlowEvent.RESET && (bits & SocketFlag.resetSent) !== 0 ? FlowFlag.resetSent : 0) |
      ((bits & SocketFlag.roleGuessed) !== 0 ? FlowFlag.roleGuessed : 0)
    row.durationUs =
      columns.openNs[slot] === 0 ? 0 : Math.max(0, Math.round((ns - columns.openNs[slot]!) / 1000))
    this.#rows.addSocket(row, columns, slot, this.#startNs)
  }

  /** Send and receive records become rows as they are. */
  #tellMessages(): void {
    const { messages } = this.#table
    const { words } = messages
    for (let i = 0; i < messages.count; i++) {
      if (!this.#rows.admit(false)) continue
      const at = i * SOCK_WORDS
      const event = (words[at]! & 0xff) === RecordKind.send ? FlowEvent.SEND : FlowEvent.RECEIVE
      this.#rows.addRecord(event, words, at, this.#processes.ofRecord(words, at), this.#startNs)
    }
    messages.clear()
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

function raise(column: Float64Array, slot: number, value: number): void {
  if (column[slot]! < value) column[slot] = value
}
