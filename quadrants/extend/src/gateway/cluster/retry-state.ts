import type { TryOutcome } from './try-outcome.ts'

/** What is known of the tries of one exchange. */
export interface RetryState {
  /** Tries so far, the first included. */
  readonly attemptCount: number
  /** Whether this answer is final. `again` counts as a retry under way until `end`, or until the next decision. */
  decide(outcome: TryOutcome, request: RetriedRequest): RetryDecision
  /** The exchange is over; once. */
  end(isSuccess: boolean): void
}

export interface RetriedRequest {
  readonly method: string
  /** All that was sent is still there, to be sent again. */
  readonly isReplayable: boolean
  /** Nothing of a response has gone to the client. */
  readonly isUnanswered: boolean
}

export type RetryDecision =
  | { readonly kind: 'final'; readonly reason: RetryRefusal }
  | { readonly kind: 'again'; readonly delayMs: number }

/**
 * `limit` and `budget` are shown as `URX` and `UO`. `not-wanted` is an answer to be content with; `asked-later` one that
 * asks for another try later than the policy waits.
 */
export type RetryRefusal =
  | 'not-wanted'
  | 'asked-later'
  | 'limit'
  | 'budget'
  | 'not-replayable'
  | 'not-idempotent'
  | 'answered'
