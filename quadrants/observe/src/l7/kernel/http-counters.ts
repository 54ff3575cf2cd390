import type { MappedMemory } from '@quadrant/ebpf'
import type { DropCount, StageCount } from '../../kernel/loss.ts'
import { read64 } from '../../kernel/word.ts'
import type { ConnectionKinds } from '../request-source.ts'

/** `enum http_counter` of bpf/http.h, in its order. */
const COUNTERS = [
  'connections',
  'http1',
  'http2',
  'tls',
  'other',
  'joined',
  'upgraded',
  'noMemory',
  'requests',
  'answered',
  'aborted',
  'crowded',
  'lost',
  'responseCrowded',
  'responseUnpaired',
  'interim',
  'gapsInBody',
  'gaps',
  'retransmitted',
  'misframed',
  'tooLong',
  'unreadable',
  'handshakeBytes',
  'pathOther',
  'seriesOther',
  'serverOther',
  'slotRaces',
  'captureCapped',
  'captureFull',
  'http2Records',
  'http2RingFull',
  'http2Busy',
  'http2Unordered',
] as const

/** What the kernel's programs count, added up over the processors. */
export type HttpCounts = Readonly<Record<(typeof COUNTERS)[number], number>>

/** Reads the counters: one row for each processor. */
export function readCounts({ bytes, stride }: MappedMemory): HttpCounts {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  const sums = new Float64Array(COUNTERS.length)
  for (let row = 0; row < words.length; row += stride / 4)
    for (let index = 0; index < sums.length; index++) sums[index]! += read64(words, row + 2 * index)
  return Object.fromEntries(COUNTERS.map((name, index) => [name, sums[index]])) as HttpCounts
}

/** Requests that neither were answered nor came to an end. */
export function waitingOf(counts: HttpCounts): number {
  return counts.requests - counts.answered - counts.aborted - counts.crowded - counts.lost
}

function responsesOf({ answered, responseCrowded, responseUnpaired }: HttpCounts): number {
  return answered + responseCrowded + responseUnpaired
}

export function kindsOf(counts: HttpCounts): ConnectionKinds {
  const { http1, http2, tls, other, joined, upgraded, connections } = counts
  return { http1, http2, tls, other, joined, upgraded, unknown: connections - http1 - http2 - tls - other }
}

export function dropsOf(counts: HttpCounts): readonly DropCount[] {
  return [
    { stage: 'kernel.http.requests', reason: 'too many at a time on one connection', count: counts.crowded },
    { stage: 'kernel.http.requests', reason: 'bytes of the connection missed', count: counts.lost },
    {
      stage: 'kernel.http.responses',
      reason: 'too many at a time on one connection',
      count: counts.responseCrowded,
    },
    { stage: 'kernel.http.responses', reason: 'of no request seen', count: counts.responseUnpaired },
    { stage: 'kernel.http.heads', reason: 'more than the rule allows', count: counts.captureCapped },
    { stage: 'kernel.http.heads', reason: 'ring full', count: counts.captureFull },
    { stage: 'kernel.http.connections', reason: 'no memory', count: counts.noMemory },
    { stage: 'kernel.http.framing', reason: 'bytes missed or out of order', count: counts.gaps },
    { stage: 'kernel.http.framing', reason: 'no start line where one is due', count: counts.misframed },
    { stage: 'kernel.http.framing', reason: 'line or packet too long', count: counts.tooLong },
    { stage: 'kernel.http.framing', reason: 'came with the handshake', count: counts.handshakeBytes },
    { stage: 'kernel.http2.records', reason: 'ring full', count: counts.http2RingFull },
    { stage: 'kernel.http2.records', reason: 'processors in each other’s way', count: counts.http2Busy },
  ]
}

export function stagesOf(counts: HttpCounts): readonly StageCount[] {
  return [
    {
      stage: 'kernel.http.requests',
      seen: counts.requests - waitingOf(counts),
      kept: counts.answered + counts.aborted,
    },
    { stage: 'kernel.http.responses', seen: responsesOf(counts), kept: counts.answered },
    {
      stage: 'kernel.http2.records',
      seen: counts.http2Records + counts.http2RingFull + counts.http2Busy,
      kept: counts.http2Records,
    },
  ]
}
