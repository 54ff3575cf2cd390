import type { FlowColumns } from '@quadrant/proto'
import { SockWord } from '../kernel/record.ts'
import { AddressTable } from './address-table.ts'
import { cookieOf, type SocketColumns } from './socket-columns.ts'
import { read64 } from '../kernel/word.ts'

/** Most rows a batch. */
export const FLOW_CAP = 5_000
/** This part of the cap is only for rows that somebody will look for: failures, resets, losses. */
const RARE_SHARE = 0.2

/** Bits of FlowColumns.flags. */
export const FlowFlag = { joined: 1, bytesUnknown: 2, resetSent: 4, roleGuessed: 8 } as const

/** What a row has beside the socket's own columns. */
export interface FlowRow {
  event: number
  role: number
  ns: number
  /** Counters and the error are told; else they are 0: an opening has none, also where it is told at the end. */
  counted: boolean
  flags: number
  durationUs: number
}

/** Rows of single sockets' events in this window, one plain array a column, up to a cap. */
export class FlowRows {
  columns = emptyColumns()
  readonly addresses: AddressTable
  #cap: number
  #seenCount = 0
  #droppedCount = 0
  readonly #processIndex = new Map<number, number>()

  constructor(cap: number = FLOW_CAP) {
    this.#cap = cap
    this.addresses = new AddressTable(cap * 2)
  }

  /** Changes the cap from the next row on; at most what the table was made for. */
  limit(cap: number): void {
    this.#cap = Math.min(cap, this.addresses.limit / 2)
  }

  get seenCount(): number {
    return this.#seenCount
  }

  /** Those that were not admitted. */
  get droppedCount(): number {
    return this.#droppedCount
  }

  /** Process ids in the order of their index. */
  processIds(): Iterable<number> {
    return this.#processIndex.keys()
  }

  /** Whether a row may be added; counts it as seen, and as dropped if not. `rare` rows have a share of the cap for themselves. */
  admit(rare: boolean): boolean {
    this.#seenCount++
    const cap = rare ? this.#cap : this.#cap * (1 - RARE_SHARE)
    if (this.columns.count < cap) return true
    this.#droppedCount++
    return false
  }

  /** Adds the row of a socket. Call {@link FlowRows.admit} before. */
  addSocket(row: FlowRow, sockets: SocketColumns, slot: number, startNs: number): void {
    const to = this.columns
    to.count++
    to.event.push(row.event)
    to.protocol.push(sockets.protocol[slot]!)
    to.role.push(row.role)
    to.offsetUs.push(offsetUs(row.ns, startNs))
    to.localAddress.push(this.addresses.intern(sockets.family[slot]!, sockets.local, slot * 4))
    to.remoteAddress.push(this.addresses.intern(sockets.family[slot]!, sockets.remote, slot * 4))
    to.localPort.push(sockets.localPort[slot]!)
    to.remotePort.push(sockets.remotePort[slot]!)
    to.process.push(this.processIndex(sockets.process[slot]!))
    to.peerProcess.push(this.processIndex(sockets.peerProcess[slot]!))
    to.cookie.push(cookieOf(sockets, slot))
    to.bytesSent.push(row.counted ? sockets.sent[slot]! : 0)
    to.bytesReceived.push(row.counted ? sockets.received[slot]! : 0)
    to.segmentsSent.push(row.counted ? sockets.segmentsOut[slot]! >>> 0 : 0)
    to.segmentsReceived.push(row.counted ? sockets.segmentsIn[slot]! >>> 0 : 0)
    to.retransmits.push(row.counted ? sockets.retransmits[slot]! >>> 0 : 0)
    to.srttUs.push(sockets.rttUs[slot]!)
    to.durationUs.push(row.durationUs)
    to.error.push(row.counted ? sockets.error[slot]! : 0)
    to.netns.push(sockets.netns[slot]!)
    to.flags.push(row.flags)
  }

  /** Adds a row of what a record says. Call {@link FlowRows.admit} before. */
  addRecord(
    row: FlowRow,
    words: Uint32Array,
    at: number,
    process: number,
    peerProcess: number,
    startNs: number,
  ): void {
    const to = this.columns
    const head = words[at]!
    const family = (head >>> 8) & 0xff
    const ports = words[at + SockWord.ports]!
    to.count++
    to.event.push(row.event)
    to.protocol.push((head >>> 16) & 0xff)
    to.role.push(row.role)
    to.offsetUs.push(offsetUs(row.ns, startNs))
    to.localAddress.push(this.addresses.intern(family, words, at + SockWord.local))
    to.remoteAddress.push(this.addresses.intern(family, words, at + SockWord.remote))
    to.localPort.push(ports & 0xffff)
    to.remotePort.push(ports >>> 16)
    to.process.push(this.processIndex(process))
    to.peerProcess.push(this.processIndex(peerProcess))
    to.cookie.push(read64(words, at + SockWord.cookie))
    to.bytesSent.push(row.counted ? read64(words, at + SockWord.bytesSent) : 0)
    to.bytesReceived.push(row.counted ? read64(words, at + SockWord.bytesReceived) : 0)
    to.segmentsSent.push(row.counted ? words[at + SockWord.segmentsOut]! : 0)
    to.segmentsReceived.push(row.counted ? words[at + SockWord.segmentsIn]! : 0)
    to.retransmits.push(row.counted ? words[at + SockWord.retransmits]! : 0)
    to.srttUs.push(words[at + SockWord.rttUs]!)
    to.durationUs.push(row.durationUs)
    to.error.push(row.counted ? words[at + SockWord.state]! >>> 16 : 0)
    to.netns.push(words[at + SockWord.netns]!)
    to.flags.push(row.flags)
  }

  /** 1 + index of a process in this batch, 0 for none. */
  processIndex(id: number): number {
    if (id < 0) return 0
    let index = this.#processIndex.get(id)
    if (index === undefined) {
      index = this.#processIndex.size + 1
      this.#processIndex.set(id, index)
    }
    return index
  }

  /** The rows, and room for new ones. */
  take(): { flows: FlowColumns; addresses: Uint8Array[] } {
    const flows = this.columns
    const addresses: Uint8Array[] = []
    for (let id = 0; id < this.addresses.highWater; id++) addresses.push(this.addresses.bytes(id))
    this.columns = emptyColumns()
    this.addresses.clear()
    this.#processIndex.clear()
    this.#seenCount = 0
    this.#droppedCount = 0
    return { flows, addresses }
  }
}

/** How long something took, whole microseconds; 0 where the clocks of both moments disagree. */
export function durationUs(fromNs: number, toNs: number): number {
  return Math.max(0, Math.round((toNs - fromNs) / 1000))
}

/** Within 32 bits: 35 minutes either way, which only a broken clock leaves. */
function offsetUs(ns: number, startNs: number): number {
  return Math.max(-0x8000_0000, Math.min(0x7fff_ffff, Math.round((ns - startNs) / 1000)))
}

function emptyColumns(): FlowColumns {
  return {
    $typeName: 'quadrant.v1.FlowColumns',
    count: 0,
    event: [],
    protocol: [],
    role: [],
    offsetUs: [],
    localAddress: [],
    remoteAddress: [],
    localPort: [],
    remotePort: [],
    process: [],
    peerProcess: [],
    cookie: [],
    bytesSent: [],
    bytesReceived: [],
    segmentsSent: [],
    segmentsReceived: [],
    retransmits: [],
    srttUs: [],
    durationUs: [],
    error: [],
    netns: [],
    flags: [],
  }
}
