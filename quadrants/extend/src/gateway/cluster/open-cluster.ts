import type { ClusterSpec } from '../config/cluster-spec.ts'
import type { RetrySpec } from '../config/route-spec.ts'
import type {
  AdmissionRefusal,
  Cluster,
  ClusterEnvironment,
  EndpointChange,
  HealthCheckDue,
  PickContext,
} from './cluster.ts'
import { ExchangeRetries } from './cluster-retries.ts'
import { type ClusterStats, newClusterStats } from './cluster-stats.ts'
import type { Endpoint, EndpointAddress } from './endpoint.ts'
import { addressOf, EndpointState } from './endpoint-state.ts'
import { combineHashes } from './hash.ts'
import { HealthChecks } from './health-checks.ts'
import { OutlierDetection } from './outlier-detection.ts'
import { PriorityLevels } from './priority-levels.ts'
import type { RetryState } from './retry-state.ts'
import { TokenBucket } from './token-bucket.ts'
import { countOutcome } from './outcome-count.ts'
import type { TryOutcome } from './try-outcome.ts'

/** How often chance is asked for an endpoint that was not tried, before the first such is taken. */
const PICKS_MAX = 4

export function openCluster(spec: ClusterSpec, environment: ClusterEnvironment): Cluster {
  return new WorkerCluster(spec, environment)
}

class WorkerCluster implements Cluster {
  readonly spec: ClusterSpec
  readonly stats: ClusterStats = newClusterStats()
  readonly #environment: ClusterEnvironment
  readonly #byAddress = new Map<string, EndpointState>()
  readonly #health: HealthChecks
  readonly #outliers: OutlierDetection | undefined
  readonly #rateLimit: TokenBucket | undefined
  #endpoints: readonly EndpointState[] = []
  /** Undefined where an endpoint has come, gone or changed since it was made. */
  #levels: PriorityLevels | undefined

  constructor(spec: ClusterSpec, environment: ClusterEnvironment) {
    this.spec = spec
    this.#environment = environment
    this.#health = new HealthChecks(spec.healthChecks, environment, this.stats)
    this.#outliers = spec.outliers && new OutlierDetection(spec.outliers, environment, this.stats)
    this.#rateLimit = spec.rateLimit && new TokenBucket(spec.rateLimit, environment.nowMs())
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints
  }

  setEndpoints(addresses: readonly EndpointAddress[]): EndpointChange {
    const added: EndpointState[] = []
    let isSame = true
    const kept = new Set<EndpointState>()
    for (const address of addresses) {
      const key = addressOf(address.ip, address.port)
      let endpoint = this.#byAddress.get(key)
      // Two names can have one address: the first says what it is.
      if (endpoint && kept.has(endpoint)) continue
      if (endpoint) {
        endpoint.host = address.host
        if (endpoint.weight !== address.weight || endpoint.priority !== address.priority) isSame = false
        endpoint.weight = address.weight
        endpoint.priority = address.priority
      } else {
        endpoint = new EndpointState(address, this.spec.healthChecks.length === 0)
        this.#byAddress.set(key, endpoint)
        this.#health.add(endpoint)
        this.#outliers?.add(endpoint)
        added.push(endpoint)
      }
      kept.add(endpoint)
    }
    const removed = this.#endpoints.filter((endpoint) => !kept.has(endpoint))
    for (const endpoint of removed) {
      this.#byAddress.delete(endpoint.address)
      this.#health.remove(endpoint)
      this.#outliers?.remove(endpoint)
    }
    this.#endpoints = [...kept]
    // Names are looked up every few seconds, and mostly nothing is new; a table of Maglev takes two milliseconds.
    if (!isSame || added.length + removed.length > 0) this.#changed()
    return { added, removed }
  }

  admit(): AdmissionRefusal | undefined {
    if (this.stats.requestsActive >= this.spec.breakers.requestsMax) {
      this.stats.droppedRequestsMax++
      return 'requests-max'
    }
    if (this.#rateLimit && !this.#rateLimit.take(this.#environment.nowMs())) {
      this.stats.droppedRateLimit++
      return 'rate-limit'
    }
    this.stats.requestsActive++
    return undefined
  }

  release(): void {
    this.stats.requestsActive--
  }

  pick({ hash, tried }: PickContext): Endpoint | undefined {
    const { balancer, panicThresholdPercent } = this.spec
    this.#levels ??= new PriorityLevels(
      this.#endpoints,
      balancer,
      panicThresholdPercent,
      this.#environment.random,
    )
    let picked = this.#levels.pick(hash)
    if (!picked) {
      this.stats.droppedNoHealthyEndpoint++
      return undefined
    }
    if (picked.isPanic) this.stats.panics++
    if (tried.length === 0) return picked.endpoint
    for (let count = 1; count < PICKS_MAX && tried.includes(picked.endpoint); count++)
      picked = this.#levels.pick(hash === undefined ? undefined : combineHashes(hash, count)) ?? picked
    if (!tried.includes(picked.endpoint)) return picked.endpoint
    return this.#levels.other(new Set(tried)) ?? picked.endpoint
  }

  begin(endpoint: Endpoint): void {
    ;(endpoint as EndpointState).activeRequests++
    endpoint.stats.requests++
    this.stats.requests++
  }

  finish(endpoint: Endpoint, outcome: TryOutcome): void {
    const state = endpoint as EndpointState
    state.activeRequests--
    countOutcome(this.stats, state.stats, outcome)
    if (this.#outliers?.learn(state, outcome)) this.#changed()
  }

  connectionBegin(endpoint: Endpoint): boolean {
    const state = endpoint as EndpointState
    if (this.stats.connectionsActive >= this.spec.breakers.connectionsMax && state.connections > 0) {
      this.stats.droppedConnectionsMax++
      return false
    }
    state.connections++
    this.stats.connectionsActive++
    this.stats.connections++
    return true
  }

  connectionEnd(endpoint: Endpoint): void {
    ;(endpoint as EndpointState).connections--
    this.stats.connectionsActive--
  }

  pendingBegin(): boolean {
    if (this.stats.pendingActive >= this.spec.breakers.pendingMax) {
      this.stats.droppedPendingMax++
      return false
    }
    this.stats.pendingActive++
    return true
  }

  pendingEnd(): void {
    this.stats.pendingActive--
  }

  retries(policy: RetrySpec | undefined): RetryState {
    return new ExchangeRetries(policy, {
      budget: this.spec.breakers.retries,
      stats: this.stats,
      random: this.#environment.random,
    })
  }

  sweep(): number {
    if (this.#outliers?.sweep()) this.#changed()
    return this.spec.outliers?.intervalMs ?? Infinity
  }

  healthChecksDue(): { readonly due: readonly HealthCheckDue[]; readonly nextMs: number } {
    return this.#health.due()
  }

  healthCheckResult({ endpoint, check }: HealthCheckDue, isSuccess: boolean): void {
    if (this.#health.result(endpoint as EndpointState, check, isSuccess)) this.#changed()
  }

  #changed(): void {
    this.#levels = undefined
    this.stats.endpoints = this.#endpoints.length
    this.stats.endpointsHealthy = this.#endpoints.filter(({ isHealthy }) => isHealthy).length
    this.stats.endpointsEjected = this.#endpoints.filter(({ isEjected }) => isEjected).length
  }
}
