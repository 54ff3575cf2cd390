import { FlowEvent, Role } from '@quadrant/proto'
import { decodeFlowColumns } from '../flow/columns.ts'
import type { FlowSegment, FlowSegmentHead, ProcessRef } from '../store/store.ts'

/** Bit of FlowColumns.flags. */
const JOINED = 1

/** The connections of one segment that ended and whose whole life was seen: 24 bytes each. */
export interface EndedRows {
  readonly head: FlowSegmentHead
  /** Each connection once, by its row in the segment. */
  readonly row: Uint32Array
  readonly durationUs: Float64Array
  /** From the segment's start. */
  readonly offsetUs: Int32Array
  /** At either end, place in `processes` and one; 0 is none that is known. */
  readonly local: Uint32Array
  readonly remote: Uint32Array
  /** What they are called is kept up to date by the store. */
  readonly processes: ReadonlyArray<ProcessRef | undefined>
}

export function endedRows(segment: FlowSegment): EndedRows {
  const { id, host, startNs, summary, processes } = segment
  const table = decodeFlowColumns(segment.columns)
  const found: number[] = []
  for (let i = 0; i < table.count; i++) {
    const event = table.event[i]!
    if (event !== FlowEvent.CLOSE && event !== FlowEvent.RESET) continue
    // Its other end is told too.
    if (table.role[i] === Role.SERVER && (table.flags[i]! & JOINED) !== 0) continue
    if (table.durationUs[i]! > 0) found.push(i)
  }
  const row = Uint32Array.from(found)
  return {
    head: { id, host, startNs, summary },
    row,
    durationUs: Float64Array.from(row, (i) => table.durationUs[i]!),
    offsetUs: Int32Array.from(row, (i) => table.offsetUs[i]!),
    local: Uint32Array.from(row, (i) => table.process[i]!),
    remote: Uint32Array.from(row, (i) => table.peerProcess[i]!),
    processes,
  }
}
