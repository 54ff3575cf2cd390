import type { HealthCheckSpec } from '../config/cluster-spec.ts'
import type { ClusterEnvironment, HealthCheckDue } from './cluster.ts'
import type { ClusterStats } from './cluster-stats.ts'
import type { EndpointState } from './endpoint-state.ts'

interface CheckState {
  readonly check: HealthCheckSpec
  isHealthy: boolean
  /** The first result counts at once. */
  isFirst: boolean
  /** Of what is not as `isHealthy` says, in a row. */
  contraryCount: number
  isUnderWay: boolean
  nextMs: number
}

/** When endpoints are to be checked, and what the results mean. A new endpoint gets nothing before it has passed. */
export class HealthChecks {
  readonly #checks: readonly HealthCheckSpec[]
  readonly #environment: ClusterEnvironment
  readonly #stats: ClusterStats
  readonly #states = new Map<EndpointState, CheckState[]>()

  constructor(checks: readonly HealthCheckSpec[], environment: ClusterEnvironment, stats: ClusterStats) {
    this.#checks = checks
    this.#environment = environment
    this.#stats = stats
  }

  add(endpoint: EndpointState): void {
    if (this.#checks.length === 0) return
    const nextMs = this.#environment.nowMs()
    this.#states.set(
      endpoint,
      this.#checks.map((check) => ({
        check,
        isHealthy: false,
        isFirst: true,
        contraryCount: 0,
        isUnderWay: false,
        nextMs,
      })),
    )
  }

  remove(endpoint: EndpointState): void {
    this.#states.delete(endpoint)
  }

  due(): { readonly due: readonly HealthCheckDue[]; readonly nextMs: number } {
    const nowMs = this.#environment.nowMs()
    const due: HealthCheckDue[] = []
    let nextMs = Infinity
    for (const [endpoint, states] of this.#states)
      for (const state of states)
        if (state.isUnderWay) continue
        else if (state.nextMs <= nowMs) {
          state.isUnderWay = true
          due.push({ endpoint, check: state.check })
        } else nextMs = Math.min(nextMs, state.nextMs - nowMs)
    return { due, nextMs }
  }

  /** Whether the endpoint's health has changed. What is told of endpoints that are gone is not heard. */
  result(endpoint: EndpointState, check: HealthCheckSpec, isSuccess: boolean): boolean {
    const states = this.#states.get(endpoint)
    const state = states?.find((one) => one.check === check && one.isUnderWay)
    if (!states || !state) return false
    this.#stats.healthChecks++
    endpoint.stats.healthChecks++
    if (!isSuccess) {
      this.#stats.healthCheckFailures++
      endpoint.stats.healthCheckFailures++
    }
    state.isUnderWay = false
    const { intervalMs, idleIntervalMs, jitterMs } = check
    state.nextMs =
      this.#environment.nowMs() +
      (this.#stats.requests === 0 ? idleIntervalMs : intervalMs) +
      this.#environment.random() * jitterMs
    learn(state, isSuccess)
    const isHealthy = states.every((one) => one.isHealthy)
    if (endpoint.isHealthy === isHealthy) return false
    endpoint.isHealthy = isHealthy
    return true
  }
}

function learn(state: CheckState, isSuccess: boolean): void {
  const { check, isFirst } = state
  state.isFirst = false
  if (isSuccess === state.isHealthy) {
    state.contraryCount = 0
    return
  }
  state.contraryCount++
  const threshold = isSuccess ? check.healthyThreshold : check.unhealthyThreshold
  if (!isFirst && state.contraryCount < threshold) return
  state.isHealthy = isSuccess
  state.contraryCount = 0
}
