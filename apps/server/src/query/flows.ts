import { setImmediate } from 'node:timers/promises'
import type { Flow } from '@quadrant/proto'
import type { FlowSegmentHead, NsRange, Store } from '../store/store.ts'
import { decodeFlows, type FlowFilter } from './flow.ts'

/** Rows of one message. */
const CHUNK_ROWS = 500
const HEADS_PER_PAGE = 1000

export interface FlowsRequest extends FlowFilter {
  readonly range: NsRange
  readonly limit: number
  /** Segments above it are left out. */
  readonly idMax?: number
  readonly signal?: AbortSignal
}

export interface FlowsChunk {
  readonly flows: Flow[]
  /** Rows that matched and are over the limit: told with the first chunk. */
  readonly omittedCount: number
}

/**
 * The newest `limit` flows of a range, oldest first. Two passes over the segments, so that memory holds one segment
 * and not a million rows: newest to oldest to find where to begin, then back again. Other work runs in between.
 */
export async function* queryFlows(store: Store, request: FlowsRequest): AsyncGenerator<FlowsChunk> {
  const { range, limit, query, idMax = Number.MAX_SAFE_INTEGER, signal } = request
  const parts: { id: number; skip: number }[] = []
  let wanted = limit
  let omittedCount = 0
  for await (const { id, summary, startNs } of newestFirst(store, range, idMax)) {
    signal?.throwIfAborted()
    const { count, joinedServerCount, offsetUsMin, offsetUsMax } = summary
    const isWhole =
      startNs + offsetUsMin * 1000 >= range.startNs && startNs + offsetUsMax * 1000 < range.endNs
    let matching: number
    if (isWhole && query.terms.length === 0) matching = request.bothEnds ? count : count - joinedServerCount
    else {
      matching = (await matchingFlows(store, id, request))?.indices.length ?? 0
      await setImmediate()
    }
    const taken = Math.min(matching, wanted)
    wanted -= taken
    omittedCount += matching - taken
    if (taken > 0) parts.push({ id, skip: matching - taken })
  }
  let chunk: Flow[] = []
  for (const { id, skip } of parts.reverse()) {
    signal?.throwIfAborted()
    const found = await matchingFlows(store, id, request)
    // Gone between the two passes: retention counts it.
    for (const index of found?.indices.slice(skip) ?? []) {
      chunk.push(found!.row(index))
      if (chunk.length < CHUNK_ROWS) continue
      yield { flows: chunk, omittedCount }
      chunk = []
      omittedCount = 0
    }
    await setImmediate()
  }
  yield { flows: chunk, omittedCount }
}

/** Heads of the segments in a range, a page at a time. */
export async function* newestFirst(
  store: Store,
  range: NsRange,
  idMax: number = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<FlowSegmentHead> {
  while (true) {
    const heads = await store.flowSegments(range, { idMax, limit: HEADS_PER_PAGE })
    yield* heads
    if (heads.length < HEADS_PER_PAGE) return
    idMax = heads.at(-1)!.id - 1
  }
}

async function matchingFlows(
  store: Store,
  id: number,
  request: FlowsRequest,
): Promise<{ indices: number[]; row: (index: number) => Flow } | undefined> {
  const segment = await store.flowSegment(id)
  if (!segment) return undefined
  const { matching, row, timeNs } = decodeFlows(segment, request)
  const { startNs, endNs } = request.range
  return { indices: matching.filter((index) => timeNs(index) >= startNs && timeNs(index) < endNs), row }
}
