import { Protocol, RecordFlag, RecordKind, SockWord, TcpState } from '../kernel/record.ts'
import { connectionCounts } from './connection-counts.ts'
import { MessageLog } from './message-log.ts'
import { EPHEMERAL_PORTS, isEphemeral, type PortRange } from './port-range.ts'
import type { ProcessIds } from './process-ids.ts'
import { updateCounters, updateUdpCounters } from './socket-counters.ts'
import { ProcessRank, SocketFlag } from './socket-columns.ts'
import { SocketTable, type SocketTableOptions } from './socket-table.ts'
import { hasBeginning, TcpRecords } from './tcp-records.ts'
import { read64 } from '../kernel/word.ts'
import { hashEnd } from './hash.ts'

export interface ConnectionTableOptions extends SocketTableOptions {
  /** Most send and receive records between two ticks. Default 5,000. */
  readonly messages?: number
  /** Default {@link EPHEMERAL_PORTS}. */
  readonly ephemeralPorts?: PortRange
}

const MESSAGES_MAX = 5_000

/**
 * Every socket of the host, kept up to date from the records of any source. Applying a record makes no
 * object. Counters only grow and flags are only added, so that records may come late or in another order.
 */
export class ConnectionTable {
  readonly counts = connectionCounts()
  readonly sockets: SocketTable
  readonly messages: MessageLog
  readonly #tcp: TcpRecords
  readonly #ephemeral: PortRange

  constructor(processes: ProcessIds, options: ConnectionTableOptions = {}) {
    this.sockets = new SocketTable(processes, this.counts, options)
    this.messages = new MessageLog(options.messages ?? MESSAGES_MAX)
    this.#tcp = new TcpRecords(this.sockets, this.counts)
    this.#ephemeral = options.ephemeralPorts ?? EPHEMERAL_PORTS
  }

  /** Applies one socket record (`RecordKind` below 32) that lies at word `at`. */
  apply(words: Uint32Array, at: number): void {
    this.counts.seen++
    const head = words[at]!
    switch (head & 0xff) {
      case RecordKind.state:
        return this.#tcp.state(words, at, head)
      case RecordKind.sample:
        return this.#sample(words, at, head, ProcessRank.none)
      case RecordKind.owner:
        return this.#sample(words, at, head, ProcessRank.owner)
      case RecordKind.holder:
        return this.#holder(words, at)
      case RecordKind.destroy:
        return this.#tcp.destroy(words, at)
      case RecordKind.reset:
        return this.#tcp.reset(words, at, head)
      case RecordKind.udpPeer:
        return this.#udpPeer(words, at, head, ProcessRank.opener)
      case RecordKind.udpClose:
        return this.#udpClose(words, at)
      case RecordKind.send:
      case RecordKind.receive:
        if (!this.messages.add(words, at)) this.counts.messageLimit++
        return
      case RecordKind.passBegin:
        return this.sockets.namespaces.begin(
          words[at + SockWord.netns]!,
          (head >>> 16) & 0xff,
          read64(words, at + SockWord.ts),
        )
      case RecordKind.passEnd:
        return this.sockets.namespaces.end(words[at + SockWord.netns]!, (head >>> 16) & 0xff)
      default:
        this.counts.unknownKind++
    }
  }

  /** Whether a socket of this record's cookie is in the table. */
  knows(words: Uint32Array, at: number): boolean {
    return this.sockets.find(words, at, 0) !== -1
  }

  /** Counts records that told whole lives, and so needed no place. */
  countWhole(records: number): void {
    this.counts.seen += records
    this.counts.opened += records
  }

