import type { IterLink } from '@quadrant/ebpf'
import type { NetNamespace } from './pass-plan.ts'
import { Protocol, RecordKind, SOCK_BYTES, SOCK_WORDS, SockWord } from './record.ts'
import type { RecordSink } from './record-sink.ts'

/** The kernel fills at most 32 KiB a read; a buffer of several keeps a row from being split. */
const READ_BYTES = 256 * 1024

export interface PassesOptions {
  /** Attaches one of the programs pass_tcp, pass_udp, pass_owners. */
  attach(program: string): IterLink
  /** ns, CLOCK_MONOTONIC, as the kernel stamps records. */
  readonly monotonicNs: () => bigint
  /**
   * Called between the last row of a pass and its end: delivers the events that are waiting, so that a socket
   * that closed before it could be walked is known to be closed when the pass is judged.
   */
  beforeEnd(): void
  /** How many sockets the TCP passes so far walked over that tell nothing. */
  walkedOver(): number
  /** From now on TCP passes leave out sockets without news since then: ns, CLOCK_MONOTONIC; 0: none. */
  setNewsSince(ns: bigint): void
}

/** What a pass over a namespace found. */
export interface PassCount {
  /** When it began: ns, CLOCK_MONOTONIC. */
  readonly beginNs: bigint
  readonly rows: number
  /** Sockets in TIME_WAIT, and half-open ones: each costs a good part of a row. */
  readonly walkedOver: number
}

/** Iterator passes over the sockets of namespaces and over open files. */
export class Passes implements Disposable {
  readonly #sink: RecordSink
  readonly #options: PassesOptions
  readonly #tcp: IterLink
  readonly #udp: IterLink
  readonly #owners: IterLink
  readonly #buffer = new Uint8Array(READ_BYTES)
  readonly #words = new Uint32Array(this.#buffer.buffer)
  readonly #mark = new Uint32Array(SOCK_WORDS)

  constructor(sink: RecordSink, options: PassesOptions) {
    this.#sink = sink
    this.#options = options
    this.#tcp = options.attach('pass_tcp')
    this.#udp = options.attach('pass_udp')
    this.#owners = options.attach('pass_owners')
  }

  /**
   * One pass over the sockets of a namespace.
   *
   * @param sinceNs when the last one began: TCP sockets without news since are left out, and nothing is said of which
   *   are there; 0n: the pass is complete
   */
  namespace(namespace: NetNamespace, sinceNs = 0n): PassCount {
    const options = this.#options
    const before = options.walkedOver()
    const beginNs = options.monotonicNs()
    options.setNewsSince(sinceNs)
    const tcpRows =
      sinceNs === 0n
        ? this.#complete(this.#tcp, namespace, Protocol.tcp)
        : this.#rows(this.#tcp, namespace.path)
    const rows = tcpRows + this.#complete(this.#udp, namespace, Protocol.udp)
    return { beginNs, rows, walkedOver: options.walkedOver() - before }
  }

  /** Tells every socket that a process has open, in all namespaces. */
  owners(): number {
    return this.#rows(this.#owners)
  }

  [Symbol.dispose](): void {
    this.#tcp[Symbol.dispose]()
    this.#udp[Symbol.dispose]()
    this.#owners[Symbol.dispose]()
  }

  #complete(link: IterLink, namespace: NetNamespace, protocol: number): number {
    this.#tell(RecordKind.passBegin, namespace, protocol)
    const rows = this.#rows(link, namespace.path)
    this.#options.beforeEnd()
    this.#tell(RecordKind.passEnd, namespace, protocol)
    return rows
  }

  #tell(kind: number, namespace: NetNamespace, protocol: number): void {
    const mark = this.#mark
    const now = this.#options.monotonicNs()
    mark[SockWord.head] = kind | (protocol << 16)
    mark[SockWord.netns] = namespace.inode
    mark[SockWord.ts] = Number(now & 0xffffffffn)
    mark[SockWord.ts + 1] = Number(now >> 32n)
    this.#sink.socket(mark, 0)
  }

  #rows(link: IterLink, netnsPath?: string): number {
    using reader = link.open({ netnsPath })
    const buffer = this.#buffer
    const words = this.#words
    const sink = this.#sink
    let rows = 0
    let kept = 0
    for (;;) {
      const got = reader.read(kept === 0 ? buffer : buffer.subarray(kept))
      if (got === 0) return rows
      const end = kept + got
      let at = 0
      for (; at + SOCK_BYTES <= end; at += SOCK_BYTES) {
        sink.socket(words, at >> 2)
        rows += 1
      }
      kept = end - at
      if (kept > 0) buffer.copyWithin(0, at, end)
    }
  }
}
