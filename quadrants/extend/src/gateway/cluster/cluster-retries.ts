import type { RetryBudgetSpec } from '../config/cluster-spec.ts'
import type { RetrySpec } from '../config/route-spec.ts'
import type { ClusterStats } from './cluster-stats.ts'
import { isRetryHarmless, isRetryWanted, retryAfterMs, retryDelayMs } from './retry-policy.ts'
import type { RetriedRequest, RetryDecision, RetryRefusal, RetryState } from './retry-state.ts'
import type { TryOutcome } from './try-outcome.ts'

/** What the exchanges of a cluster share. */
export interface RetryShare {
  readonly budget: RetryBudgetSpec
  readonly stats: ClusterStats
  readonly random: () => number
}

/** The tries of one exchange, within the budget of the cluster. */
export class ExchangeRetries implements RetryState {
  attemptCount = 1
  readonly #policy: RetrySpec | undefined
  readonly #share: RetryShare
  #isCounted = false

  constructor(policy: RetrySpec | undefined, share: RetryShare) {
    this.#policy = policy
    this.#share = share
  }

  decide(outcome: TryOutcome, request: RetriedRequest): RetryDecision {
    this.#release()
    const policy = this.#policy
    if (!policy) return final('not-wanted')
    const refusal = this.#refusal(policy, outcome, request)
    if (refusal !== undefined) return final(refusal)
    const { stats, random } = this.#share
    const askedMs = policy.isRetryAfterKept ? retryAfterMs(outcome) : undefined
    const delayMs = askedMs ?? retryDelayMs(policy, this.attemptCount - 1, random)
    this.attemptCount++
    this.#isCounted = true
    stats.retriesActive++
    stats.retries++
    return { kind: 'again', delayMs }
  }

  end(isSuccess: boolean): void {
    this.#release()
    if (isSuccess && this.attemptCount > 1) this.#share.stats.retrySuccesses++
  }

  #refusal(policy: RetrySpec, outcome: TryOutcome, request: RetriedRequest): RetryRefusal | undefined {
    const { stats } = this.#share
    if (!isRetryWanted(policy, outcome)) return 'not-wanted'
    if (!request.isUnanswered) return 'answered'
    if (policy.isRetryAfterKept && (retryAfterMs(outcome) ?? 0) > policy.backoff.maxMs) return 'asked-later'
    if (!policy.isNonIdempotentRetried && !isRetryHarmless(request.method, outcome)) return 'not-idempotent'
    if (this.attemptCount > policy.retriesMax) {
      stats.retriesOverLimit++
      return 'limit'
    }
    if (!request.isReplayable) {
      stats.retriesNotReplayable++
      return 'not-replayable'
    }
    if (!this.#hasBudget()) {
      stats.retriesOverBudget++
      return 'budget'
    }
    return undefined
  }

  #hasBudget(): boolean {
    const { budget, stats } = this.#share
    const share = Math.max(budget.countMin, Math.floor((stats.requestsActive * budget.percent) / 100))
    return stats.retriesActive < Math.min(share, budget.countMax)
  }

  #release(): void {
    if (!this.#isCounted) return
    this.#isCounted = false
    this.#share.stats.retriesActive--
  }
}

function final(reason: RetryRefusal): RetryDecision {
  return { kind: 'final', reason }
}
