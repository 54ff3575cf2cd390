import { SockWord } from '../kernel/record.ts'
import { AddressTable } from './address-table.ts'
import { HashChains } from './hash-chains.ts'
import { read64 } from '../kernel/word.ts'
import { mix32 } from './hash.ts'

/**
 * An end of an edge as one number: a process id of the process table (≥ 0), or one of these, or an id
 * of the address table below {@link End.firstAddress}.
 */
export const End = { edgeLimit: -1, addressLimit: -2, firstAddress: -16 } as const

function addressEnd(id: number): number {
  return End.firstAddress - id
}

/** The id in the address table of an end that is an address. */
export function addressOfEnd(end: number): number {
  return End.firstAddress - end
}

/** Sums of one edge in the current window, by position in its row of {@link EdgeTable.sums}. */
export const EdgeSum = {
  opened: 0,
  closed: 1,
  failed: 2,
  reset: 3,
  bytesToServer: 4,
  bytesToClient: 5,
  segmentsToServer: 6,
  segmentsToClient: 7,
  retransmits: 8,
  messagesToServer: 9,
  messagesToClient: 10,
  srttUsSum: 11,
  srttSamples: 12,
  srttUsMax: 13,
  connectUsSum: 14,
  connectSamples: 15,
  connectUsMax: 16,
  lastErrno: 17,
} as const
/** Sums of one edge. */
export const EDGE_SUMS = 18

/** Bits of {@link EdgeTable.traits}, kept for the life of an edge. */
export const EdgeTrait = { clientObserved: 1, serverObserved: 2, bytesUnknown: 4 } as const

/** Edges kept beyond the limit, for `~other`. */
const OTHER_EDGES = 64
/** Of them, for those whose both ends are `~other`: one a protocol. */
const OTHER_PAIR_EDGES = 4
/** Addresses that no edge used for so many ticks make room for others. */
const ADDRESS_IDLE_TICKS = 60

export interface EdgeLimits {
  /** Edges at once. */
  readonly edges: number
  /** Addresses at once that are ends of edges. */
  readonly addresses: number
}

/**
 * The edges that carry something now: who opened to whom, on which port. An edge lives as long as a
 * socket is told to it, so that an open connection keeps its edge without being looked up again.
 */
export class EdgeTable {
  readonly client: Int32Array
  readonly server: Int32Array
  /** protocol << 16 | server port. */
  readonly port: Uint32Array
  /** Open connections now. */
  readonly active: Int32Array
  /** {@link EDGE_SUMS} an edge, by {@link EdgeSum}. */
  readonly sums: Float64Array
  /** {@link EdgeTrait}s. */
  readonly traits: Uint8Array
  readonly addresses: AddressTable
  /** 1 where the window has something for the edge. */
  readonly touched: Uint8Array
  readonly #limit: number
  readonly #references: Int32Array
  readonly #used: Uint8Array
  readonly #chains: HashChains
  readonly #free: number[] = []
  readonly #addressTick: Uint32Array
  #highWater = 0
  #count = 0
  /** The one found last. */
  #last = 0
  #tick = 0
  #limitedCount = 0
  #limitedAddressCount = 0

  constructor(limits: EdgeLimits) {
    const capacity = limits.edges + OTHER_EDGES
    this.#limit = limits.edges
    this.client = new Int32Array(capacity)
    this.server = new Int32Array(capacity)
    this.port = new Uint32Array(capacity)
    this.active = new Int32Array(capacity)
    this.sums = new Float64Array(capacity * EDGE_SUMS)
    this.touched = new Uint8Array(capacity)
    this.traits = new Uint8Array(capacity)
    this.addresses = new AddressTable(limits.addresses)
    this.#addressTick = new Uint32Array(limits.addresses)
    this.#references = new Int32Array(capacity)
    this.#used = new Uint8Array(capacity)
    this.#chains = new HashChains(capacity)
  }

  /** Edges held. */
  get count(): number {
    return this.#count
  }

  /** One more than the largest edge ever used. */
  get highWater(): number {
    return this.#highWater
  }

  isUsed(edge: number): boolean {
    return this.#used[edge] === 1
  }

