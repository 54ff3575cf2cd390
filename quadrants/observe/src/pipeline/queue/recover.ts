import type { QueueHead } from './head-file.ts'
import type { QueueDirectory } from './queue-directory.ts'
import { RECORD_HEAD_BYTES, readRecordHead, type RecordHead } from './record.ts'

/** A record that waits in a segment. */
export interface StoredRecord extends RecordHead {
  readonly segment: number
  readonly offset: number
}

/** What a queue's directory holds. */
export interface Recovery {
  readonly segments: readonly { readonly number: number; readonly sizeBytes: number }[]
  readonly records: readonly StoredRecord[]
  /** Items that were put in and are not there any more, by reason. */
  readonly lost: ReadonlyMap<string, number>
  /** Number of the next item. */
  readonly nextItem: number
}

const SEGMENT_NAME = /^(?<number>\d{12})\.segment$/

export function segmentName(number: number): string {
  return `${String(number).padStart(12, '0')}.segment`
}

/**
 * Reads the heads of all records that were not done. A segment is read up to its first damaged head; what is missing
 * then shows as a gap before the next segment's first record. Behind the last record nobody can say how much there was:
 * a damaged end counts as one, `damaged-end`.
 */
export function recover(directory: QueueDirectory, head: QueueHead | undefined): Recovery {
  const numbers = directory
    .list()
    .flatMap((name) => Number(SEGMENT_NAME.exec(name)?.groups?.['number'] ?? []))
    .sort((a, b) => a - b)
  const segments: { number: number; sizeBytes: number }[] = []
  const records: StoredRecord[] = []
  const lost = new Map<string, number>()
  let expected = head?.item
  let isEndDamaged = false
  const lose = (reason: string, count: number) => lost.set(reason, (lost.get(reason) ?? 0) + count)
  for (const number of numbers) {
    if (head && number < head.segment) {
      directory.remove(segmentName(number))
      continue
    }
    const file = directory.open(segmentName(number))
    try {
      segments.push({ number, sizeBytes: file.sizeBytes })
      let at = head && number === head.segment ? head.offset : 0
      const bytes = new Uint8Array(RECORD_HEAD_BYTES)
      isEndDamaged = false
      while (at < file.sizeBytes) {
        const read = file.read(bytes, at)
        const record = read < RECORD_HEAD_BYTES ? undefined : readRecordHead(bytes)
        if (!record) {
          isEndDamaged = true
          break
        }
        if (expected !== undefined && record.firstItem > expected) {
          lose('damaged', record.firstItem - expected)
          isEndDamaged = false
        }
        expected = record.firstItem + record.itemCount
        if (at + RECORD_HEAD_BYTES + record.bodyBytes > file.sizeBytes) {
          lose('cut-off', record.itemCount)
          break
        }
        records.push({ ...record, segment: number, offset: at })
        at += RECORD_HEAD_BYTES + record.bodyBytes
      }
    } finally {
      file.close()
    }
  }
  if (isEndDamaged) lose('damaged-end', 1)
  return { segments, records, lost, nextItem: expected ?? 0 }
}
