import type { AccessLogSpec } from '../config/output-spec.ts'
import type { GatewaySpec } from '../config/gateway-spec.ts'
import type { GatewayStats } from '../stats/gateway-stats.ts'

/** What the coordinator asks of a worker. Each is answered once, by its number. */
export type WorkerRequest = { readonly id: number } & (
  | {
      readonly kind: 'reload'
      readonly spec: GatewaySpec
      /** What else belongs to this generation and can be cloned, such as compiled modules of filters. */
      readonly attachment: unknown
    }
  | { readonly kind: 'stats' }
  | { readonly kind: 'drain'; readonly drainMs: number }
)

export type WorkerReply = { readonly id: number } & (
  | { readonly kind: 'reloaded'; readonly ports: ReadonlyMap<string, number> }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
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

export type WorkerMessage = WorkerReply | LogBatch
