import type { UpstreamHandler } from './upstream-stream.ts'

/** The connections to one endpoint. */
export interface EndpointPool {
  /** As `UpstreamCluster.open`. */
  open(handler: UpstreamHandler): void
  cancel(handler: UpstreamHandler): void
  /** Nobody new comes: connections end when what is under way on them has, and whoever waits is still served. */
  drain(): void
  /** At once: whatever is under way fails, and whoever waits is told. */
  close(): void
  /** Without connections, and nobody waits. */
  readonly isEmpty: boolean
}
