import { ResponseFlag } from '../access-log/response-flag.ts'
import type { GuardSpec, KeyedLimitSpec, LimitKeySpec, LimitsSpec } from '../config/guard-spec.ts'
import { networkOf } from './address-range.ts'
import { hostOf } from './caller.ts'
import { compileCondition, type Condition } from './condition.ts'
import { joinedHeader } from './expression/attribute-term.ts'
import { compileExpression } from './expression/expression.ts'
import type { RequestView } from './expression/request-view.ts'
import type { GuardCounts } from './guard-counts.ts'
import type { BucketSpec, LimitBucket, LimitStore } from './limit-store.ts'
import type { Verdict } from './verdict.ts'

type KeyReader = (request: RequestView) => string | undefined

interface Limit {
  readonly name: string
  readonly fits: Condition | undefined
  readonly keys: readonly KeyReader[]
  readonly id: string
  readonly bucket: BucketSpec
}

/** What a guard is of. */
export interface GuardOwner {
  readonly listener: string
  /** With its virtual host. */
  readonly route: string
}

/** How many requests are let through in a time: by each limit, or by none. */
export class RateLimits {
  readonly #spec: LimitsSpec
  readonly #limits: readonly Limit[]
  readonly #refusal: Verdict
  readonly #store: LimitStore
  readonly #counts: GuardCounts

  constructor(spec: LimitsSpec, owner: GuardOwner, store: LimitStore, counts: GuardCounts) {
    this.#store = store
    this.#spec = spec
    this.#counts = counts
    const scope = scopeOf(spec, owner)
    this.#limits = spec.limits.map((limit) => compileLimit(limit, scope))
    this.#refusal = {
      kind: 'reply',
      failure: {
        status: spec.status,
        body: spec.body,
        flags: ResponseFlag.rateLimited,
        details: 'local_rate_limited',
      },
      headers: spec.headers.map(({ name, value }) => [name, value] as const),
    }
  }

  check(request: RequestView): Verdict | undefined {
    const taken: LimitBucket[] = []
    let refusing: string | undefined
    for (const { name, fits, keys, id, bucket: spec } of this.#limits) {
      if (fits !== undefined && !fits(request)) continue
      const key = keyOf(keys, request)
      if (key === undefined) continue
      const bucket = this.#store.bucketOf(id, key, spec, () => this.#counts.add('limits-evicted', name))
      if (bucket.take()) taken.push(bucket)
      else {
        refusing = name
        break
      }
    }
    if (refusing === undefined) return undefined
    // What is refused counts for none of them.
    for (const bucket of taken) bucket.give()
    this.#counts.add(this.#spec.isShadow ? 'shadow-limited' : 'limited', refusing)
    return this.#spec.isShadow ? undefined : this.#refusal
  }
}

/** Of all limits of a guard, by which their state is kept. */
export function limitIds({ limits }: GuardSpec, owner: GuardOwner): readonly string[] {
  return limits?.limits.map((limit) => limitId(scopeOf(limits, owner), limit)) ?? []
}

/** Limits of the same scope, name and size go on as they were. */
function scopeOf({ scope }: LimitsSpec, { listener, route }: GuardOwner): string {
  return scope === undefined ? `${listener}/${route}` : `${listener} ${scope}`
}

function limitId(scope: string, { name, requests, windowMs, burst, by }: KeyedLimitSpec): string {
  return JSON.stringify([scope, name, requests, windowMs, burst, by])
}

function compileLimit(spec: KeyedLimitSpec, scope: string): Limit {
  const { name, requests, windowMs, burst, by, condition } = spec
  return {
    name,
    fits: compileCondition(condition),
    keys: by.map(keyReader),
    id: limitId(scope, spec),
    bucket: { burst, perInterval: requests, intervalMs: windowMs },
  }
}

function keyReader(key: LimitKeySpec): KeyReader {
  switch (key.kind) {
    case 'source-address':
      return ({ connection }) => networkOf(hostOf(connection.sourceAddress), key.prefixBits)
    case 'header':
      return ({ headers }) => joinedHeader(headers, key.name)
    case 'expression': {
      const expression = compileExpression(key.expression)
      return (request) => expression.textOf(request)
    }
  }
}

/** Undefined where one of them is missing. */
function keyOf(keys: readonly KeyReader[], request: RequestView): string | undefined {
  let whole = ''
  for (const read of keys) {
    const part = read(request)
    if (part === undefined) return undefined
    whole += `${part.length}:${part}`
  }
  return whole
}
