import { FlowEvent, Role } from '@quadrant/proto'
import { Protocol, RecordKind, SOCK_WORDS, SockWord } from '../kernel/record.ts'
import { recordOf, type Baseline } from './baseline.ts'
import type { CheckpointWriter } from './checkpoint.ts'
import type { EdgeTable } from './edge-table.ts'
import type { FlowRow, FlowRows } from './flow-rows.ts'
import type { MessageLog } from './message-log.ts'
import type { ProcessIds } from './process-ids.ts'
import { EPHEMERAL_PORTS, type PortRange } from './port-range.ts'
import { Settlement } from './settlement.ts'
import { ProcessRank, SocketFlag } from './socket-columns.ts'
import { SocketDeltas } from './socket-deltas.ts'
import { SocketEdges } from './socket-edges.ts'
import { SocketPairs } from './socket-pairs.ts'
import { SocketRows } from './socket-rows.ts'
import { SocketSweep } from './socket-sweep.ts'
import type { SocketTable } from './socket-table.ts'
import type { Tally } from './tally.ts'
import { read64, write64 } from '../kernel/word.ts'

/** The listener's process is only likely to serve a connection: ask who does once it has lived for so long. */
const LIKELY_OWNER_NS = 1_000_000_000

/** Nothing is left to tell of the opening. */
const OPENING_TOLD = SocketFlag.openTold | SocketFlag.openRowTold | SocketFlag.activeCounted

