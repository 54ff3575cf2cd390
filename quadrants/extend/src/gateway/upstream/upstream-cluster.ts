import type { Cluster } from '../cluster/cluster.ts'
import type { Endpoint } from '../cluster/endpoint.ts'
import type { Connection, ConnectionHandler } from '../transport/transport.ts'
import type { UpstreamHandler } from './upstream-stream.ts'

/** A cluster as exchanges use it: who decides, and who has the connections. */
export interface UpstreamCluster {
  readonly policy: Cluster
  /** A stream to that endpoint: the handler is told of it, or why there is none; at once or later. */
  open(endpoint: Endpoint, handler: UpstreamHandler): void
  /** Nobody waits for it any more. */
  cancel(endpoint: Endpoint, handler: UpstreamHandler): void
  /** A connection of its own to that endpoint, for bytes of whatever protocol. It is nobody else's, and not counted. */
  connect(endpoint: Endpoint, handler: ConnectionHandler): Connection
}