  /** Who holds a socket that the passes over sockets tell. */
  #holder(words: Uint32Array, at: number): void {
    const slot = this.sockets.find(words, at, 0)
    if (slot !== -1) this.sockets.assign(slot, words, at, ProcessRank.owner)
  }

  /** A row of a pass over sockets or, with a rank, over the files of processes. */
  #sample(words: Uint32Array, at: number, head: number, rank: number): void {
    const columns = this.sockets.columns
    const state = (words[at + SockWord.state]! >>> 8) & 0xff
    const connected = words[at + SockWord.ports]! >>> 16 !== 0
    const isTcp = ((head >>> 16) & 0xff) === Protocol.tcp
    if (!isTcp && connected) return this.#udpPeer(words, at, head, rank)
    let slot = this.sockets.find(words, at, 0)
    if (slot === -1) {
      // A socket that is neither connected nor bound says nothing yet.
      if (words[at + SockWord.ports] === 0 || (state === TcpState.close && isTcp)) return
      slot = this.sockets.create(words, at, head, 0, hasBeginning(words, at))
      if (slot === -1) return
    }
    const { flags } = columns
    // Whom a pass over sockets names was kept since the last record: who closes this one or, by its beginning, opened it.
    this.sockets.assign(slot, words, at, rank === ProcessRank.none ? ProcessRank.closer : rank)
    const ns = read64(words, at + SockWord.ts)
    if (ns > columns.seenNs[slot]!) columns.seenNs[slot] = ns
    if ((flags[slot]! & SocketFlag.closed) !== 0) return
    columns.state[slot] = state
    this.sockets.updateTuple(slot, words, at, head)
    if (hasBeginning(words, at)) this.#tcp.begin(slot, words, at)
    if (!isTcp || state === TcpState.listen) {
      this.sockets.listen(slot)
      return
    }
    if (state === TcpState.synSent) flags[slot]! |= SocketFlag.active
    else if (state === TcpState.synRecv) flags[slot]! |= SocketFlag.passive
    else flags[slot]! |= SocketFlag.established
    // Of thousands of open sockets most are silent: they cost nothing more than this.
    if (updateCounters(columns, slot, words, at, head)) this.sockets.dirty.add(slot)
  }

  #udpPeer(words: Uint32Array, at: number, head: number, rank: number): void {
    const { flags, seenNs, openNs } = this.sockets.columns
    const discriminator = udpDiscriminator(words, at)
    let slot = this.sockets.find(words, at, discriminator)
    const ns = read64(words, at + SockWord.ts)
    if (slot !== -1 && (flags[slot]! & SocketFlag.closed) !== 0) {
      if (ns <= this.sockets.columns.closedNs[slot]!) return
      // Forgotten by the kernel, and back again.
      this.sockets.renew(slot)
      slot = -1
    }
    const counted = (head & 0xff) === RecordKind.udpPeer && ((head >>> 24) & RecordFlag.messagesUnknown) === 0
    if (slot === -1) {
      const told = (head & 0xff) === RecordKind.udpPeer
      const { lastNs } = this.sockets.namespaces.of(words[at + SockWord.netns]!, Protocol.udp)
      const born = told && (counted || lastNs !== 0)
      slot = this.sockets.create(words, at, head, discriminator, born)
      if (slot === -1) return
      flags[slot]! |= SocketFlag.udpPeer | SocketFlag.established
      if ((flags[slot]! & SocketFlag.existing) === 0 && openNs[slot] === 0) openNs[slot] = ns
      if ((head & 0xff) !== RecordKind.udpPeer)
        flags[slot]! |= SocketFlag.messagesUnknown | SocketFlag.bytesUnknown
      this.sockets.addPeer(slot, words, at)
    }
    if (ns > seenNs[slot]!) seenNs[slot] = ns
    this.sockets.updateTuple(slot, words, at, head)
    if (rank !== ProcessRank.none) this.sockets.assign(slot, words, at, rank)
    this.sockets.dirty.add(slot)
    if ((head & 0xff) !== RecordKind.udpPeer) return
    const bits = head >>> 24
    const initiator = (bits & RecordFlag.initiator) !== 0
    // Who connects before any message is the client, but for a server that connects its own port to one.
    if (counted || !initiator || !this.#isChosen(slot))
      flags[slot]! |= initiator ? SocketFlag.active : SocketFlag.passive
    setFlag(flags, slot, SocketFlag.bytesUnknown, (bits & RecordFlag.bytesUnknown) !== 0)
    setFlag(flags, slot, SocketFlag.messagesUnknown, (bits & RecordFlag.messagesUnknown) !== 0)
    updateUdpCounters(this.sockets.columns, slot, words, at)
    if ((bits & RecordFlag.forgotten) !== 0) this.sockets.closeUnseen(slot, ns, 0)
  }

  #udpClose(words: Uint32Array, at: number): void {
    const { closedNs, flags, cookieNext } = this.sockets.columns
    const ns = read64(words, at + SockWord.ts)
    const socket = this.sockets.find(words, at, 0)
    let slot = this.sockets.firstPeer(words, at)
    for (; slot !== -1; slot = cookieNext[slot]!) {
      closedNs[slot] = ns
      flags[slot]! |= SocketFlag.closed
      this.#completeLocal(slot, words, at)
      this.sockets.dirty.add(slot)
    }
    if (socket !== -1) this.sockets.closeUnseen(socket, ns, 0)
  }

  /** A UDP socket gets its port after the record of its connect, and its other records come with messages only. */
  #completeLocal(slot: number, words: Uint32Array, at: number): void {
    const { flags, local, localPort, remote, remotePort } = this.sockets.columns
    const ports = words[at + SockWord.ports]!
    if ((flags[slot]! & SocketFlag.inTupleIndex) !== 0 || (ports & 0xffff) === 0) return
    localPort[slot] = ports & 0xffff
    // The address is the one towards the end that it was connected to last.
    if (ports >>> 16 === remotePort[slot]! && isAt(remote, slot * 4, words, at + SockWord.remote))
      for (let i = 0; i < 4; i++) local[slot * 4 + i] = words[at + SockWord.local + i]!
    this.sockets.tuples.add(slot)
  }

  /** Whether a socket's port is one that somebody asked for. */
  #isChosen(slot: number): boolean {
    const port = this.sockets.columns.localPort[slot]!
    return port !== 0 && !isEphemeral(port, this.#ephemeral)
  }
}

/** Whether an address of four words is that of a record. */
function isAt(addresses: Uint32Array, from: number, words: Uint32Array, at: number): boolean {
  for (let i = 0; i < 4; i++) if (addresses[from + i] !== words[at + i]) return false
  return true
}

/** Never 0, which is the socket itself. */
function udpDiscriminator(words: Uint32Array, at: number): number {
  return (hashEnd(words, at + SockWord.remote, words[at + SockWord.ports]! >>> 16) | 1) >>> 0
}

function setFlag(flags: Uint32Array, slot: number, flag: number, on: boolean): void {
  if (on) flags[slot]! |= flag
  else flags[slot]! &= ~flag
}
