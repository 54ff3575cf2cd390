import type { FilterAnswer, FilterAttachment, FilterCommand } from '../filters/filter-command.ts'
import type { AccessLogSpec } from '../config/output-spec.ts'
import type { GatewaySpec } from '../config/gateway-spec.ts'
import type { GatewayStats } from '../stats/gateway-stats.ts'
import type { SpanRecord } from '../tracing/span-record.ts'

/** What the coordinator asks of a worker. Each is answered once, by its number. */
export type WorkerRequest = { readonly id: number } & (
  | {
      readonly kind: 'reload'
      readonly spec: GatewaySpec
      readonly filters: FilterAttachment
      /** Where all threads count limits of routes. */
      readonly limits: SharedArrayBuffer
    }
  | { readonly kind: 'filters'; readonly command: FilterCommand }
  | { readonly kind: 'stats' }
  | { readonly kind: 'drain'; readonly drainMs: number }
)

export type WorkerReply = { readonly id: number } & (
  | { readonly kind: 'reloaded'; readonly ports: ReadonlyMap<string, number> }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'filters'; readonly answer: FilterAnswer }
  | { readonly kind: 'stats'; readonly stats: GatewayStats }
  /** `isDone`: nothing was under way any more. */
  | { readonly kind: 'drained'; readonly isDone: boolean }
)

/** Lines of access logs, many at once: a message costs as much as some hundred of them. */
export interface LogBatch {
  readonly kind: 'log'
  readonly sink: AccessLogSpec['sink']
  readonly lines: string
}

/** Spans of exchanges, many at once; `droppedCount`: those that were too many for one. */
export interface SpanBatch {
  readonly kind: 'spans'
  readonly spans: readonly SpanRecord[]
  readonly droppedCount: number
}

/** What a filter has written, or how it ended. */
export interface FilterNotice {
  readonly kind: 'filter-log' | 'filter-crash'
  readonly filter: string
  readonly level: number
  readonly message: string
}

export type WorkerMessage = WorkerReply | LogBatch | SpanBatch | FilterNotice
