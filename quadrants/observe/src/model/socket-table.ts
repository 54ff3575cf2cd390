import { Protocol, SockWord } from '../kernel/record.ts'
import { NO_BASELINES, type BaselineSource } from './baseline.ts'
import { ClosingSlots } from './closing-slots.ts'
import type { ConnectionCounts } from './connection-counts.ts'
import { CookieIndex } from './cookie-index.ts'
import { DirtySlots } from './dirty-slots.ts'
import { setBaseline } from './first-sight.ts'
import { ListenerIndex } from './listener-index.ts'
import { NamespaceTable } from './namespace-passes.ts'
import { PeerChains } from './peer-chains.ts'
import type { ProcessIds } from './process-ids.ts'
import { SlotPool } from './slot-pool.ts'
import { clearSlot, ProcessRank, socketColumns, SocketFlag, type SocketColumns } from './socket-columns.ts'
import { TupleIndex } from './tuple-index.ts'
import { read64 } from '../kernel/word.ts'

/** Some 200 bytes each. */
const CONNECTIONS_MAX = 131_072
/** Closed between two polls; more wait for the tick. */
const CLOSING_MAX = 16_384

export interface SocketTableOptions {
  /** Most sockets and UDP peers at once. Default 131,072. */
  readonly connections?: number
  /** Default: none. */
  readonly baselines?: BaselineSource
}

/** The sockets of the host, a slot each: what is known of them, and every way to find one. Nothing here makes an object. */
export class SocketTable {
  readonly columns: SocketColumns
  readonly tuples: TupleIndex
  readonly listeners = new ListenerIndex()
  readonly namespaces = new NamespaceTable()
  readonly dirty: DirtySlots
  readonly closing = new ClosingSlots(CLOSING_MAX)
  readonly #counts: ConnectionCounts
  readonly #slots: SlotPool
  readonly #cookies: CookieIndex
  readonly #peers: PeerChains
  readonly #processes: ProcessIds
  readonly #baselines: BaselineSource

  constructor(processes: ProcessIds, counts: ConnectionCounts, options: SocketTableOptions = {}) {
    this.columns = socketColumns(options.connections ?? CONNECTIONS_MAX)
    this.tuples = new TupleIndex(this.columns)
    this.dirty = new DirtySlots(this.columns.flags)
    this.#counts = counts
    this.#slots = new SlotPool(this.columns.capacity)
    this.#cookies = new CookieIndex(this.columns)
    this.#peers = new PeerChains(this.columns)
    this.#processes = processes
    this.#baselines = options.baselines ?? NO_BASELINES
  }

  /** Slots in use. */
  get count(): number {
    return this.#slots.count
  }

  /** One more than the largest slot ever used. */
  get highWater(): number {
    return this.#slots.highWater
  }

  /** The slot of a record's cookie, or -1. `discriminator` is 0 for a socket, else a hash of the remote end of a UDP peer. */
  find(words: Uint32Array, at: number, discriminator: number): number {
    return this.#cookies.find(words[at + SockWord.cookie]!, words[at + SockWord.cookie + 1]!, discriminator)
  }

  /** The slot of a TCP socket by its cookie, or -1. */
  findCookie(cookie: number): number {
    return this.#cookies.find(cookie >>> 0, Math.floor(cookie / 2 ** 32), 0)
  }

  /** The first slot of the peers of a record's UDP socket, or -1; {@link SocketColumns.cookieNext} leads to the others. */
  firstPeer(words: Uint32Array, at: number): number {
    return this.#peers.firstOf(read64(words, at + SockWord.cookie))
  }

  /** Adds a peer to those of its UDP socket. */
  addPeer(slot: number, words: Uint32Array, at: number): void {
    this.#peers.add(slot, read64(words, at + SockWord.cookie))
  }

  /** A socket is not found by its cookie any more: what comes next under it is another connection. */
  renew(slot: number): void {
    this.#cookies.remove(slot)
  }

  /**
   * A slot for a socket that is seen for the first time, or -1 when there is no room.
   *
   * @param born its beginning is told: nothing was counted before us
   */
  create(words: Uint32Array, at: number, head: number, discriminator: number, born: boolean): number {
    const columns = this.columns
    const slot = this.#slots.take()
    if (slot === -1) {
      this.#counts.connectionLimit++
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
    if (setBaseline(columns, slot, words, at, this.#baselines, born, firstPass)) this.#counts.openedAway++
    this.dirty.add(slot)
    return slot
  }

  /** Takes over the addresses as they become known, and indexes the tuple once it is whole. */
  updateTuple(slot: number, words: Uint32Array, at: number, head: number): void {
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

  /** Notes that a record's process holds a socket, where that is not known better. */
  assign(slot: number, words: Uint32Array, at: number, rank: number): void {
    if (rank <= this.columns.processRank[slot]! || words[at + SockWord.tgid] === 0) return
    const id = this.#processes.ofRecord(words, at)
    if (id === -1) return
    this.setProcess(slot, id, rank)
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

  /** The owner of the listening socket serves, until it is known better. */
  assumeListener(slot: number): void {
    const { process, netns, protocol, localPort } = this.columns
    if (process[slot] !== -1) return
    const listeners = this.listeners.at(netns[slot]!, protocol[slot]!, localPort[slot]!)
    if (!listeners) return
    let only = -1
    for (const listener of listeners) {
      const holder = process[listener]!
      if (holder === -1) continue
      if (only !== -1 && only !== holder) return
      only = holder
    }
    if (only !== -1) this.setProcess(slot, only, ProcessRank.listener)
  }

  /** Notes that a socket listens (TCP) or is bound without a peer (UDP). */
  listen(slot: number): void {
    const { flags, netns, protocol, localPort } = this.columns
    if ((flags[slot]! & SocketFlag.listener) !== 0 || localPort[slot] === 0) return
    flags[slot]! |= SocketFlag.listener
    this.listeners.add(netns[slot]!, protocol[slot]!, localPort[slot]!, slot)
    this.dirty.add(slot)
  }

  /** Takes a socket out of the listeners, if it is among them. */
  unlisten(slot: number): void {
    const { flags, netns, protocol, localPort } = this.columns
    if ((flags[slot]! & SocketFlag.listener) !== 0)
      this.listeners.remove(netns[slot]!, protocol[slot]!, localPort[slot]!, slot)
  }

  /** Marks a socket that vanished, or a UDP peer that fell silent, as closed. */
  closeUnseen(slot: number, ns: number, flag: number): void {
    const { flags, closedNs } = this.columns
    closedNs[slot] = ns
    flags[slot]! |= SocketFlag.closed | flag
    this.unlisten(slot)
    this.dirty.add(slot)
  }

  /** Gives a slot back. It must not be among the dirty ones. */
  free(slot: number): void {
    const columns = this.columns
    const flags = columns.flags[slot]!
    this.unlisten(slot)
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
}