export interface TellerOptions {
  /** Default {@link EPHEMERAL_PORTS}. */
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
  readonly #sockets: SocketTable
  readonly #messages: MessageLog
  readonly #edges: EdgeTable
  readonly #rows: FlowRows
  readonly #checkpoint: CheckpointWriter
  readonly #tally: Tally
  readonly #processes: ProcessIds
  readonly #socketEdges: SocketEdges
  readonly #pairs: SocketPairs
  readonly #settlement: Settlement
  readonly #deltas: SocketDeltas
  readonly #socketRows: SocketRows
  readonly #sweep: SocketSweep
  /** TCP connections by namespace whose opening was held back: the kernel counted it, no edge was told. */
  readonly heldOpens = new Map<number, number>()
  readonly #recordRow: FlowRow = {
    event: 0,
    role: Role.UNSPECIFIED,
    ns: 0,
    counted: true,
    flags: 0,
    durationUs: 0,
  }
  /** Sockets told since the last tick. */
  #toldCount = 0

  constructor(
    parts: {
      readonly sockets: SocketTable
      readonly messages: MessageLog
      readonly edges: EdgeTable
      readonly rows: FlowRows
      readonly checkpoint: CheckpointWriter
      readonly tally: Tally
      readonly processes: ProcessIds
    },
    options: TellerOptions = {},
  ) {
    const { sockets, messages, edges, rows, checkpoint, tally, processes } = parts
    const { columns } = sockets
    const ephemeral = options.ephemeralPorts ?? EPHEMERAL_PORTS
    this.#sockets = sockets
    this.#messages = messages
    this.#edges = edges
    this.#rows = rows
    this.#checkpoint = checkpoint
    this.#tally = tally
    this.#processes = processes
    this.#socketEdges = new SocketEdges(columns, edges)
    this.#pairs = new SocketPairs({ sockets, edges: this.#socketEdges, checkpoint, tally }, ephemeral)
    this.#settlement = new Settlement(columns, this.#pairs)
    this.#deltas = new SocketDeltas(columns, edges, this.#socketEdges)
    this.#socketRows = new SocketRows(columns, rows, ephemeral)
    this.#sweep = new SocketSweep(sockets, this.#socketEdges, tally)
  }

  /** Whether some open sockets' process is not told. To be asked after a pass, before {@link Teller.tell}. */
  wantsOwners(): boolean {
    const { flags, process, processRank, openNs, seenNs } = this.#sockets.columns
    const { dirty } = this.#sockets
    for (let i = 0; i < dirty.count; i++) {
      const slot = dirty.at(i)
      if ((flags[slot]! & (SocketFlag.closed | SocketFlag.secondary)) === SocketFlag.closed) continue
      if (process[slot] === -1 && (flags[slot]! & SocketFlag.openRowTold) === 0) return true
      if (
        processRank[slot] === ProcessRank.listener &&
        openNs[slot] !== 0 &&
        seenNs[slot]! - openNs[slot]! > LIKELY_OWNER_NS
      )
        return true
    }
    return false
  }

  /**
   * Tells connections that are over, between ticks. Their slots are used again at once, so that the same few stay in
   * the processor's cache however many connections come and go.
   */
  settle(startNs: number, nowNs: number): void {
    this.#socketRows.startNs = startNs
    const { closing, columns } = this.#sockets
    for (let slot = closing.first(); slot !== -1; slot = closing.first()) {
      if (this.#settlement.isJustClosed(slot, nowNs)) return
      closing.removeFirst()
      if (!this.#settleSocket(slot, nowNs)) continue
      // Its other end may have waited for this one.
      const other = columns.peer[slot]!
      if (other !== -1) this.#settleSocket(other, nowNs)
    }
  }

  /** Ends a window: tells every socket with news of which enough is known. */
  tell(window: Window): void {
    this.#socketRows.startNs = window.startNs
    this.heldOpens.clear()
    this.#sweep.run(window.endNs)
    const { dirty, columns } = this.#sockets
    const { slots, count } = dirty.takeAll()
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!
      columns.flags[slot]! &= ~SocketFlag.dirty
      if (window.final !== true && !this.#settlement.isSettled(slot, window.endNs)) {
        dirty.add(slot)
        this.#countHeld(slot)
        continue
      }
      this.#toldCount++
      this.#tellSocket(slot)
    }
    this.#tellMessages(window.startNs)
    this.#tallyLimits()
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
      this.#addRecord(FlowEvent.LOST, words, 0, -1, startNs)
    }
    this.#tally.drop('tracer.away', 'closed-while-away', count)
  }

  #settleSocket(slot: number, nowNs: number): boolean {
    if (!this.#settlement.isOver(slot, nowNs)) return false
    this.#sockets.dirty.remove(slot)
    this.#toldCount++
    this.#tellSocket(slot)
    return true
  }

  #tellSocket(slot: number): void {
    const { columns } = this.#sockets
    const bits = columns.flags[slot]!
    if ((bits & SocketFlag.listener) !== 0) return this.#socketRows.tellListener(slot)
    const closed = (bits & SocketFlag.closed) !== 0
    if ((bits & SocketFlag.inTupleIndex) === 0 && !closed) return
    const established = (bits & SocketFlag.established) !== 0
    if (!established && !(closed && (bits & SocketFlag.active) !== 0)) return
    this.#pairs.join(slot)
    const isServer = this.#pairs.isServer(slot)
    if (isServer) this.#sockets.assumeListener(slot)
    const edge = this.#socketEdges.of(slot, isServer)
    // Most sockets opened long ago.
    if (established && (columns.flags[slot]! & OPENING_TOLD) !== OPENING_TOLD) {
      this.#deltas.tellOpen(slot, isServer, edge)
      this.#socketRows.tellOpen(slot, isServer)
    }
    this.#deltas.tellCounters(slot, isServer, edge)
    if (closed) this.#tellClose(slot, edge)
    else this.#checkpoint.told(columns, slot)
  }

  #tellClose(slot: number, edge: number): void {
    const { columns } = this.#sockets
    if ((columns.flags[slot]! & SocketFlag.closeTold) === 0) {
      columns.flags[slot]! |= SocketFlag.closeTold
      this.#deltas.tellClose(slot, edge)
      this.#socketRows.tellClose(slot)
    }
    this.#checkpoint.gone(columns, slot)
    this.#sweep.freePair(slot)
  }

  #countHeld(slot: number): void {
    const { flags, netns, protocol } = this.#sockets.columns
    if (protocol[slot] !== Protocol.tcp || (flags[slot]! & (SocketFlag.openTold | SocketFlag.listener)) !== 0)
      return
    this.heldOpens.set(netns[slot]!, (this.heldOpens.get(netns[slot]!) ?? 0) + 1)
  }

  /** Send and receive records become rows as they are. */
  #tellMessages(startNs: number): void {
    const messages = this.#messages
    const { words } = messages
    for (let i = 0; i < messages.count; i++) {
      if (!this.#rows.admit(false)) continue
      const at = i * SOCK_WORDS
      const event = (words[at]! & 0xff) === RecordKind.send ? FlowEvent.SEND : FlowEvent.RECEIVE
      this.#addRecord(event, words, at, this.#processes.ofRecord(words, at), startNs)
    }
    messages.clear()
  }

  /** The row of a record that no socket of the table stands for. */
  #addRecord(event: number, words: Uint32Array, at: number, process: number, startNs: number): void {
    this.#recordRow.event = event
    this.#recordRow.ns = read64(words, at + SockWord.ts)
    this.#rows.addRecord(this.#recordRow, words, at, process, -1, startNs)
  }

  #tallyLimits(): void {
    const limited = this.#edges.takeLimitedCounts()
    this.#tally.stage('tracer.edges', this.#toldCount, this.#toldCount - limited.edges)
    this.#toldCount = 0
    this.#tally.drop('tracer.edges', 'edge-limit', limited.edges)
    this.#tally.drop('tracer.addresses', 'address-limit', limited.addresses)
    const { seenCount, droppedCount } = this.#rows
    this.#tally.stage('agent.flow-cap', seenCount, seenCount - droppedCount)
    this.#tally.drop('agent.flow-cap', 'cap', droppedCount)
  }
}
