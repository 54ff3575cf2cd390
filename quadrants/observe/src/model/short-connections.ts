import { FlowEvent, Role } from '@quadrant/proto'
import { isOrderlyClose, Protocol, RecordKind, SOCK_WORDS, SockWord } from '../kernel/record.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { EdgeTable } from './edge-table.ts'
import { durationUs, FlowFlag, type FlowRow, type FlowRows } from './flow-rows.ts'
import type { ProcessIds } from './process-ids.ts'
import { MATCH_SLACK_NS } from './tuple-index.ts'
import { read64 } from '../kernel/word.ts'
import { mix32 } from './hash.ts'

/** Ends that wait for their other one at a time, a power of two. One that finds its place taken sends the other to the table. */
const PLACES = 1024

/**
 * Tells connections within this host whose whole life is in two records, the CLOSE of each end: as the connection
 * table would, but without a place in it. An end waits until the poll after its own; what is not matched by then, or
 * is out of the ordinary, goes to the table.
 */
export class ShortConnections {
  readonly #table: ConnectionTable
  readonly #edges: EdgeTable
  readonly #rows: FlowRows
  readonly #processes: ProcessIds
  readonly #words = new Uint32Array(PLACES * SOCK_WORDS)
  /** The turn in which an end came, 0 where there is none. */
  readonly #turns = new Uint32Array(PLACES)
  readonly #row: FlowRow = { event: 0, role: 0, ns: 0, counted: false, flags: FlowFlag.joined, durationUs: 0 }
  #turn = 1
  #count = 0
  #toldCount = 0

  constructor(
    table: ConnectionTable,
    parts: { readonly edges: EdgeTable; readonly rows: FlowRows; readonly processes: ProcessIds },
  ) {
    this.#table = table
    this.#edges = parts.edges
    this.#rows = parts.rows
    this.#processes = parts.processes
  }

