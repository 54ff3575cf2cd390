import { isOrderlyClose, Protocol, RecordFlag, RecordKind, SockWord, TcpState } from '../kernel/record.ts'
import { NO_BASELINES, type BaselineSource } from './baseline.ts'
import { ClosingSlots } from './closing-slots.ts'
import { CookieIndex } from './cookie-index.ts'
import { DirtySlots } from './dirty-slots.ts'
import { setBaseline, wasBorn } from './first-sight.ts'
import { ListenerIndex } from './listener-index.ts'
import { MessageLog } from './message-log.ts'
import { NamespaceTable } from './namespace-passes.ts'
import { PeerChains } from './peer-chains.ts'
import { EPHEMERAL_PORTS, isEphemeral, type PortRange } from './port-range.ts'
import { SlotPool } from './slot-pool.ts'
import { updateCounters, updateUdpCounters } from './socket-counters.ts'
import { clearSlot, ProcessRank, socketColumns, SocketFlag, type SocketColumns } from './socket-columns.ts'
import { TupleIndex } from './tuple-index.ts'
import { hashEnd, read64 } from './word.ts'

/** Gives the process of a record an id. */
export interface ProcessIds {
  /** Of the record's tgid and start time; -1 when it has none or there are too many. */
  ofRecord(words: Uint32Array, at: number): number
}

export interface ConnectionTableOptions {
  /** Most sockets and UDP peers at once. Default {@link CONNECTIONS_MAX}. */
  readonly connections?: number
  /** Most send and receive records between two ticks. Default {@link MESSAGES_MAX}. */
  readonly messages?: number
  readonly baselines?: BaselineSource
  /** Default {@link EPHEMERAL_PORTS}. */
  readonly ephemeralPorts?: PortRange
}

/** Some 200 bytes each. */
export const CONNECTIONS_MAX = 131_072
const MESSAGES_MAX = 5_000
/** Closed between two polls; more wait for the tick. */
const CLOSING_MAX = 16_384

/** Records counted since the start. */
export interface ConnectionCounts {
  seen: number
  /** Socket records that found no room. */
  connectionLimit: number
  messageLimit: number
  unknownKind: number
  /** Live TCP sockets found after a restore that the checkpoint did not have. */
  openedAway: number
  /** TCP connections whose opening was seen: begun here, and accepted. */
  opened: number
}

/**
 * Every socket of the host, kept up to date from the records of any source. Applying a record makes no
 * object. Counters only grow and flags are only added, so that records may come late or in another order.
 */
export class ConnectionTable {
  readonly columns: SocketColumns
  readonly tuples: TupleIndex
  readonly listeners = new ListenerIndex()
  readonly namespaces = new NamespaceTable()
  readonly counts: ConnectionCounts = {
    seen: 0,
    connectionLimit: 0,
    messageLimit: 0,
    unknownKind: 0,
    openedAway: 0,
    opened: 0,
  }
  readonly dirty: DirtySlots
  readonly closing = new ClosingSlots(CLOSING_MAX)
  readonly messages: MessageLog
  readonly #slots: SlotPool
  readonly #cookies: CookieIndex
  readonly #peers: PeerChains
  readonly #processes: ProcessIds
  readonly #baselines: BaselineSource
  readonly #ephemeral: PortRange

  constructor(processes: ProcessIds, options: ConnectionTableOptions = {}) {
    this.columns = socketColumns(options.connections ?? CONNECTIONS_MAX)
    this.messages = new MessageLog(options.messages ?? MESSAGES_MAX)
    this.dirty = new DirtySlots(this.columns.flags)
    this.#slots = new SlotPool(this.columns.capacity)
    this.#cookies = new CookieIndex(this.columns)
    this.#peers = new PeerChains(this.columns)
    this.tuples = new TupleIndex(this.columns)
    this.#processes = processes
    this.#baselines = options.baselines ?? NO_BASELINES
    this.#ephemeral = options.ephemeralPorts ?? EPHEMERAL_PORTS
  }

