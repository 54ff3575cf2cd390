import {
  type BpfMap,
  Collection,
  EbpfError,
  openRingBuffer,
  type Program,
  type RecordReader,
} from '@quadrant/ebpf'
import type { NetworkNamespace } from '../discover/namespaces.ts'
import type { DropCount, StageCount } from '../kernel/loss.ts'
import { readObject } from '../kernel/objects.ts'
import { type ProgramReport, reportProgram } from '../kernel/programs.ts'
import type { AskedServer } from './asked-servers.ts'
import { DNS_COUNT, type DnsRecord, readDnsRecord } from './dns-record.ts'
import { readNameServers } from './resolver-file.ts'
import { ServerSockets } from './server-sockets.ts'

/** Of one poll: some 10 ms. */
const POLLED_RECORDS_MAX = 2048
/** Whose resolvers' files are read, every five seconds. */
const NAMESPACES_MAX = 128

/** Takes an answer and the namespace in which it came. */
export type OnAnswer = (netns: number, record: DnsRecord) => void

/** Answers as the kernel delivers them, of the name servers that it was told of, in network namespaces that it was told of. */
export interface DnsSource extends Disposable {
  /** All namespaces there are. Listens to the servers that resolvers in them have been set up with. */
  follow(namespaces: readonly NetworkNamespace[], nowNs: number): void
  /** Listens to servers that somebody asked. */
  ask(servers: Iterable<AskedServer>, nowNs: number): void
  /** Lets go of namespaces that nobody is in, and of servers that nobody asks. */
  release(nowNs: number): void
  /** Delivers what waits; returns how many. */
  poll(): number
  programs(): readonly ProgramReport[]
  /** Cumulative. */
  drops(): readonly DropCount[]
  stages(): readonly StageCount[]
  blindSpots(): readonly string[]
}

/** Loads the programs. @throws {EbpfError} what the kernel refused */
export function openDnsSource(onAnswer: OnAnswer): DnsSource {
  return new KernelDnsSource(onAnswer)
}

class KernelDnsSource implements DnsSource {
  readonly #onAnswer: OnAnswer
  readonly #owned = new DisposableStack()
  readonly #programs: readonly Program[]
  readonly #counts: BpfMap
  readonly #reader: RecordReader
  readonly #sockets: ServerSockets
  #unreadable = 0
  #forsaken = 0

  constructor(onAnswer: OnAnswer) {
    this.#onAnswer = onAnswer
    using undo = new DisposableStack()
    const collection = undo.use(Collection.load(readObject('dns', 'ring')))
    this.#counts = collection.map('dns_counts')
    this.#reader = undo.use(openRingBuffer(collection.map('dns_records')))
    const [v4, v6] = [collection.program('dns4'), collection.program('dns6')]
    this.#programs = [v4, v6]
    this.#sockets = undo.use(new ServerSockets({ v4, v6 }))
    this.#owned.use(undo.move())
  }

  follow(namespaces: readonly NetworkNamespace[], nowNs: number): void {
    this.#sockets.follow(namespaces)
    for (const namespace of namespaces.slice(0, NAMESPACES_MAX))
      for (const server of readNameServers(namespace))
        this.#sockets.want({ netns: namespace.inode, server }, nowNs, false)
  }

  ask(servers: Iterable<AskedServer>, nowNs: number): void {
    for (const server of servers) this.#sockets.want(server, nowNs, true)
  }

  release(nowNs: number): void {
    this.#sockets.release(nowNs)
  }

  poll(): number {
    return this.#reader.drain(this.#onRecord, POLLED_RECORDS_MAX)
  }

  programs(): readonly ProgramReport[] {
    return this.#programs.map(reportProgram)
  }

  drops(): readonly DropCount[] {
    const counts = this.#readCounts()
    const drop = (reason: string, count: number): DropCount => ({ stage: 'kernel.dns', reason, count })
    return [
      drop('ring full', counts[DNS_COUNT.ringFull]!),
      drop('too large', counts[DNS_COUNT.tooLarge]!),
      drop('cut', counts[DNS_COUNT.cut]!),
      drop('unreadable', counts[DNS_COUNT.unreadable]! + this.#unreadable),
      drop('socket gone', this.#forsaken),
      drop('first asked', this.#sockets.lateCount),
    ]
  }

  stages(): readonly StageCount[] {
    const counts = this.#readCounts()
    const seen = counts.reduce((sum, count) => sum + count, 0)
    return [{ stage: 'kernel.dns', seen, kept: counts[DNS_COUNT.kept]! }]
  }

  blindSpots(): readonly string[] {
    return [
      'names of addresses come from answers over UDP, port 53, of name servers that were asked from this host: those over TCP, TLS and HTTPS, and those from a cache within a program, are not seen',
      `the first answers of a name server that is not in the resolv.conf of its network namespace are not seen, for up to a second (${this.#sockets.lateCount} servers so far), nor those in a network namespace that is younger than five`,
      ...this.#sockets.refused.blindSpots(),
    ]
  }

  [Symbol.dispose](): void {
    this.#owned.dispose()
  }

  readonly #onRecord = (words: Uint32Array, at: number, byteLength: number): void => {
    const record = readDnsRecord(words, at, byteLength)
    if (record === undefined) {
      this.#unreadable++
      return
    }
    const netns = this.#sockets.heard(record.socket, record.ns)
    if (netns === undefined) this.#forsaken++
    else this.#onAnswer(netns, record)
  }

  #readCounts(): number[] {
    const value = this.#counts
    const view = new DataView(new ArrayBuffer(8 * value.cpuCount))
    const bytes = new Uint8Array(view.buffer)
    return Object.values(DNS_COUNT).map((index) => {
      value.lookup(new Uint8Array(new Uint32Array([index]).buffer), bytes)
      let count = 0
      for (let at = 0; at < bytes.length; at += 8) count += Number(view.getBigUint64(at, true))
      return count
    })
  }
}

/** What the kernel refuses is no reason not to observe the rest. */
export function tryDnsSource(onAnswer: OnAnswer): DnsSource | string {
  try {
    return openDnsSource(onAnswer)
  } catch (error) {
    if (!(error instanceof EbpfError)) throw error
    return error.message
  }
}
