import type { HostClock } from '../discover/host-clock.ts'
import { listPids, readStat, readText } from '../discover/proc-files.ts'
import { Protocol, RecordFlag, RecordKind, SOCK_WORDS, SockWord, TcpState } from '../kernel/record.ts'
import type { RecordSink } from '../kernel/record-sink.ts'
import { write64 } from '../kernel/word.ts'
import { mix32 } from '../model/hash.ts'
import { type NetSocket, parseNetTable } from './net-table.ts'
import { findSocketHolders } from './socket-holders.ts'

/** High word of a made-up cookie, so that it is not a small number like the kernel's and stays below 2^53. */
const COOKIE_MARK = 0x10_0000

export interface ProcSourceOptions {
  readonly clock: HostClock
  /** Default `/proc`. */
  readonly procRoot?: string
}

/** What one look through the namespaces found. */
export interface ProcSample {
  readonly namespaceCount: number
  readonly socketCount: number
  /** Lines that were not understood. */
  readonly skippedCount: number
}

/**
 * Sockets as /proc/net tells them, written as the same records that the kernel programs write. Needs no
 * rights, and sees less: no byte counts, and nothing of what opens and closes between two looks.
 */
export class ProcSource {
  readonly #sink: RecordSink
  readonly #clock: HostClock
  readonly #procRoot: string
  readonly #record = new Uint32Array(SOCK_WORDS)
  /** Sockets of the last look by inode: what an owner record needs. */
  #sockets = new Map<number, { netns: number; protocol: number; socket: NetSocket }>()
  #hiddenCount = 0

  constructor(sink: RecordSink, options: ProcSourceOptions) {
    this.#sink = sink
    this.#clock = options.clock
    this.#procRoot = options.procRoot ?? '/proc'
  }

  /** Processes whose open files the last {@link ProcSource.owners} was not allowed to read. */
  get hiddenProcessCount(): number {
    return this.#hiddenCount
  }

  /** Tells every socket of the namespaces; `pid` is a process in each. */
  sample(namespaces: readonly { readonly inode: number; readonly pid: number }[]): ProcSample {
    this.#sockets = new Map()
    let namespaceCount = 0
    let skippedCount = 0
    for (const { inode, pid } of namespaces) {
      if (pid === 0) continue
      namespaceCount++
      skippedCount += this.#pass(inode, Protocol.tcp, [`${pid}/net/tcp`, `${pid}/net/tcp6`])
      skippedCount += this.#pass(inode, Protocol.udp, [`${pid}/net/udp`, `${pid}/net/udp6`])
    }
    return { namespaceCount, socketCount: this.#sockets.size, skippedCount }
  }

  /** Tells which process holds which of the sockets of the last look. */
  owners(): void {
    const { pidOf, hiddenCount } = findSocketHolders(this.#procRoot, listPids(this.#procRoot))
    this.#hiddenCount = hiddenCount
    const starts = new Map<number, number>()
    for (const [inode, { netns, protocol, socket }] of this.#sockets) {
      const pid = pidOf.get(inode)
      if (pid === undefined) continue
      let ticks = starts.get(pid)
      if (ticks === undefined) {
        ticks = readStat(this.#procRoot, pid)?.startTicks ?? 0
        starts.set(pid, ticks)
      }
      this.#write(RecordKind.owner, netns, protocol, socket)
      this.#record[SockWord.tgid] = pid
      write64(this.#record, SockWord.start, ticks * 1e7)
      this.#sink.socket(this.#record, 0)
    }
  }

  #pass(netns: number, protocol: number, files: readonly string[]): number {
    this.#mark(RecordKind.passBegin, netns, protocol)
    let skipped = 0
    for (const file of files) {
      const table = parseNetTable(readText(`${this.#procRoot}/${file}`, Number.POSITIVE_INFINITY))
      skipped += table.skipped
      for (const socket of table.sockets) {
        // No process holds it: TIME_WAIT, or not accepted yet.
        if (socket.inode === 0) continue
        this.#sockets.set(socket.inode, { netns, protocol, socket })
        this.#write(RecordKind.sample, netns, protocol, socket)
        this.#sink.socket(this.#record, 0)
      }
    }
    this.#mark(RecordKind.passEnd, netns, protocol)
    return skipped
  }

  #mark(kind: number, netns: number, protocol: number): void {
    this.#record.fill(0)
    this.#record[SockWord.head] = kind | (protocol << 16)
    this.#record[SockWord.netns] = netns
    write64(this.#record, SockWord.ts, this.#clock.monotonicNs())
    this.#sink.socket(this.#record, 0)
  }

  #write(kind: number, netns: number, protocol: number, socket: NetSocket): void {
    const record = this.#record
    record.fill(0)
    const flags = RecordFlag.bytesUnknown | RecordFlag.messagesUnknown
    record[SockWord.head] = kind | (socket.family << 8) | (protocol << 16) | (flags << 24)
    record[SockWord.netns] = netns
    write64(record, SockWord.ts, this.#clock.monotonicNs())
    record[SockWord.cookie] = socket.inode
    // Inode numbers come back: another connection with the same one is another socket.
    const connection = protocol === Protocol.tcp && socket.state !== TcpState.listen
    const remoteHash = connection
      ? mix32(socket.remotePort ^ Math.imul(socket.remote[0], 0x9e3779b1)) & 0xffff
      : 0
    record[SockWord.cookie + 1] = COOKIE_MARK | remoteHash
    record.set(socket.local, SockWord.local)
    record.set(socket.remote, SockWord.remote)
    record[SockWord.ports] = socket.localPort | (socket.remotePort << 16)
    record[SockWord.state] = socket.state | (socket.state << 8)
    record[SockWord.uid] = socket.uid
  }
}
