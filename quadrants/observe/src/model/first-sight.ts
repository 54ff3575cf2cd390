import { Protocol, SockWord, TcpState } from '../kernel/record.ts'
import type { BaselineSource } from './baseline.ts'
import { SocketFlag, type SocketColumns } from './socket-columns.ts'
import { read64 } from '../kernel/word.ts'

/**
 * Decides which part of a socket's counters is news, when it is first seen. Returns true where a socket was opened
 * while no agent ran.
 *
 * @param born its beginning is told: nothing was counted before us
 * @param firstPass no pass over its namespace is complete yet
 */
export function setBaseline(
  columns: SocketColumns,
  slot: number,
  words: Uint32Array,
  at: number,
  baselines: BaselineSource,
  born: boolean,
  firstPass: boolean,
): boolean {
  if (baselines.restored && restore(columns, slot, words, at, baselines)) return false
  if (born) return false
  const { flags } = columns
  if (firstPass && !baselines.restored) {
    flags[slot]! |= SocketFlag.existing | SocketFlag.openTold
    columns.toldSent[slot] = columns.sent[slot] = read64(words, at + SockWord.bytesSent)
    columns.toldReceived[slot] = columns.received[slot] = read64(words, at + SockWord.bytesReceived)
    columns.toldSegmentsOut[slot] = columns.segmentsOut[slot] = words[at + SockWord.segmentsOut]!
    columns.toldSegmentsIn[slot] = columns.segmentsIn[slot] = words[at + SockWord.segmentsIn]!
    columns.toldRetransmits[slot] = columns.retransmits[slot] = words[at + SockWord.retransmits]!
    return false
  }
  flags[slot]! |= SocketFlag.openMissed
  return firstPass && columns.protocol[slot] === Protocol.tcp && !isListening(words, at)
}

/** The record of the opening came after the first sample: nothing was counted before us. */
export function wasBorn(columns: SocketColumns, slot: number): void {
  if ((columns.flags[slot]! & SocketFlag.openRowTold) !== 0) return
  columns.flags[slot]! &= ~(SocketFlag.existing | SocketFlag.openMissed | SocketFlag.openTold)
  columns.toldSent[slot] = 0
  columns.toldReceived[slot] = 0
  columns.toldSegmentsOut[slot] = 0
  columns.toldSegmentsIn[slot] = 0
  columns.toldRetransmits[slot] = 0
}

function restore(
  columns: SocketColumns,
  slot: number,
  words: Uint32Array,
  at: number,
  baselines: BaselineSource,
): boolean {
  const baseline = baselines.take(read64(words, at + SockWord.cookie), columns.discriminator[slot]!)
  if (!baseline) return false
  columns.flags[slot]! |= baseline.flags | SocketFlag.restored | SocketFlag.inCheckpoint
  columns.openNs[slot] = baseline.openNs
  // The kernel's counters of UDP peers began anew with the programs that keep them.
  if (baseline.discriminator !== 0) return true
  columns.toldSent[slot] = columns.sent[slot] = baseline.sent
  columns.toldReceived[slot] = columns.received[slot] = baseline.received
  columns.toldSegmentsOut[slot] = columns.segmentsOut[slot] = baseline.segmentsOut
  columns.toldSegmentsIn[slot] = columns.segmentsIn[slot] = baseline.segmentsIn
  columns.toldRetransmits[slot] = columns.retransmits[slot] = baseline.retransmits
  return true
}

function isListening(words: Uint32Array, at: number): boolean {
  return ((words[at + SockWord.state]! >>> 8) & 0xff) === TcpState.listen
}
