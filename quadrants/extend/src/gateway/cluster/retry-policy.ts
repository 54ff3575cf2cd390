import type { RetryCondition, RetrySpec } from '../config/route-spec.ts'
import type { TryOutcome } from './try-outcome.ts'

/** Methods whose repetition changes nothing more (RFC 9110 9.2.2). */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** Whether a policy wants another try after this. */
export function isRetryWanted({ on, statuses }: RetrySpec, outcome: TryOutcome): boolean {
  const conditions = conditionsOf(outcome, statuses)
  return on.some((condition) => conditions.includes(condition))
}

/** Whether nothing is done twice by it: the upstream has not looked at the request, or it changes nothing more. */
export function isRetryHarmless(method: string, outcome: TryOutcome): boolean {
  return (
    IDEMPOTENT_METHODS.has(method) || ['connect-failure', 'connect-timeout', 'refused'].includes(outcome.kind)
  )
}

function conditionsOf(outcome: TryOutcome, statuses: readonly number[]): readonly RetryCondition[] {
  switch (outcome.kind) {
    case 'response':
      return statusConditions(outcome.status, statuses)
    case 'connect-failure':
    case 'connect-timeout':
      return ['connect-failure', 'reset', '5xx']
    case 'refused':
      return ['refused-stream', 'reset', '5xx']
    case 'reset':
      return ['reset', '5xx']
    case 'try-timeout':
      return ['reset', 'gateway-error', '5xx']
    case 'timeout':
    case 'connected':
    case 'cancelled':
      return []
  }
}

function statusConditions(status: number, statuses: readonly number[]): readonly RetryCondition[] {
  const conditions: RetryCondition[] = []
  if (status >= 500) conditions.push('5xx')
  if (status >= 502 && status <= 504) conditions.push('gateway-error')
  if (status === 409) conditions.push('retriable-4xx')
  if (statuses.includes(status)) conditions.push('retriable-status-codes')
  return conditions
}

/**
 * How long to wait before a try: at random up to `baseMs`, twice that, four times that, and at most `maxMs`, so that those
 * who failed together do not come back together.
 */
export function retryDelayMs({ backoff }: RetrySpec, retryCount: number, random: () => number): number {
  return random() * Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(retryCount, 30))
}

/** Milliseconds of a `retry-after` in seconds; undefined where there is none that is understood (RFC 9110 10.2.3). */
export function retryAfterMs(outcome: TryOutcome): number | undefined {
  if (outcome.kind !== 'response' || outcome.retryAfter === undefined) return undefined
  return /^\d{1,6}$/.test(outcome.retryAfter) ? Number(outcome.retryAfter) * 1000 : undefined
}
