import type { OpaqueSum } from './opaque-rollups.ts'
import type { CapturePage, StoredCapture } from './request-captures.ts'
import type { RequestKeyEntry } from './request-keys.ts'
import type { RequestTotals } from './request-totals.ts'
import type { Span } from './span.ts'
import type { EdgeRef } from './store.ts'

export interface RequestPoint {
  /** Start of the point, seconds of the Unix epoch. */
  readonly time: number
  readonly totals: RequestTotals
}

/** HTTP and gRPC as it was told. All answers are as of the moment of the call and not of the answer. */
export interface RequestStore {
  /** Sums over spans of all requests of each edge, by the edge's id. */
  edgeSums(spans: readonly Span[]): Promise<ReadonlyMap<number, RequestTotals>>
  /** What series there are. */
  keys(): Promise<readonly RequestKeyEntry[]>
  /** What edges their ids stand for; those that are gone are left out. */
  edges(ids: Iterable<number>): Promise<ReadonlyMap<number, EdgeRef>>
  /** Sums over spans, by id of the series; without those that have none. */
  sums(spans: readonly Span[], series: readonly number[]): Promise<ReadonlyMap<number, RequestTotals>>
  /** Points of some series, added up, oldest first. @param step seconds, a multiple of the span's tier */
  points(series: readonly number[], span: Span, step: number): Promise<readonly RequestPoint[]>
  opaque(spans: readonly Span[]): Promise<readonly OpaqueSum[]>
  /** Requests in full, newest first. */
  captures(page: CapturePage): Promise<readonly StoredCapture[]>
}
