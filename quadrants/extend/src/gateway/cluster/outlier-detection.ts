import type { OutlierSpec } from '../config/cluster-spec.ts'
import type { ClusterEnvironment } from './cluster.ts'
import type { ClusterStats } from './cluster-stats.ts'
import type { EndpointState } from './endpoint-state.ts'
import type { TryOutcome } from './try-outcome.ts'

interface Record {
  failures5xx: number
  gatewayFailures: number
  localFailures: number
  /** How often it was ejected, less the intervals that went well since. */
  ejectionFactor: number
  endMs: number
}

/** Leaves endpoints alone that fail again and again: each time for longer, and never too many at once. */
export class OutlierDetection {
  readonly #spec: OutlierSpec
  readonly #environment: ClusterEnvironment
  readonly #stats: ClusterStats
  readonly #records = new Map<EndpointState, Record>()
  #sweptMs: number

  constructor(spec: OutlierSpec, environment: ClusterEnvironment, stats: ClusterStats) {
    this.#spec = spec
    this.#environment = environment
    this.#stats = stats
    this.#sweptMs = environment.nowMs()
  }

  add(endpoint: EndpointState): void {
    this.#records.set(endpoint, {
      failures5xx: 0,
      gatewayFailures: 0,
      localFailures: 0,
      ejectionFactor: 0,
      endMs: 0,
    })
  }

  remove(endpoint: EndpointState): void {
    this.#records.delete(endpoint)
  }

  /** Whether the endpoint has been ejected for it. */
  learn(endpoint: EndpointState, outcome: TryOutcome): boolean {
    const record = this.#records.get(endpoint)
    if (!record) return false
    switch (outcome.kind) {
      // It says nothing of the endpoint that somebody gave up, or that it wants others to have this.
      case 'cancelled':
      case 'refused':
        return false
      case 'response': {
        const { status } = outcome
        record.localFailures = 0
        record.failures5xx = status >= 500 ? record.failures5xx + 1 : 0
        record.gatewayFailures = status >= 502 && status <= 504 ? record.gatewayFailures + 1 : 0
        break
      }
      case 'connected':
        record.localFailures = 0
        record.failures5xx = 0
        record.gatewayFailures = 0
        break
      default:
        record.localFailures++
        record.failures5xx++
        record.gatewayFailures++
    }
    if (endpoint.isEjected) return false
    const { consecutive5xx, consecutiveGatewayFailures, consecutiveLocalFailures } = this.#spec
    if (isOver(record.localFailures, consecutiveLocalFailures))
      return this.#eject(endpoint, record, 'ejectionsLocalFailure')
    if (isOver(record.gatewayFailures, consecutiveGatewayFailures))
      return this.#eject(endpoint, record, 'ejectionsGatewayFailure')
    return isOver(record.failures5xx, consecutive5xx) && this.#eject(endpoint, record, 'ejections5xx')
  }

  /** Whether an endpoint is used again. */
  sweep(): boolean {
    const nowMs = this.#environment.nowMs()
    let hasChanged = false
    const isInterval = nowMs - this.#sweptMs >= this.#spec.intervalMs
    if (isInterval) this.#sweptMs = nowMs
    for (const [endpoint, record] of this.#records)
      if (endpoint.isEjected) {
        if (nowMs < record.endMs) continue
        endpoint.isEjected = false
        hasChanged = true
      } else if (isInterval && record.ejectionFactor > 0) record.ejectionFactor--
    return hasChanged
  }

  #eject(
    endpoint: EndpointState,
    record: Record,
    reason: 'ejections5xx' | 'ejectionsGatewayFailure' | 'ejectionsLocalFailure',
  ): boolean {
    record.failures5xx = 0
    record.gatewayFailures = 0
    record.localFailures = 0
    const { ejectedPercentMax, ejectionBaseMs, ejectionMaxMs, ejectionJitterMs } = this.#spec
    const ejectedCount = [...this.#records.keys()].filter(({ isEjected }) => isEjected).length
    const isAllowed =
      ejectedCount === 0
        ? ejectedPercentMax > 0
        : ((ejectedCount + 1) / this.#records.size) * 100 <= ejectedPercentMax
    if (!isAllowed) {
      this.#stats.ejectionsOverflow++
      return false
    }
    record.ejectionFactor++
    record.endMs =
      this.#environment.nowMs() +
      Math.min(ejectionBaseMs * record.ejectionFactor, ejectionMaxMs) +
      this.#environment.random() * ejectionJitterMs
    endpoint.isEjected = true
    endpoint.stats.ejections++
    this.#stats[reason]++
    return true
  }
}

function isOver(count: number, threshold: number): boolean {
  return threshold > 0 && count >= threshold
}
