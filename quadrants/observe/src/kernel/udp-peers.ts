import type { BpfMap } from '@quadrant/ebpf'
import { RecordFlag, RecordKind, SOCK_BYTES, SOCK_WORDS, SockWord } from './record.ts'
import type { RecordSink } from './record-sink.ts'

/** Entries idle for longer are taken out when the table gets full. */
const IDLE_NS = 30_000_000_000n

/** The kernel stamps an entry before it counts, and the stamp may be this much older than the count. */
const STAMP_SLACK_NS = 100_000_000n

const FULL_SHARE = 0.75

export interface UdpPeersOptions {
  /** ns, CLOCK_MONOTONIC, as the kernel stamps entries. */
  readonly monotonicNs: () => bigint
}

/** Tells the edges of UDP sockets from the map that the cgroup hooks keep, and keeps the map from filling up. */
export class UdpPeers {
  readonly #map: BpfMap
  readonly #sink: RecordSink
  readonly #monotonicNs: () => bigint
  /** Records of closed sockets by cookie, told after their edges' last counters. */
  readonly #closed = new Map<number, Uint32Array>()
  readonly #gone: Uint8Array[] = []
  readonly #lastWords = new Uint32Array(SOCK_WORDS)
  readonly #last = new Uint8Array(this.#lastWords.buffer)
  /** When the last scan began. */
  #toldNs = 0n
  #count = 0
  #bytesKnown = false

  constructor(map: BpfMap, sink: RecordSink, options: UdpPeersOptions) {
    this.#map = map
    this.#sink = sink
    this.#monotonicNs = options.monotonicNs
  }

  /** Entries at the last scan. */
  get count(): number {
    return this.#count
  }

  /** Sockets closed since the last scan. A scan is due before they are as many as the table has room for. */
  get closedCount(): number {
    return this.#closed.size
  }

  /** Whether every byte and datagram is counted from now on. */
  set bytesKnown(known: boolean) {
    this.#bytesKnown = known
  }

  /** Keeps a UDP_CLOSE record until the socket's edges are told. */
  close(words: Uint32Array, at: number): void {
    this.#closed.set(cookieOf(words, at), words.slice(at, at + SOCK_WORDS))
  }

  /** Tells every edge that changed since the last time, and the closed sockets after them. */
  tell(): void {
    const now = this.#monotonicNs()
    const { keyBytes } = this.#map
    const changed = split(this.#toldNs > STAMP_SLACK_NS ? this.#toldNs - STAMP_SLACK_NS : 0n)
    const idle = split(this.#count > this.#map.maxEntries * FULL_SHARE ? now - IDLE_NS : 0n)
    this.#count = this.#map.lookupBatch((keys, values, count) => {
      const words = new Uint32Array(values.buffer, values.byteOffset, (count * SOCK_BYTES) >> 2)
      for (let entry = 0; entry < count; entry++) {
        const at = entry * SOCK_WORDS
        const isClosed = this.#closed.size > 0 && this.#closed.has(cookieOf(words, at))
        if (isClosed || isBefore(words, at, idle)) {
          this.#gone.push(keys.slice(entry * keyBytes, (entry + 1) * keyBytes))
        } else if (!isBefore(words, at, changed)) {
          this.#tellEntry(words, at, 0)
        }
      }
    })
    this.#toldNs = now
    this.#takeGone()
    for (const record of this.#closed.values()) this.#sink.socket(record, 0)
    this.#closed.clear()
  }

  /** Takes entries out and tells what they were in that moment: nothing counted meanwhile is lost. */
  #takeGone(): void {
    for (const key of this.#gone) {
      if (this.#map.lookupAndDelete(key, this.#last) !== undefined) {
        this.#tellEntry(this.#lastWords, 0, RecordFlag.forgotten)
      }
    }
    this.#count -= this.#gone.length
    this.#gone.length = 0
  }

  #tellEntry(words: Uint32Array, at: number, more: number): void {
    const head = words[at + SockWord.head]!
    let flags = (head >>> 24) | more
    if (this.#bytesKnown) flags &= ~(RecordFlag.messagesUnknown | RecordFlag.bytesUnknown)
    else flags |= RecordFlag.bytesUnknown
    words[at + SockWord.head] = (head & 0xffff00) | (flags << 24) | RecordKind.udpPeer
    this.#sink.socket(words, at)
  }
}

/** A time as the record has it. */
interface Halves {
  readonly low: number
  readonly high: number
}

function split(ns: bigint): Halves {
  return { low: Number(ns & 0xffffffffn), high: Number(ns >> 32n) }
}

function isBefore(words: Uint32Array, at: number, time: Halves): boolean {
  const high = words[at + SockWord.ts + 1]!
  return high < time.high || (high === time.high && words[at + SockWord.ts]! < time.low)
}

/** Cookies count up from 1 and stay far under 2^53. */
function cookieOf(words: Uint32Array, at: number): number {
  return words[at + SockWord.cookie + 1]! * 0x1_0000_0000 + words[at + SockWord.cookie]!
}
