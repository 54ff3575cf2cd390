import type { ClusterSpec, HealthCheckSpec } from '../config/cluster-spec.ts'
import type { RetrySpec } from '../config/route-spec.ts'
import type { ClusterStats } from './cluster-stats.ts'
import type { Endpoint, EndpointAddress } from './endpoint.ts'
import type { RetryState } from './retry-state.ts'
import type { TryOutcome } from './try-outcome.ts'

/** What is given from outside, so that everything in here can be replayed. */
export interface ClusterEnvironment {
  /** Milliseconds that never go back. */
  readonly nowMs: () => number
  /** From 0 up to, and without, 1. */
  readonly random: () => number
}

/**
 * Decides for one cluster of one worker: who gets a request, whether it may be sent, what becomes of it when it fails. It
 * opens nothing and waits for nothing. `openCluster` makes it.
 *
 * For each exchange `admit`, and `release` when it is over; for each try `pick`, `begin` and `finish`; for each connection
 * `connectionBegin`, then `connectionEnd`; while a request waits for one `pendingBegin` and `pendingEnd`.
 */
export interface Cluster {
  readonly spec: ClusterSpec
  readonly stats: ClusterStats
  readonly endpoints: readonly Endpoint[]

  /** All addresses of the cluster, as they are now. Those that stay keep what is known of them. */
  setEndpoints(addresses: readonly EndpointAddress[]): EndpointChange

  /** Undefined: go on. What is refused is counted, and must not be released. */
  admit(): AdmissionRefusal | undefined
  release(): void

  /** Undefined where there is none: `UH`, counted. */
  pick(context: PickContext): Endpoint | undefined
  begin(endpoint: Endpoint): void
  /** Once for each `begin`. Statistics and outlier detection learn from it. */
  finish(endpoint: Endpoint, outcome: TryOutcome): void

  /** False, and counted: over the limit of the circuit breaker. One connection to each endpoint is always allowed. */
  connectionBegin(endpoint: Endpoint): boolean
  connectionEnd(endpoint: Endpoint): void
  pendingBegin(): boolean
  pendingEnd(): void

  /** For one exchange. */
  retries(policy: RetrySpec | undefined): RetryState

  /** Ends ejections that are over. Returns in how many milliseconds to ask again; Infinity where there is no need. */
  sweep(): number

  /** What is to be checked now, and in how many milliseconds there is more. Each is under way until its result is told. */
  healthChecksDue(): { readonly due: readonly HealthCheckDue[]; readonly nextMs: number }
  healthCheckResult(due: HealthCheckDue, isSuccess: boolean): void
}

export type AdmissionRefusal = 'requests-max' | 'rate-limit'

export interface EndpointChange {
  readonly added: readonly Endpoint[]
  /** Nothing new is sent there; their connections are to be closed once idle. */
  readonly removed: readonly Endpoint[]
}

export interface PickContext {
  /** Of `hashRequest`; undefined: at random. */
  readonly hash: number | undefined
  /** Tried already: another is taken where there is one. */
  readonly tried: readonly Endpoint[]
}

export interface HealthCheckDue {
  readonly endpoint: Endpoint
  readonly check: HealthCheckSpec
}
