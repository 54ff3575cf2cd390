import type { FlowRow } from './flow-row.ts'

/** As many rows as the console holds; the oldest go first, and are counted. */
const FLOW_ROWS_MAX = 10_000

/** Rows of the flow table, newest first. */
export interface FlowBuffer {
  readonly rows: readonly FlowRow[]
  /** Rows that were here and had to go. */
  readonly forgottenCount: number
}

export const NO_FLOWS: FlowBuffer = { rows: [], forgottenCount: 0 }

/** Adds rows in any order. A row that is there already (the past and the live stream overlap) is not added twice. */
export function addFlows(buffer: FlowBuffer, added: readonly FlowRow[], limit = FLOW_ROWS_MAX): FlowBuffer {
  if (added.length === 0) return buffer
  const oldest = added.reduce((least, row) => Math.min(least, row.timeMs), Infinity)
  // Only what is as new as the newcomers can be one of them, or stand among them.
  let overlap = 0
  while (overlap < buffer.rows.length && buffer.rows[overlap]!.timeMs >= oldest) overlap++
  const head = buffer.rows.slice(0, overlap)
  const known = new Set(head.map((row) => row.key))
  for (const row of added)
    if (!known.has(row.key)) {
      known.add(row.key)
      head.push(row)
    }
  if (head.length === overlap) return buffer
  head.sort((a, b) => b.timeMs - a.timeMs)
  const rows =
    head.length >= limit
      ? head.slice(0, limit)
      : head.concat(buffer.rows.slice(overlap, overlap + limit - head.length))
  const total = head.length + buffer.rows.length - overlap
  return { rows, forgottenCount: buffer.forgottenCount + total - rows.length }
}
