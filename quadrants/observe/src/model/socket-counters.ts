import { RecordFlag, RecordKind, SockWord } from '../kernel/record.ts'
import { SocketFlag, type SocketColumns } from './socket-columns.ts'
import { read64 } from '../kernel/word.ts'

/** Takes over the counters of a TCP socket. Returns whether anything moved since the last record. */
export function updateCounters(
  columns: SocketColumns,
  slot: number,
  words: Uint32Array,
  at: number,
  head: number,
): boolean {
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

/** Takes over the counters of a UDP peer, which the kernel's table may forget and begin again at 0. */
export function updateUdpCounters(
  columns: SocketColumns,
  slot: number,
  words: Uint32Array,
  at: number,
): void {
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

/** Adds what a counter modulo 2^32 went on by; a smaller value is an older record. */
function advance(column: Float64Array, slot: number, raw: number): boolean {
  const step = (raw - column[slot]!) | 0
  if (step <= 0) return false
  column[slot]! += step
  return true
}
