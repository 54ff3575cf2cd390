import type { Flow } from '@quadrant/proto'
import type { FlowSegmentHead, ProcessRef, Store } from '../store/store.ts'
import { endedRows, type EndedRows } from './ended-rows.ts'
import { decodeFlows } from './flow.ts'

/** Rows that are remembered, of all segments together: 24 MB at most. Of one answer all are. */
const ROWS_MAX = 1_000_000
/** Segments may have few rows, or none. */
const SEGMENTS_MAX = 10_000
/** Flows that are remembered: those of four answers. */
const FLOWS_MAX = 8000

interface KeptFlow {
  readonly flow: Flow
  /** What its processes were called by then. */
  readonly names: string
}

/**
 * Connections that ended, of the segments that were asked for last. A segment never changes, so a page that asks every
 * other second about the last minutes has each decoded once, and not a hundred times.
 */
export class EndedFlows {
  readonly #store: Store
  /** By id, in order of use, the last used at the end. */
  readonly #segments = new Map<number, EndedRows>()
  /** By segment and row, likewise. */
  readonly #flows = new Map<string, KeptFlow>()
  #rowCount = 0
  #decodedCount = 0

  constructor(store: Store) {
    this.#store = store
  }

  /** Segments that were decoded so far, for rows or for flows. */
  get decodedCount(): number {
    return this.#decodedCount
  }

  /** Those of a segment; undefined where it is gone. `isKnown` where that cost nothing. */
  async rowsOf(
    head: FlowSegmentHead,
  ): Promise<{ readonly rows: EndedRows; readonly isKnown: boolean } | undefined> {
    const known = this.#segments.get(head.id)
    if (known !== undefined && isSame(known.head, head)) {
      this.#segments.delete(head.id)
      this.#segments.set(head.id, known)
      return { rows: known, isKnown: true }
    }
    const segment = await this.#store.flowSegment(head.id)
    if (!segment) return undefined
    this.#decodedCount++
    const rows = endedRows(segment)
    this.#remember(rows)
    return { rows, isKnown: false }
  }

  /** Some of a segment, by their places in `rows`; those of a segment that is gone are left out. */
  async flowsOf(rows: EndedRows, places: readonly number[]): Promise<readonly Flow[]> {
    const flows: Flow[] = []
    const missing: number[] = []
    for (const place of places) {
      const key = `${rows.head.id} ${rows.head.startNs} ${rows.row[place]!}`
      const kept = this.#flows.get(key)
      if (kept === undefined || kept.names !== namesOf(rows, place)) {
        missing.push(place)
        continue
      }
      this.#flows.delete(key)
      this.#flows.set(key, kept)
      flows.push(kept.flow)
    }
    if (missing.length === 0) return flows
    const segment = await this.#store.flowSegment(rows.head.id)
    if (!segment || !isSame(segment, rows.head)) return flows
    this.#decodedCount++
    const decoded = decodeFlows(segment, { query: { terms: [] }, bothEnds: true })
    for (const place of missing) {
      const flow = decoded.row(rows.row[place]!)
      flows.push(flow)
      this.#flows.set(`${rows.head.id} ${rows.head.startNs} ${rows.row[place]!}`, {
        flow,
        names: namesOf(rows, place),
      })
    }
    for (const key of this.#flows.keys()) {
      if (this.#flows.size <= FLOWS_MAX) break
      this.#flows.delete(key)
    }
    return flows
  }

  #remember(rows: EndedRows): void {
    const { id } = rows.head
    this.#forget(id)
    this.#segments.set(id, rows)
    this.#rowCount += rows.row.length
    for (const oldest of this.#segments.keys()) {
      if (this.#rowCount <= ROWS_MAX && this.#segments.size <= SEGMENTS_MAX) break
      this.#forget(oldest)
    }
  }

  #forget(id: number): void {
    this.#rowCount -= this.#segments.get(id)?.row.length ?? 0
    this.#segments.delete(id)
  }
}

/** Ids begin anew where all segments went, or a transaction was rolled back. */
function isSame(one: FlowSegmentHead, other: FlowSegmentHead): boolean {
  return (
    one.id === other.id &&
    one.host === other.host &&
    one.startNs === other.startNs &&
    one.summary.count === other.summary.count
  )
}

function namesOf({ local, remote, processes }: EndedRows, place: number): string {
  const name = (process: ProcessRef | undefined) => `${process?.service ?? ''} ${process?.comm ?? ''}`
  return `${name(processes[local[place]! - 1])} ${name(processes[remote[place]! - 1])}`
}