  /** How many times an edge, or an address, was asked for and `~other` was given, since the last call. */
  takeLimitedCounts(): { edges: number; addresses: number } {
    const counts = { edges: this.#limitedCount, addresses: this.#limitedAddressCount }
    this.#limitedCount = 0
    this.#limitedAddressCount = 0
    return counts
  }

  /** Whether an edge stands for those over the limit. */
  isOther(edge: number): boolean {
    return this.client[edge] === End.edgeLimit || this.server[edge] === End.edgeLimit
  }

  /** The end for an address, {@link End.addressLimit} when there are too many. */
  addressEnd(family: number, words: Uint32Array, at: number): number {
    const id = this.addresses.intern(family, words, at)
    if (id === -1) {
      this.#limitedAddressCount++
      return End.addressLimit
    }
    this.#addressTick[id] = this.#tick
    return addressEnd(id)
  }

  /** The edge between two ends. Over the limit the remote end, then both, become {@link End.edgeLimit}. */
  open(client: number, server: number, protocol: number, serverPort: number): number {
    const port = (protocol << 16) | serverPort
    const found = this.#find(client, server, port)
    if (found !== -1) return found
    if (this.#count < this.#limit) return this.#add(client, server, port)
    this.#limitedCount++
    const other = protocol << 16
    const nearClient = client >= 0 ? client : End.edgeLimit
    const nearServer = server >= 0 && client < 0 ? server : End.edgeLimit
    // The second cannot fail: two protocols, and places are kept for them.
    return this.#orAdd(nearClient, nearServer, other) ?? this.#orAdd(End.edgeLimit, End.edgeLimit, other)!
  }

  /** A socket is told to an edge, and keeps it. */
  hold(edge: number): void {
    this.#references[edge]!++
  }

  /** Gives up what {@link EdgeTable.hold} took. */
  release(edge: number): void {
    this.#references[edge]!--
  }

  add(edge: number, sum: number, value: number): void {
    this.sums[edge * EDGE_SUMS + sum]! += value
    this.touched[edge] = 1
  }

  set(edge: number, sum: number, value: number): void {
    this.sums[edge * EDGE_SUMS + sum] = value
    this.touched[edge] = 1
  }

  max(edge: number, sum: number, value: number): void {
    const at = edge * EDGE_SUMS + sum
    if (value > this.sums[at]!) this.sums[at] = value
    this.touched[edge] = 1
  }

  /** Adds a connection that came and went, by the last record of its client's end. */
  addConnection(edge: number, words: Uint32Array, at: number, serverRetransmits: number): void {
    const { sums } = this
    const to = edge * EDGE_SUMS
    sums[to + EdgeSum.opened]!++
    sums[to + EdgeSum.closed]!++
    sums[to + EdgeSum.bytesToServer]! += read64(words, at + SockWord.bytesSent)
    sums[to + EdgeSum.bytesToClient]! += read64(words, at + SockWord.bytesReceived)
    sums[to + EdgeSum.segmentsToServer]! += words[at + SockWord.segmentsOut]!
    sums[to + EdgeSum.segmentsToClient]! += words[at + SockWord.segmentsIn]!
    sums[to + EdgeSum.retransmits]! += words[at + SockWord.retransmits]! + serverRetransmits
    const rttUs = words[at + SockWord.rttUs]!
    if (rttUs !== 0) {
      sums[to + EdgeSum.srttUsSum]! += rttUs
      sums[to + EdgeSum.srttSamples]!++
      this.max(edge, EdgeSum.srttUsMax, rttUs)
    }
    const us = (read64(words, at + SockWord.established) - read64(words, at + SockWord.opened)) / 1000
    if (us > 0) {
      sums[to + EdgeSum.connectUsSum]! += us
      sums[to + EdgeSum.connectSamples]!++
      this.max(edge, EdgeSum.connectUsMax, us)
    }
    this.traits[edge]! |= EdgeTrait.clientObserved | EdgeTrait.serverObserved
    this.touched[edge] = 1
  }

  /** Begins the next window: sums are 0 again, and edges that nothing refers to are gone. */
  nextWindow(): void {
    this.#tick++
    for (let edge = 0; edge < this.#highWater; edge++) {
      if (this.#used[edge] === 0) continue
      if (this.touched[edge] === 1) this.sums.fill(0, edge * EDGE_SUMS, (edge + 1) * EDGE_SUMS)
      this.touched[edge] = 0
      if (this.client[edge]! <= End.firstAddress)
        this.#addressTick[addressOfEnd(this.client[edge]!)] = this.#tick
      if (this.server[edge]! <= End.firstAddress)
        this.#addressTick[addressOfEnd(this.server[edge]!)] = this.#tick
      if (this.#references[edge] === 0) this.#remove(edge)
    }
    if (this.#tick % ADDRESS_IDLE_TICKS === 0)
      this.addresses.retain((id) => this.#tick - this.#addressTick[id]! < ADDRESS_IDLE_TICKS)
  }

  #find(client: number, server: number, port: number): number {
    const last = this.#last
    if (
      this.client[last] === client &&
      this.server[last] === server &&
      this.port[last] === port &&
      this.#used[last] === 1
    )
      return last
    const { next } = this.#chains
    for (let at = this.#chains.first(hash(client, server, port)); at !== -1; at = next[at]!)
      if (this.client[at] === client && this.server[at] === server && this.port[at] === port)
        return (this.#last = at)
    return -1
  }

  #orAdd(client: number, server: number, port: number): number | undefined {
    const found = this.#find(client, server, port)
    if (found !== -1) return found
    const reserve = client === End.edgeLimit && server === End.edgeLimit ? 0 : OTHER_PAIR_EDGES
    return this.#count < this.client.length - reserve ? this.#add(client, server, port) : undefined
  }

  #add(client: number, server: number, port: number): number {
    const edge = this.#free.pop() ?? this.#highWater++
    this.client[edge] = client
    this.server[edge] = server
    this.port[edge] = port
    this.#references[edge] = 0
    this.active[edge] = 0
    this.traits[edge] = 0
    this.#used[edge] = 1
    this.#chains.add(hash(client, server, port), edge)
    this.#count++
    return edge
  }

  #remove(edge: number): void {
    this.#chains.remove(hash(this.client[edge]!, this.server[edge]!, this.port[edge]!), edge)
    this.#used[edge] = 0
    this.#free.push(edge)
    this.#count--
  }
}

function hash(client: number, server: number, port: number): number {
  return mix32(Math.imul(client, 0x9e3779b1) ^ Math.imul(server, 0x85ebca6b) ^ port)
}