  /** Slots in use. */
  get count(): number {
    return this.#slots.count
  }

  /** One more than the largest slot ever used. */
  get highWater(): number {
    return this.#slots.highWater
  }

  /** Applies one socket record (`RecordKind` below 32) that lies at word `at`. */
  apply(words: Uint32Array, at: number): void {
    this.counts.seen++
    const head = words[at]!
    switch (head & 0xff) {
      case RecordKind.state:
        return this.#state(words, at, head)
      case RecordKind.sample:
        return this.#sample(words, at, head, ProcessRank.none)
      case RecordKind.owner:
        return this.#sample(words, at, head, ProcessRank.owner)
      case RecordKind.destroy:
        return this.#destroy(words, at)
      case RecordKind.reset:
        return this.#reset(words, at, head)
      case RecordKind.udpPeer:
        return this.#udpPeer(words, at, head, ProcessRank.opener)
      case RecordKind.udpClose:
        return this.#udpClose(words, at)
      case RecordKind.send:
      case RecordKind.receive:
        if (!this.messages.add(words, at)) this.counts.messageLimit++
        return
      case RecordKind.passBegin:
        return this.namespaces.begin(
          words[at + SockWord.netns]!,
          (head >>> 16) & 0xff,
          read64(words, at + SockWord.ts),
        )
      case RecordKind.passEnd:
        return this.namespaces.end(words[at + SockWord.netns]!, (head >>> 16) & 0xff)
      default:
        this.counts.unknownKind++
    }
  }

  /** Whether a socket of this record's cookie is in the table. */
  knows(words: Uint32Array, at: number): boolean {
    return this.#cookies.find(words[at + SockWord.cookie]!, words[at + SockWord.cookie + 1]!, 0) !== -1
  }

  /** Counts records that told whole lives, and so needed no place. */
  countWhole(records: number): void {
    this.counts.seen += records
    this.counts.opened += records
  }

  /** Notes who holds a socket; its edge and the one of its other end are chosen anew. */
  setProcess(slot: number, process: number, rank: number): void {
    const columns = this.columns
    columns.processRank[slot] = rank
    if (columns.process[slot] === process) return
    columns.process[slot] = process
    columns.flags[slot]! |= SocketFlag.edgeStale
    this.dirty.add(slot)
    const peer = columns.peer[slot]!
    if (peer === -1) return
    columns.peerProcess[peer] = process
    columns.flags[peer]! |= SocketFlag.edgeStale
    this.dirty.add(peer)
  }

  /** Marks a socket that vanished, or a UDP peer that fell silent, as closed. */
  closeUnseen(slot: number, ns: number, flag: number): void {
    const { flags, closedNs } = this.columns
    closedNs[slot] = ns
    flags[slot]! |= SocketFlag.closed | flag
    this.#unlisten(slot)
    this.dirty.add(slot)
  }

  /** Gives a slot back. It must not be among the dirty ones. */
  free(slot: number): void {
    const columns = this.columns
    const flags = columns.flags[slot]!
    this.#unlisten(slot)
    this.#cookies.remove(slot)
    if ((flags & SocketFlag.inTupleIndex) !== 0) this.tuples.remove(slot)
    if ((flags & SocketFlag.udpPeer) !== 0) this.#peers.remove(slot)
    const peer = columns.peer[slot]!
    if (peer !== -1) this.#release(peer)
    this.namespaces.of(columns.netns[slot]!, columns.protocol[slot]!).socketCount--
    columns.flags[slot] = 0
    this.#slots.give(slot)
  }

