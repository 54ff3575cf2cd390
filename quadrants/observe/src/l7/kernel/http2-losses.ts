import type { DropCount, StageCount } from '../../kernel/loss.ts'
import type { Http2SourceCounts } from './http2-source.ts'

const EXCHANGES = 'http2.exchanges'
const CAPTURES = 'http2.captures'

/** What user space lost of HTTP/2, beside what the kernel's programs did. */
export function dropsOfHttp2(counts: Http2SourceCounts): readonly DropCount[] {
  return [
    { stage: EXCHANGES, reason: 'bytes of the connection missed or not read', count: counts.unknown },
    { stage: EXCHANGES, reason: 'too many at a time on one connection', count: counts.overflow },
    { stage: EXCHANGES, reason: 'sent by the server unasked', count: counts.pushed },
    { stage: CAPTURES, reason: 'more than the rule allows', count: counts.captureCapped },
    { stage: CAPTURES, reason: 'not taken in time', count: counts.captureFull },
    { stage: 'http2.connections', reason: 'too many, or idle for an hour', count: counts.evicted },
    { stage: 'http2.connections', reason: 'frames missed', count: counts.gaps },
    { stage: 'http2.connections', reason: 'bytes that are not HTTP/2', count: counts.misread },
  ]
}

export function stagesOfHttp2(counts: Http2SourceCounts): readonly StageCount[] {
  const { seen, open, told, captured, captureCapped, captureFull } = counts
  return [
    { stage: EXCHANGES, seen: seen - open, kept: told },
    { stage: CAPTURES, seen: captured + captureCapped + captureFull, kept: captured },
  ]
}
