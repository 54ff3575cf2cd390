import { formatAddress } from '@quadrant/core'
import { ProcessWord, SOCK_WORDS, SockWord } from './record.ts'
import type { RecordSink } from './record-sink.ts'

/** A socket record as an object: for tests and inspection, not for live traffic. */
export interface SocketEntry {
  readonly kind: number
  readonly family: number
  readonly protocol: number
  readonly flags: number
  readonly netns: number
  readonly ts: bigint
  readonly cookie: bigint
  readonly local: string
  readonly localPort: number
  readonly remote: string
  readonly remotePort: number
  readonly tgid: number
  readonly start: bigint
  readonly bytesSent: bigint
  readonly bytesReceived: bigint
  readonly segmentsOut: number
  readonly segmentsIn: number
  readonly retransmits: number
  readonly rttUs: number
  readonly oldState: number
  readonly newState: number
  readonly error: number
  readonly uid: number
  readonly comm: string
  readonly cgroup: bigint
  readonly opened: bigint
  readonly established: bigint
}

export interface ProcessEntry {
  readonly kind: number
  readonly netns: number
  readonly ts: bigint
  readonly tgid: number
  readonly parentTgid: number
  readonly start: bigint
  readonly parentStart: bigint
  readonly uid: number
  readonly exitCode: number
  readonly cgroup: bigint
  readonly comm: string
  readonly filename: string
  readonly argv: readonly string[]
  readonly argvTotal: number
}

/** Keeps every record that it is told, decoded. */
export class RecordLog implements RecordSink {
  readonly sockets: SocketEntry[] = []
  readonly processes: ProcessEntry[] = []

  socket(words: Uint32Array, at: number): void {
    this.sockets.push(readSocketEntry(words, at))
  }

  process(words: Uint32Array, at: number, byteLength: number): void {
    this.processes.push(readProcessEntry(words, at, byteLength))
  }
}

export function readSocketEntry(words: Uint32Array, at: number): SocketEntry {
  const record = words.slice(at, at + SOCK_WORDS)
  const bytes = new Uint8Array(record.buffer)
  const word = (offset: number): number => record[offset] ?? 0
  const long = (offset: number): bigint => BigInt(word(offset)) | (BigInt(word(offset + 1)) << 32n)
  const family = bytes[1] ?? 0
  const address = (offset: number): string =>
    formatAddress(bytes.subarray(offset * 4, offset * 4 + (family === 2 ? 4 : 16)))
  return {
    kind: bytes[0] ?? 0,
    family,
    protocol: bytes[2] ?? 0,
    flags: bytes[3] ?? 0,
    netns: word(SockWord.netns),
    ts: long(SockWord.ts),
    cookie: long(SockWord.cookie),
    local: address(SockWord.local),
    localPort: word(SockWord.ports) & 0xffff,
    remote: address(SockWord.remote),
    remotePort: word(SockWord.ports) >>> 16,
    tgid: word(SockWord.tgid),
    start: long(SockWord.start),
    bytesSent: long(SockWord.bytesSent),
    bytesReceived: long(SockWord.bytesReceived),
    segmentsOut: word(SockWord.segmentsOut),
    segmentsIn: word(SockWord.segmentsIn),
    retransmits: word(SockWord.retransmits),
    rttUs: word(SockWord.rttUs),
    oldState: word(SockWord.state) & 0xff,
    newState: (word(SockWord.state) >> 8) & 0xff,
    error: word(SockWord.state) >>> 16,
    uid: word(SockWord.uid),
    comm: text(bytes, SockWord.comm * 4, 16),
    cgroup: long(SockWord.cgroup),
    opened: long(SockWord.opened),
    established: long(SockWord.established),
  }
}

export function readProcessEntry(words: Uint32Array, at: number, byteLength: number): ProcessEntry {
  const record = words.slice(at, at + (byteLength >> 2))
  const bytes = new Uint8Array(record.buffer)
  const word = (offset: number): number => record[offset] ?? 0
  const long = (offset: number): bigint => BigInt(word(offset)) | (BigInt(word(offset + 1)) << 32n)
  const argvBytes = word(ProcessWord.textBytes) >>> 16
  const argv = text(bytes, ProcessWord.argv * 4, argvBytes, false)
  return {
    kind: bytes[0] ?? 0,
    netns: word(ProcessWord.netns),
    ts: long(ProcessWord.ts),
    tgid: word(ProcessWord.tgid),
    parentTgid: word(ProcessWord.parentTgid),
    start: long(ProcessWord.start),
    parentStart: long(ProcessWord.parentStart),
    uid: word(ProcessWord.uid),
    exitCode: word(ProcessWord.exitCode),
    cgroup: long(ProcessWord.cgroup),
    comm: text(bytes, ProcessWord.comm * 4, 16),
    filename: text(bytes, ProcessWord.filename * 4, word(ProcessWord.textBytes) & 0xffff),
    argv: argvBytes === 0 ? [] : argv.replace(/\0$/, '').split('\0'),
    argvTotal: word(ProcessWord.argvTotal),
  }
}

function text(bytes: Uint8Array, from: number, byteLength: number, isEnded = true): string {
  const all = bytes.subarray(from, from + byteLength)
  const end = isEnded ? all.indexOf(0) : -1
  return new TextDecoder().decode(end === -1 ? all : all.subarray(0, end))
}