  /** The other end of a socket is gone. A UDP socket serves whoever comes next from the same port. */
  #release(slot: number): void {
    const { peer, flags, protocol } = this.columns
    peer[slot] = -1
    if (protocol[slot] !== Protocol.udp || (flags[slot]! & SocketFlag.closed) !== 0) return
    flags[slot]! &= ~(SocketFlag.joined | SocketFlag.secondary)
    flags[slot]! |= SocketFlag.released | SocketFlag.openTold
  }

  #state(words: Uint32Array, at: number, head: number): void {
    const columns = this.columns
    const { flags } = columns
    const transition = words[at + SockWord.state]!
    const before = transition & 0xff
    const state = (transition >>> 8) & 0xff
    const ns = read64(words, at + SockWord.ts)
    const born =
      state === TcpState.synSent ||
      state === TcpState.established ||
      state === TcpState.synRecv ||
      state === TcpState.listen ||
      before === TcpState.synSent ||
      hasBeginning(words, at)
    let slot = this.#cookies.find(words[at + SockWord.cookie]!, words[at + SockWord.cookie + 1]!, 0)
    if (
      slot !== -1 &&
      state === TcpState.synSent &&
      ns > columns.closedNs[slot]! &&
      columns.closedNs[slot] !== 0
    ) {
      // The program connects again with a socket whose connection ended.
      this.#cookies.remove(slot)
      slot = -1
    }
    if (slot === -1) {
      // A listener that we did not know, or an open that never was.
      if (state === TcpState.close && (before === TcpState.listen || before === TcpState.synRecv)) return
      slot = this.#create(words, at, head, 0, born)
      if (slot === -1) return
    } else if (born && (flags[slot]! & (SocketFlag.existing | SocketFlag.openMissed)) !== 0)
      wasBorn(columns, slot)
    this.#updateTuple(slot, words, at, head)
    this.#begin(slot, words, at)
    updateCounters(columns, slot, words, at, head)
    if (ns >= columns.seenNs[slot]!) {
      columns.seenNs[slot] = ns
      columns.state[slot] = state
    }
    this.dirty.add(slot)
    const inProcess = ((head >>> 24) & RecordFlag.inProcess) !== 0
    switch (state) {
      case TcpState.synSent:
        flags[slot]! |= SocketFlag.active
        columns.openNs[slot] = ns
        this.counts.opened++
        if (inProcess) this.#assign(slot, words, at, ProcessRank.opener)
        break
      case TcpState.synRecv:
        if ((flags[slot]! & SocketFlag.active) === 0) flags[slot]! |= SocketFlag.passive
        if (columns.openNs[slot] === 0) columns.openNs[slot] = ns
        break
      case TcpState.established:
        flags[slot]! |= SocketFlag.established
        if (before === TcpState.synSent) flags[slot]! |= SocketFlag.active
        this.#establish(slot, ns)
        break
      case TcpState.listen:
        this.#listen(slot)
        if (inProcess) this.#assign(slot, words, at, ProcessRank.opener)
        break
      case TcpState.close:
        columns.closedNs[slot] = ns
        columns.error[slot] = transition >>> 16
        flags[slot]! |= SocketFlag.closed
        if (before === TcpState.synSent) flags[slot]! |= SocketFlag.active
        else if (before !== TcpState.listen && before !== TcpState.synRecv)
          flags[slot]! |= SocketFlag.established
        if (isOrderlyClose(transition)) {
          flags[slot]! |= SocketFlag.orderly
          this.closing.add(slot)
        }
        this.#unlisten(slot)
        if (inProcess) this.#assign(slot, words, at, ProcessRank.closer)
        break
      default:
        flags[slot]! |= SocketFlag.established
        if (inProcess) this.#assign(slot, words, at, ProcessRank.closer)
    }
  }

  /** What began since the socket's last record, and had none of its own. */
  #begin(slot: number, words: Uint32Array, at: number): void {
    const { flags, openNs } = this.columns
    const opened = read64(words, at + SockWord.opened)
    if (opened !== 0) {
      if (openNs[slot] === 0) this.counts.opened++
      flags[slot]! |= SocketFlag.active
      openNs[slot] = opened
      this.#assign(slot, words, at, ProcessRank.opener)
    }
    const established = read64(words, at + SockWord.established)
    if (established !== 0) this.#establish(slot, established)
  }

  #establish(slot: number, ns: number): void {
    const { flags, openNs, establishedNs } = this.columns
    // Both may open at once; then the state before was SYN_RECV, yet it is an active open.
    if ((flags[slot]! & (SocketFlag.active | SocketFlag.passive)) === 0) {
      flags[slot]! |= SocketFlag.passive
      this.counts.opened++
    }
    flags[slot]! |= SocketFlag.established
    establishedNs[slot] = ns
    if (openNs[slot] === 0) openNs[slot] = ns
  }

  /** A row of a pass over sockets or, with a rank, over the files of processes. */
  #sample(words: Uint32Array, at: number, head: number, rank: number): void {
    const columns = this.columns
    const state = (words[at + SockWord.state]! >>> 8) & 0xff
    const connected = words[at + SockWord.ports]! >>> 16 !== 0
    if (((head >>> 16) & 0xff) === Protocol.udp && connected) return this.#udpPeer(words, at, head, rank)
    let slot = this.#cookies.find(words[at + SockWord.cookie]!, words[at + SockWord.cookie + 1]!, 0)
    if (slot === -1) {
      // A socket that is neither connected nor bound says nothing yet.
      if (
        words[at + SockWord.ports] === 0 ||
        (state === TcpState.close && (head & 0xff0000) === Protocol.tcp << 16)
      )
        return
      slot = this.#create(words, at, head, 0, hasBeginning(words, at))
      if (slot === -1) return
    }
    const { flags } = columns
    if (rank !== ProcessRank.none) this.#assign(slot, words, at, rank)
    const ns = read64(words, at + SockWord.ts)
    if (ns > columns.seenNs[slot]!) columns.seenNs[slot] = ns
    if ((flags[slot]! & SocketFlag.closed) !== 0) return
    columns.state[slot] = state
    this.#updateTuple(slot, words, at, head)
    if (hasBeginning(words, at)) this.#begin(slot, words, at)
    if (((head >>> 16) & 0xff) === Protocol.udp || state === TcpState.listen) {
      this.#listen(slot)
      return
    }
    if (state === TcpState.synSent) flags[slot]! |= SocketFlag.active
    else if (state === TcpState.synRecv) flags[slot]! |= SocketFlag.passive
    else flags[slot]! |= SocketFlag.established
    // Of thousands of open sockets most are silent: they cost nothing more than this.
    if (updateCounters(columns, slot, words, at, head)) this.dirty.add(slot)
  }

  #destroy(words: Uint32Array, at: number): void {
    const slot = this.#cookies.find(words[at + SockWord.cookie]!, words[at + SockWord.cookie + 1]!, 0)
    if (slot !== -1) this.#assign(slot, words, at, ProcessRank.closer)
  }

  #reset(words: Uint32Array, at: number, head: number): void {
    let slot = this.#cookies.find(words[at + SockWord.cookie]!, words[at + SockWord.cookie + 1]!, 0)
    if (slot === -1) {
      if (!hasBeginning(words, at)) return
      slot = this.#create(words, at, head, 0, true)
      if (slot === -1) return
      this.#updateTuple(slot, words, at, head)
      this.#begin(slot, words, at)
    }
    const bits = head >>> 24
    if ((bits & RecordFlag.resetSent) !== 0) this.columns.flags[slot]! |= SocketFlag.resetSent
    if ((bits & RecordFlag.resetReceived) !== 0) this.columns.flags[slot]! |= SocketFlag.resetReceived
    this.dirty.add(slot)
  }

  #udpPeer(words: Uint32Array, at: number, head: number, rank: number): void {
    const { flags, seenNs, openNs } = this.columns
    const discriminator = udpDiscriminator(words, at)
    let slot = this.#cookies.find(
      words[at + SockWord.cookie]!,
      words[at + SockWord.cookie + 1]!,
      discriminator,
    )
    const ns = read64(words, at + SockWord.ts)
    if (slot !== -1 && (flags[slot]! & SocketFlag.closed) !== 0) {
      if (ns <= this.columns.closedNs[slot]!) return
      // Forgotten by the kernel, and back again.
      this.#cookies.remove(slot)
      slot = -1
    }
    const counted = (head & 0xff) === RecordKind.udpPeer && ((head >>> 24) & RecordFlag.messagesUnknown) === 0
    if (slot === -1) {
      const told = (head & 0xff) === RecordKind.udpPeer
      const { lastNs } = this.namespaces.of(words[at + SockWord.netns]!, Protocol.udp)
      const born = told && (counted || lastNs !== 0)
      slot = this.#create(words, at, head, discriminator, born)
      if (slot === -1) return
      flags[slot]! |= SocketFlag.udpPeer | SocketFlag.established
      if ((flags[slot]! & SocketFlag.existing) === 0 && openNs[slot] === 0) openNs[slot] = ns
      if ((head & 0xff) !== RecordKind.udpPeer)
        flags[slot]! |= SocketFlag.messagesUnknown | SocketFlag.bytesUnknown
      this.#peers.add(slot, read64(words, at + SockWord.cookie))
    }
    if (ns > seenNs[slot]!) seenNs[slot] = ns
    this.#updateTuple(slot, words, at, head)
    if (rank !== ProcessRank.none) this.#assign(slot, words, at, rank)
    this.dirty.add(slot)
    if ((head & 0xff) !== RecordKind.udpPeer) return
    const bits = head >>> 24
    const initiator = (bits & RecordFlag.initiator) !== 0
    // Who connects before any message is the client, but for a server that connects its own port to one.
    if (counted || !initiator || !this.#isChosen(slot))
      flags[slot]! |= initiator ? SocketFlag.active : SocketFlag.passive
    setFlag(flags, slot, SocketFlag.bytesUnknown, (bits & RecordFlag.bytesUnknown) !== 0)
    setFlag(flags, slot, SocketFlag.messagesUnknown, (bits & RecordFlag.messagesUnknown) !== 0)
    updateUdpCounters(this.columns, slot, words, at)
    if ((bits & RecordFlag.forgotten) !== 0) this.closeUnseen(slot, ns, 0)
  }

  #udpClose(words: Uint32Array, at: number): void {
    const { closedNs, flags, cookieNext } = this.columns
    const ns = read64(words, at + SockWord.ts)
    const socket = this.#cookies.find(words[at + SockWord.cookie]!, words[at + SockWord.cookie + 1]!, 0)
    let slot = this.#peers.firstOf(read64(words, at + SockWord.cookie))
    for (; slot !== -1; slot = cookieNext[slot]!) {
      closedNs[slot] = ns
      flags[slot]! |= SocketFlag.closed
      this.#completeLocal(slot, words, at)
      this.dirty.add(slot)
    }
    if (socket !== -1) this.closeUnseen(socket, ns, 0)
  }

  /** A UDP socket gets its port after the record of its connect, and its other records come with messages only. */
  #completeLocal(slot: number, words: Uint32Array, at: number): void {
    const { flags, local, localPort, remotePort } = this.columns
    const ports = words[at + SockWord.ports]!
    if ((flags[slot]! & SocketFlag.inTupleIndex) !== 0 || (ports & 0xffff) === 0) return
    localPort[slot] = ports & 0xffff
    // The address is the one towards the end that it was connected to last.
    if (
      ports >>> 16 === remotePort[slot]! &&
      isAt(this.columns.remote, slot * 4, words, at + SockWord.remote)
    )
      for (let i = 0; i < 4; i++) local[slot * 4 + i] = words[at + SockWord.local + i]!
    this.tuples.add(slot)
  }

  /** Whether a socket's port is one that somebody asked for. */
  #isChosen(slot: number): boolean {
    const port = this.columns.localPort[slot]!
    return port !== 0 && !isEphemeral(port, this.#ephemeral)
  }

  #create(words: Uint32Array, at: number, head: number, discriminator: number, born: boolean): number {
    const columns = this.columns
    const slot = this.#slots.take()
    if (slot === -1) {
      this.counts.connectionLimit++
      return -1
    }
    clearSlot(columns, slot)
    columns.flags[slot] = SocketFlag.used
    columns.cookieLow[slot] = words[at + SockWord.cookie]!
    columns.cookieHigh[slot] = words[at + SockWord.cookie + 1]!
    columns.discriminator[slot] = discriminator
    columns.netns[slot] = words[at + SockWord.netns]!
    columns.family[slot] = (head >>> 8) & 0xff
    columns.protocol[slot] = (head >>> 16) & 0xff
    this.#cookies.add(slot)
    const namespace = this.namespaces.of(words[at + SockWord.netns]!, (head >>> 16) & 0xff)
    namespace.socketCount++
    const firstPass = namespace.lastNs === 0
    if (setBaseline(columns, slot, words, at, this.#baselines, born, firstPass)) this.counts.openedAway++
    this.dirty.add(slot)
    return slot
  }

  /** Takes over the addresses as they become known, and indexes the tuple once it is whole. */
  #updateTuple(slot: number, words: Uint32Array, at: number, head: number): void {
    const { flags, local, remote, localPort, remotePort, family } = this.columns
    if ((flags[slot]! & SocketFlag.inTupleIndex) !== 0) return
    const ports = words[at + SockWord.ports]!
    if ((ports & 0xffff) !== 0) localPort[slot] = ports & 0xffff
    if (ports >>> 16 !== 0) remotePort[slot] = ports >>> 16
    family[slot] = (head >>> 8) & 0xff
    for (let i = 0; i < 4; i++) {
      const mine = words[at + SockWord.local + i]!
      if (mine !== 0) local[slot * 4 + i] = mine
      const other = words[at + SockWord.remote + i]!
      if (other !== 0) remote[slot * 4 + i] = other
    }
    if (localPort[slot] !== 0 && remotePort[slot] !== 0) this.tuples.add(slot)
  }

  #assign(slot: number, words: Uint32Array, at: number, rank: number): void {
    if (rank <= this.columns.processRank[slot]! || words[at + SockWord.tgid] === 0) return
    const id = this.#processes.ofRecord(words, at)
    if (id === -1) return
    this.setProcess(slot, id, rank)
  }

  #listen(slot: number): void {
    const { flags, netns, protocol, localPort } = this.columns
    if ((flags[slot]! & SocketFlag.listener) !== 0 || localPort[slot] === 0) return
    flags[slot]! |= SocketFlag.listener
    this.listeners.add(netns[slot]!, protocol[slot]!, localPort[slot]!, slot)
    this.dirty.add(slot)
  }

  #unlisten(slot: number): void {
    const { flags, netns, protocol, localPort } = this.columns
    if ((flags[slot]! & SocketFlag.listener) !== 0)
      this.listeners.remove(netns[slot]!, protocol[slot]!, localPort[slot]!, slot)
  }
}

/** Never 0, which is the socket itself. */
function udpDiscriminator(words: Uint32Array, at: number): number {
  return (hashEnd(words, at + SockWord.remote, words[at + SockWord.ports]! >>> 16) | 1) >>> 0
}

/** Whether an address of four words is that of a record. */
function isAt(addresses: Uint32Array, from: number, words: Uint32Array, at: number): boolean {
  for (let i = 0; i < 4; i++) if (addresses[from + i] !== words[at + i]) return false
  return true
}

/** Whether a record tells of a beginning that had none of its own. */
function hasBeginning(words: Uint32Array, at: number): boolean {
  const opened = words[at + SockWord.opened]! | words[at + SockWord.opened + 1]!
  return (opened | words[at + SockWord.established]! | words[at + SockWord.established + 1]!) !== 0
}

function setFlag(flags: Uint32Array, slot: number, flag: number, on: boolean): void {
  if (on) flags[slot]! |= flag
  else flags[slot]! &= ~flag
}