  /** Takes a record, or returns false where the table must have it. */
  take(words: Uint32Array, at: number, startNs: number): boolean {
    if (!this.#isWhole(words, at)) {
      // It may be about an end that waits.
      if ((words[at]! & 0xff) === RecordKind.reset) this.release(true)
      return false
    }
    const place = placeOf(words, at)
    const parked = place * SOCK_WORDS
    if (this.#turns[place] !== 0) {
      if (mirrors(this.#words, parked, words, at)) {
        this.#turns[place] = 0
        this.#count--
        if (this.#tellPair(this.#words, parked, words, at, startNs)) return true
        this.#table.apply(this.#words, parked)
        return false
      }
      this.#table.apply(this.#words, parked)
    } else this.#count++
    for (let i = 0; i < SOCK_WORDS; i++) this.#words[parked + i] = words[at + i]!
    this.#turns[place] = this.#turn
    return true
  }

  /** Gives the table the ends that have waited for a turn, or all of them. To be called after each poll. */
  release(all: boolean): void {
    if (this.#count > 0)
      for (let place = 0; place < PLACES; place++) {
        const turn = this.#turns[place]!
        if (turn === 0 || (turn === this.#turn && !all)) continue
        this.#turns[place] = 0
        this.#count--
        this.#table.apply(this.#words, place * SOCK_WORDS)
      }
    this.#turn = (this.#turn % 0xffff_ffff) + 1
  }

  /** Ends told since the last call. */
  takeToldCount(): number {
    const count = this.#toldCount
    this.#toldCount = 0
    return count
  }

  /** Whether a record tells the whole life of a socket that nothing else is known of. */
  #isWhole(words: Uint32Array, at: number): boolean {
    if ((words[at]! & 0x00ff00ff) !== (RecordKind.state | (Protocol.tcp << 16))) return false
    if (!isOrderlyClose(words[at + SockWord.state]!)) return false
    if ((words[at + SockWord.established]! | words[at + SockWord.established + 1]!) === 0) return false
    const ports = words[at + SockWord.ports]!
    if ((ports & 0xffff) === 0 || ports >>> 16 === 0 || words[at + SockWord.tgid] === 0) return false
    return !this.#table.knows(words, at)
  }

  #tellPair(a: Uint32Array, atA: number, b: Uint32Array, atB: number, startNs: number): boolean {
    const openedA = read64(a, atA + SockWord.opened)
    const openedB = read64(b, atB + SockWord.opened)
    if ((openedA === 0) === (openedB === 0)) return false
    return openedA === 0 ? this.#tell(b, atB, a, atA, startNs) : this.#tell(a, atA, b, atB, startNs)
  }

  #tell(client: Uint32Array, atC: number, server: Uint32Array, atS: number, startNs: number): boolean {
    const accepted = read64(server, atS + SockWord.established)
    // Tuples are used again: two ends of one connection live at the same time.
    if (accepted < read64(client, atC + SockWord.opened)) return false
    if (accepted > read64(client, atC + SockWord.ts) + MATCH_SLACK_NS) return false
    const opener = this.#processes.ofRecord(client, atC)
    const closer = this.#processes.ofRecord(server, atS)
    if (opener === -1 || closer === -1) return false

    this.#table.countWhole(2)
    this.#toldCount += 2
    const port = client[atC + SockWord.ports]! >>> 16
    const edge = this.#edges.open(opener, closer, Protocol.tcp, port)
    // Each end asks for its edge.
    if (this.#edges.isOther(edge)) this.#edges.open(opener, closer, Protocol.tcp, port)
    this.#edges.addConnection(edge, client, atC, server[atS + SockWord.retransmits]!)
    this.#tellRows(client, atC, Role.CLIENT, opener, closer, startNs)
    this.#tellRows(server, atS, Role.SERVER, closer, opener, startNs)
    return true
  }

  #tellRows(
    words: Uint32Array,
    at: number,
    role: number,
    process: number,
    peer: number,
    startNs: number,
  ): void {
    const opens = this.#rows.admit(false)
    const row = this.#row
    row.role = role
    if (opens) {
      const establishedNs = read64(words, at + SockWord.established)
      row.event = role === Role.CLIENT ? FlowEvent.CONNECT : FlowEvent.ACCEPT
      row.ns = establishedNs
      row.counted = false
      row.durationUs = durationUs(openedNs(words, at), establishedNs)
      this.#rows.addRecord(row, words, at, process, peer, startNs)
    }
    if (!this.#rows.admit(false)) return
    row.event = FlowEvent.CLOSE
    row.ns = read64(words, at + SockWord.ts)
    row.counted = true
    row.durationUs = durationUs(openedNs(words, at), row.ns)
    this.#rows.addRecord(row, words, at, process, peer, startNs)
  }
}

function openedNs(words: Uint32Array, at: number): number {
  return read64(words, at + SockWord.opened) || read64(words, at + SockWord.established)
}

/** The same for both ends. Clients get their ports in turn: neighbours in time lie side by side. */
function placeOf(words: Uint32Array, at: number): number {
  let sum = 0
  for (let i = 0; i < 4; i++)
    sum = Math.imul(sum, 0x9e3779b1) + words[at + SockWord.local + i]! + words[at + SockWord.remote + i]!
  const ports = words[at + SockWord.ports]!
  return (mix32(sum) + (ports & 0xffff) + (ports >>> 16)) & (PLACES - 1)
}

/** Whether two records are of the two ends of one tuple, in one namespace. */
function mirrors(a: Uint32Array, atA: number, b: Uint32Array, atB: number): boolean {
  const ports = b[atB + SockWord.ports]!
  if (a[atA + SockWord.ports] !== ((ports >>> 16) | (ports << 16)) >>> 0) return false
  if (a[atA + SockWord.netns] !== b[atB + SockWord.netns]) return false
  // Family.
  if (((a[atA]! ^ b[atB]!) & 0xff00) !== 0) return false
  for (let i = 0; i < 4; i++) {
    if (a[atA + SockWord.local + i] !== b[atB + SockWord.remote + i]) return false
    if (a[atA + SockWord.remote + i] !== b[atB + SockWord.local + i]) return false
  }
  return true
}
