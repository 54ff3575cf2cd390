import type { Effective } from '../ir/effective.ts'
import { within } from '../ir/origin.ts'
import { conditionIr } from '../lowering/matches.ts'
import type { SpecOf } from '../policy/kind/kinds.ts'
import { durationMs } from '../policy/schema/units.ts'
import { type EvaluatedRequest, headerOf } from './evaluated-request.ts'
import { textOf } from './expression.ts'
import { fitsCondition } from './matches.ts'

type Limit = NonNullable<SpecOf<'RateLimitPolicy'>['limits']>[number]
type Key = NonNullable<Limit['by']>[number]

interface Bucket {
  tokens: number
  filledMs: number
}

/** What limits have counted: of each limit at a port, over all requests that its policy is about, each value of its keys. */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>()

  /**
   * Gives the name of the limit that refuses a request; then it takes nothing from any. Tokens come all at once at the end
   * of each window.
   */
  take(
    scope: string,
    policy: Effective<'RateLimitPolicy'>,
    request: EvaluatedRequest,
    nowMs: number,
  ): string | undefined {
    const buckets: Bucket[] = []
    let refusing: string | undefined
    const origin = policy.limits?.claim?.origin
    for (const [index, limit] of (policy.limits?.value ?? []).entries()) {
      const condition = origin && conditionIr(limit.matches, limit.when, within(origin, index))
      if (condition && !fitsCondition(condition, request)) continue
      const key = (limit.by ?? []).map((one) => keyOf(one, request))
      if (key.includes(undefined)) continue
      const bucket = this.#bucketOf(JSON.stringify([scope, limit.name, key]), limit, nowMs)
      if (bucket.tokens < 1) refusing ??= limit.name
      buckets.push(bucket)
    }
    if (refusing === undefined) for (const bucket of buckets) bucket.tokens--
    return refusing
  }

  #bucketOf(id: string, { requests, window, burst = requests }: Limit, nowMs: number): Bucket {
    let bucket = this.#buckets.get(id)
    if (bucket === undefined) this.#buckets.set(id, (bucket = { tokens: burst, filledMs: nowMs }))
    const windowMs = durationMs(window)!
    const windows = Math.floor((nowMs - bucket.filledMs) / windowMs)
    if (windows > 0) {
      bucket.tokens = Math.min(burst, bucket.tokens + windows * requests)
      bucket.filledMs += windows * windowMs
    }
    return bucket
  }
}

/** Undefined where the request has nothing of the kind: then it is not counted. */
function keyOf(key: Key, request: EvaluatedRequest): string | undefined {
  switch (key.type) {
    case 'Header':
      return headerOf(request, key.header.name.toLowerCase())
    case 'Attribute':
      return textOf(key.attribute.expression, request)
    case 'SourceAddress':
      return network(request.source.address, key.sourceAddress.prefix)
  }
}

/** IPv4 alone is cut here; whole addresses of any kind are compared as texts. */
function network(address: string, prefix: number | undefined): string {
  const parts = address.split('.')
  if (parts.length !== 4 || prefix === undefined || prefix >= 32) return address
  const value = parts.reduce((sum, part) => sum * 256 + Number(part), 0)
  return String(Math.floor(value / 2 ** (32 - prefix)))
}
