import { Protocol, RecordFlag, RecordKind, SockWord, SOCK_WORDS, TcpState } from '../kernel/record.ts'
import { NO_BASELINES, type BaselineSource } from './baseline.ts'
import { CookieIndex } from './cookie-index.ts'
import { ListenerIndex } from './listener-index.ts'
import { NamespaceTable } from './namespace-passes.ts'
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
}

/** Some 200 bytes each. */
export const CONNECTIONS_MAX = 131_072
const MESSAGES_MAX = 5_000

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
  /** Slots with news, `dirtyCount` long. */
  dirty: Uint32Array
  dirtyCount = 0
  #spareDirty: Uint32Array
  /** Copies of send and receive records, `messageCount` long. */
  readonly messages: Uint32Array
  messageCount = 0
  readonly #messageLimit: number
  readonly #cookies: CookieIndex
  readonly #processes: ProcessIds
  readonly #baselines: BaselineSource
  readonly #free: Int32Array
  #freeCount = 0
  #highWater = 0
  #count = 0
  /** First peer slot of a UDP socket by cookie. */
  readonly #peersOf = new Map<number, number>()

  constructor(processes: ProcessIds, options: ConnectionTableOptions = {}) {
    this.columns = socketColumns(options.connections ?? CONNECTIONS_MAX)
    this.#messageLimit = options.messages ?? MESSAGES_MAX
    this.messages = new Uint32Array(this.#messageLimit * SOCK_WORDS)
    this.dirty = new Uint32Array(this.columns.capacity)
    this.#spareDirty = new Uint32Array(this.columns.capacity)
    this.#free = new Int32Array(this.columns.capacity)
    this.#cookies = new CookieIndex(this.columns)
    this.tuples = new TupleIndex(this.columns)
    this.#processes = processes
    this.#baselines = options.baselines ?? NO_BASELINES
  }

  /** Slots in use. */
  get count(): number {
    return this.#count
  }

  /** One more than the largest slot ever used. */
  get highWater(): number {
    return this.#highWater
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
        return this.#message(words, at)
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

  /** Puts a slot among those with news. */
  touch(slot: number): void {
    const { flags } = this.columns
    if ((flags[slot]! & SocketFlag.dirty) !== 0) return
    flags[slot]! |= SocketFlag.dirty
    this.dirty[this.dirtyCount++] = slot
  }

  /** The slots with news; those touched from now on are the next. The array is used again by the call after this. */
  takeDirty(): { slots: Uint32Array; count: number } {
    const taken = { slots: this.dirty, count: this.dirtyCount }
    this.dirty = this.#spareDirty
    this.#spareDirty = taken.slots
    this.dirtyCount = 0
    return taken
  }

  /** Notes who holds a socket; its edge and the one of its other end are chosen anew. */
  setProcess(slot: number, process: number, rank: number): void {
    const columns = this.columns
    columns.processRank[slot] = rank
    if (columns.process[slot] === process) return
    columns.process[slot] = process
    columns.flags[slot]! |= SocketFlag.edgeStale
    this.touch(slot)
    const peer = columns.peer[slot]!
    if (peer === -1) return
    columns.peerProcess[peer] = process
    columns.flags[peer]! |= SocketFlag.edgeStale
    this.touch(peer)
  }

  /** Marks a socket that vanished, or a UDP peer that fell silent, as closed. */
  closeUnseen(slot: number, ns: number, flag: number): void {
    const { flags, closedNs } = this.columns
    closedNs[slot] = ns
    flags[slot]! |= SocketFlag.closed | flag
    this.#unlisten(slot)
    this.touch(slot)
  }

  /** Gives a slot back. It must not be among the dirty ones. */
  free(slot: number): void {
    const columns = this.columns
    const flags = columns.flags[slot]!
    this.#unlisten(slot)
    this.#cookies.remove(slot)
    if ((flags & SocketFlag.inTupleIndex) !== 0) this.tuples.remove(slot)
    if ((flags & SocketFlag.udpPeer) !== 0) this.#unchain(slot)
    const peer = columns.peer[slot]!
    if (peer !== -1) this.#release(peer)
    this.namespaces.of(columns.netns[slot]!, columns.protocol[slot]!).socketCount--
    columns.flags[slot] = 0
    this.#free[this.#freeCount++] = slot
    this.#count--
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
      before === TcpState.synSent
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
      this.#wasBorn(slot)
    this.#updateTuple(slot, words, at, head)
    this.#updateCounters(slot, words, at, head)
    if (ns >= columns.seenNs[slot]!) {
      columns.seenNs[slot] = ns
      columns.state[slot] = state
    }
    this.touch(slot)
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
        // Both may open at once; then the state before was SYN_RECV, yet it is an active open.
        if (before === TcpState.synSent) flags[slot]! |= SocketFlag.active
        else if ((flags[slot]! & SocketFlag.active) === 0) {
          flags[slot]! |= SocketFlag.passive
          this.counts.opened++
        }
        columns.establishedNs[slot] = ns
        if (columns.openNs[slot] === 0) columns.openNs[slot] = ns
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
        this.#unlisten(slot)
        if (inProcess) this.#assign(slot, words, at, ProcessRank.closer)
        break
      default:
        flags[slot]! |= SocketFlag.established
        if (inProcess) this.#assign(slot, words, at, ProcessRank.closer)
    }
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
      slot = this.#create(words, at, head, 0, false)
      if (slot === -1) return
    }
    const { flags } = columns
    if (rank !== ProcessRank.none) this.#assign(slot, words, at, rank)
    const ns = read64(words, at + SockWord.ts)
    if (ns > columns.seenNs[slot]!) columns.seenNs[slot] = ns
    if ((flags[slot]! & SocketFlag.closed) !== 0) return
    columns.state[slot] = state
    this.#updateTuple(slot, words, at, head)
    if (((head >>> 16) & 0xff) === Protocol.udp || state === TcpState.listen) {
      this.#listen(slot)
      return
    }
    if (state === TcpState.synSent) flags[slot]! |= SocketFlag.active
    else if (state === TcpState.synRecv) flags[slot]! |= SocketFlag.passive
    else flags[slot]! |= SocketFlag.established
    // Of thousands of open sockets most are silent: they cost nothing more than this.
    if (this.#updateCounters(slot, words, at, head)) this.touch(slot)
  }

  #destroy(words: Uint32Array, at: number): void {
    const slot = this.#cookies.find(words[at + SockWord.cookie]!, words[at + SockWord.cookie + 1]!, 0)
    if (slot !== -1) this.#assign(slot, words, at, ProcessRank.closer)
  }

  #reset(words: Uint32Array, at: number, head: number): void {
    const slot = this.#cookies.find(words[at + SockWord.cookie]!, words[at + SockWord.cookie + 1]!, 0)
    if (slot === -1) return
    const bits = head >>> 24
    if ((bits & RecordFlag.resetSent) !== 0) this.columns.flags[slot]! |= SocketFlag.resetSent
    if ((bits & RecordFlag.resetReceived) !== 0) this.columns.flags[slot]! |= SocketFlag.resetReceived
    this.touch(slot)
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
      this.#chain(slot, read64(words, at + SockWord.cookie))
    }
    if (ns > seenNs[slot]!) seenNs[slot] = ns
    this.#updateTuple(slot, words, at, head)
    if (rank !== ProcessRank.none) this.#assign(slot, words, at, rank)
    this.touch(slot)
    if ((head & 0xff) !== RecordKind.udpPeer) return
    const bits = head >>> 24
    if (counted) flags[slot]! |= (bits & RecordFlag.initiator) !== 0 ? SocketFlag.active : SocketFlag.passive
    setFlag(flags, slot, SocketFlag.bytesUnknown, (bits & RecordFlag.bytesUnknown) !== 0)
    setFlag(flags, slot, SocketFlag.messagesUnknown, (bits & RecordFlag.messagesUnknown) !== 0)
    this.#updateUdpCounters(slot, words, at)
    if ((bits & RecordFlag.forgotten) !== 0) this.closeUnseen(slot, ns, 0)
  }

  #udpClose(words: Uint32Array, at: number): void {
    const { closedNs, flags, cookieNext } = this.columns
    const ns = read64(words, at + SockWord.ts)
    const socket = this.#cookies.find(words[at + SockWord.cookie]!, words[at + SockWord.cookie + 1]!, 0)
    let slot = this.#peersOf.get(read64(words, at + SockWord.cookie)) ?? -1
    for (; slot !== -1; slot = cookieNext[slot]!) {
      closedNs[slot] = ns
      flags[slot]! |= SocketFlag.closed
      this.touch(slot)
    }
    if (socket !== -1) this.closeUnseen(socket, ns, 0)
  }

  #message(words: Uint32Array, at: number): void {
    if (this.messageCount >= this.#messageLimit) {
      this.counts.messageLimit++
      return
    }
    const to = this.messageCount++ * SOCK_WORDS
    for (let i = 0; i < SOCK_WORDS; i++) this.messages[to + i] = words[at + i]!
  }

  #create(words: Uint32Array, at: number, head: number, discriminator: number, born: boolean): number {
    const columns = this.columns
    let slot: number
    if (this.#freeCount > 0) slot = this.#free[--this.#freeCount]!
    else if (this.#highWater < columns.capacity) slot = this.#highWater++
    else {
      this.counts.connectionLimit++
      return -1
    }
    clearSlot(columns, slot)
    this.#count++
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
    this.#setBaseline(slot, words, at, born, namespace.lastNs === 0)
    this.touch(slot)
    return slot
  }

  /** Decides which part of a socket's counters is news, when it is first seen. */
  #setBaseline(slot: number, words: Uint32Array, at: number, born: boolean, firstPass: boolean): void {
    const columns = this.columns
    const { flags } = columns
    const cookie = read64(words, at + SockWord.cookie)
    if (this.#baselines.restored) {
      const baseline = this.#baselines.take(cookie, columns.discriminator[slot]!)
      if (baseline) {
        flags[slot]! |= baseline.flags | SocketFlag.restored | SocketFlag.inCheckpoint
        columns.openNs[slot] = baseline.openNs
        // The kernel's counters of UDP peers began anew with the programs that keep them.
        if (baseline.discriminator !== 0) return
        columns.toldSent[slot] = columns.sent[slot] = baseline.sent
        columns.toldReceived[slot] = columns.received[slot] = baseline.received
        columns.toldSegmentsOut[slot] = columns.segmentsOut[slot] = baseline.segmentsOut
        columns.toldSegmentsIn[slot] = columns.segmentsIn[slot] = baseline.segmentsIn
        columns.toldRetransmits[slot] = columns.retransmits[slot] = baseline.retransmits
        return
      }
    }
    if (born) return
    if (firstPass && !this.#baselines.restored) {
      flags[slot]! |= SocketFlag.existing | SocketFlag.openTold
      columns.toldSent[slot] = columns.sent[slot] = read64(words, at + SockWord.bytesSent)
      columns.toldReceived[slot] = columns.received[slot] = read64(words, at + SockWord.bytesReceived)
      columns.toldSegmentsOut[slot] = columns.segmentsOut[slot] = words[at + SockWord.segmentsOut]!
      columns.toldSegmentsIn[slot] = columns.segmentsIn[slot] = words[at + SockWord.segmentsIn]!
      columns.toldRetransmits[slot] = columns.retransmits[slot] = words[at + SockWord.retransmits]!
      return
    }
    flags[slot]! |= SocketFlag.openMissed
    if (firstPass && columns.protocol[slot] === Protocol.tcp && !isListening(words, at))
      this.counts.openedAway++
  }

  /** The record of the opening came after the first sample: nothing was counted before us. */
  #wasBorn(slot: number): void {
    const columns = this.columns
    if ((columns.flags[slot]! & SocketFlag.openRowTold) !== 0) return
    columns.flags[slot]! &= ~(SocketFlag.existing | SocketFlag.openMissed | SocketFlag.openTold)
    columns.toldSent[slot] = 0
    columns.toldReceived[slot] = 0
    columns.toldSegmentsOut[slot] = 0
    columns.toldSegmentsIn[slot] = 0
    columns.toldRetransmits[slot] = 0
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

  /** Returns whether anything moved since the last record. */
  #updateCounters(slot: number, words: Uint32Array, at: number, head: number): boolean {
    const columns = this.columns
    if (((head >>> 24) & RecordFlag.bytesUnknown) !== 0) {
      columns.flags[slot]! |= SocketFlag.bytesUnknown
      return false
    }
    const sent = read64(words, at + SockWord.bytesSent)
    const received = read64(words, at + SockWord.bytesReceived)
    let moved = sent > columns.sent[slot]! || received > columns.received[slot]!
    if (sent > columns.sent[slot]!) columns.sent[slot] = sent
    if (received > columns.received[slot]!) columns.received[slot] = received
    if (advance(columns.segmentsOut, slot, words[at + SockWord.segmentsOut]!)) moved = true
    if (advance(columns.segmentsIn, slot, words[at + SockWord.segmentsIn]!)) moved = true
    if (advance(columns.retransmits, slot, words[at + SockWord.retransmits]!)) moved = true
    const rttUs = words[at + SockWord.rttUs]!
    // Of a silent socket it is an old figure.
    if (rttUs === 0 || (!moved && (head & 0xff) !== RecordKind.state)) return moved
    columns.rttUs[slot] = rttUs
    columns.flags[slot]! |= SocketFlag.rttFresh
    return true
  }

  /** The kernel's table of UDP peers may forget one and begin it again at 0. */
  #updateUdpCounters(slot: number, words: Uint32Array, at: number): void {
    const columns = this.columns
    const sent = read64(words, at + SockWord.bytesSent)
    const received = read64(words, at + SockWord.bytesReceived)
    const out = words[at + SockWord.segmentsOut]!
    const incoming = words[at + SockWord.segmentsIn]!
    const restarted =
      sent < columns.sent[slot]! ||
      received < columns.received[slot]! ||
      ((out - columns.segmentsOut[slot]!) | 0) < 0 ||
      ((incoming - columns.segmentsIn[slot]!) | 0) < 0
    if (restarted) {
      columns.toldSent[slot]! -= columns.sent[slot]!
      columns.toldReceived[slot]! -= columns.received[slot]!
      columns.toldSegmentsOut[slot]! -= columns.segmentsOut[slot]!
      columns.toldSegmentsIn[slot]! -= columns.segmentsIn[slot]!
      columns.segmentsOut[slot] = 0
      columns.segmentsIn[slot] = 0
    }
    columns.sent[slot] = sent
    columns.received[slot] = received
    advance(columns.segmentsOut, slot, out)
    advance(columns.segmentsIn, slot, incoming)
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
    this.touch(slot)
  }

  #unlisten(slot: number): void {
    const { flags, netns, protocol, localPort } = this.columns
    if ((flags[slot]! & SocketFlag.listener) !== 0)
      this.listeners.remove(netns[slot]!, protocol[slot]!, localPort[slot]!, slot)
  }

  #chain(slot: number, cookie: number): void {
    const { cookieNext, cookiePrevious } = this.columns
    const first = this.#peersOf.get(cookie) ?? -1
    cookieNext[slot] = first
    cookiePrevious[slot] = -1
    if (first !== -1) cookiePrevious[first] = slot
    this.#peersOf.set(cookie, slot)
  }

  #unchain(slot: number): void {
    const { cookieNext, cookiePrevious, cookieLow, cookieHigh } = this.columns
    const next = cookieNext[slot]!
    const previous = cookiePrevious[slot]!
    if (next !== -1) cookiePrevious[next] = previous
    if (previous !== -1) {
      cookieNext[previous] = next
      return
    }
    const cookie = cookieHigh[slot]! * 4_294_967_296 + cookieLow[slot]!
    if (next === -1) this.#peersOf.delete(cookie)
    else this.#peersOf.set(cookie, next)
  }
}

/** Never 0, which is the socket itself. */
function udpDiscriminator(words: Uint32Array, at: number): number {
  return (hashEnd(words, at + SockWord.remote, words[at + SockWord.ports]! >>> 16) | 1) >>> 0
}

function isListening(words: Uint32Array, at: number): boolean {
  return ((words[at + SockWord.state]! >>> 8) & 0xff) === TcpState.listen
}

/** Adds what a counter modulo 2^32 went on by; a smaller value is an older record. */
function advance(column: Float64Array, slot: number, raw: number): boolean {
  const step = (raw - column[slot]!) | 0
  if (step <= 0) return false
  column[slot]! += step
  return true
}

function setFlag(flags: Uint32Array, slot: number, flag: number, on: boolean): void {
  if (on) flags[slot]! |= flag
  else flags[slot]! &= ~flag
}
