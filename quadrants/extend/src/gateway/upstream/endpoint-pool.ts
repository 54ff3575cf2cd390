import type { UpstreamHandler } from './upstream-stream.ts'

/** The connections to one endpoint. */
export interface EndpointPool {
  /** As `UpstreamCluster.open`. */
  open(handler: UpstreamHandler): void
  cancel(handler: UpstreamHandler): void
  /** Nothing new is opened; connections end when what is under way on them has. */
  drain(): void
  /** At once: whatever is under way fails. */
  close(): void
  readonly connectionCount: number
}
