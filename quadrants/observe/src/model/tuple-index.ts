import { Family, Protocol } from '../kernel/record.ts'
import { HashChains } from './hash-chains.ts'
import { SocketFlag, type SocketColumns } from './socket-columns.ts'
import { hashEnd, mix32 } from './hash.ts'

/** What looking for the other end found. */
export const TupleSearch = { none: -1, ambiguous: -2 } as const

/** A server's end may be made this long after the client's end closed: packets wait in a backlog. */
export const MATCH_SLACK_NS = 100_000_000

/**
 * Finds the other end of a connection on the same host: the socket whose local end is our remote one
 * and the other way round. Both ends hash alike, so they are in one chain.
 */
export class TupleIndex {
  readonly #columns: SocketColumns
  readonly #chains: HashChains

  constructor(columns: SocketColumns) {
    this.#columns = columns
    this.#chains = new HashChains(columns.capacity)
  }

  add(slot: number): void {
    this.#chains.add(this.#hash(slot), slot)
    this.#columns.flags[slot]! |= SocketFlag.inTupleIndex
  }

  remove(slot: number): void {
    if (this.#chains.remove(this.#hash(slot), slot)) this.#columns.flags[slot]! &= ~SocketFlag.inTupleIndex
  }

  /**
   * The slot of the other end, or a {@link TupleSearch}. An end in the same network namespace wins over
   * one elsewhere; loopback addresses are only looked for in the same one. Two that fit equally in different
   * namespaces are ambiguous (containers may reuse addresses), and then neither is taken.
   */
  findOtherEnd(slot: number): number {
    const { netns } = this.#columns
    const { next } = this.#chains
    let same: number = TupleSearch.none
    let other: number = TupleSearch.none
    for (let at = this.#chains.first(this.#hash(slot)); at !== -1; at = next[at]!) {
      if (at === slot || this.#isTaken(at) || !this.#mirrors(slot, at)) continue
      if (netns[at] === netns[slot]) same = same === TupleSearch.none ? at : this.#nearer(slot, same, at)
      else if (this.#isLoopback(slot) || other === TupleSearch.ambiguous) continue
      else if (other === TupleSearch.none) other = at
      else other = netns[other] === netns[at] ? this.#nearer(slot, other, at) : TupleSearch.ambiguous
    }
    return same === TupleSearch.none ? other : same
  }

  /** Whether an end has its other end. A UDP server's end is free again when its client closed. */
  #isTaken(slot: number): boolean {
    const { flags, peer, protocol } = this.#columns
    if ((flags[slot]! & SocketFlag.joined) === 0) return false
    if (protocol[slot] !== Protocol.udp || peer[slot] === -1 || (flags[slot]! & SocketFlag.closed) !== 0)
      return true
    return (flags[peer[slot]!]! & SocketFlag.closed) === 0
  }

  /** Of two with one tuple in one namespace, which only can have lived one after the other. */
  #nearer(slot: number, a: number, b: number): number {
    const { openNs, protocol } = this.#columns
    // A UDP server's socket outlives its clients: the newest is the one that it serves.
    if (protocol[slot] === Protocol.udp) return openNs[a]! >= openNs[b]! ? a : b
    return Math.abs(openNs[a]! - openNs[slot]!) <= Math.abs(openNs[b]! - openNs[slot]!) ? a : b
  }

  #mirrors(a: number, b: number): boolean {
    const { localPort, remotePort, protocol, family, openNs, closedNs } = this.#columns
    if (localPort[a] !== remotePort[b] || remotePort[a] !== localPort[b]) return false
    if (protocol[a] !== protocol[b] || family[a] !== family[b]) return false
    // Tuples are reused: two sockets of one connection live at the same time.
    if (closedNs[a] !== 0 && openNs[b]! > closedNs[a]! + MATCH_SLACK_NS) return false
    if (closedNs[b] !== 0 && openNs[a]! > closedNs[b]! + MATCH_SLACK_NS) return false
    const anyLocal = protocol[a] === Protocol.udp
    return this.#reaches(a, b, anyLocal) && this.#reaches(b, a, anyLocal)
  }

  /** Whether a's remote address is b's local one; an unbound UDP socket has none and takes any. */
  #reaches(a: number, b: number, anyLocal: boolean): boolean {
    const { local, remote } = this.#columns
    let equal = true
    let unbound = true
    for (let i = 0; i < 4; i++) {
      const word = local[b * 4 + i]!
      if (word !== 0) unbound = false
      if (word !== remote[a * 4 + i]) equal = false
    }
    return equal || (anyLocal && unbound)
  }

  #isLoopback(slot: number): boolean {
    const { family, remote } = this.#columns
    // The words are as in memory, little endian: the first byte of an IPv4 address is the low one.
    if (family[slot] === Family.inet) return (remote[slot * 4]! & 0xff) === 127
    const at = slot * 4
    return remote[at] === 0 && remote[at + 1] === 0 && remote[at + 2] === 0 && remote[at + 3] === 0x01000000
  }

  #hash(slot: number): number {
    const { local, remote, localPort, remotePort, protocol } = this.#columns
    // A UDP socket may have no local address: only the ports are sure to be the same at both ends.
    if (protocol[slot] === Protocol.udp) return mix32(localPort[slot]!) + mix32(remotePort[slot]!)
    // Clients get their ports in turn: neighbours in time lie side by side.
    const addresses = hashEnd(local, slot * 4, 0) + hashEnd(remote, slot * 4, 0)
    return addresses + localPort[slot]! + remotePort[slot]!
  }
}
