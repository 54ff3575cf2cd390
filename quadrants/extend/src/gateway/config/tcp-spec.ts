import type { WeightedClusterSpec } from './route-spec.ts'

/** Connections whose bytes go to a cluster as they are, with nobody who knows what they mean but filters. */
export interface TcpSpec {
  /** At least one; weights add up to more than 0. */
  readonly clusters: readonly WeightedClusterSpec[]
  /** Without a byte in either direction. 0: for ever. */
  readonly idleMs: number
  /** Endpoints that are tried before the client is given up. */
  readonly connectAttemptsMax: number
  /** For balancers that hash: all connections of one address go to one endpoint. */
  readonly isSourceHashed: boolean
}
