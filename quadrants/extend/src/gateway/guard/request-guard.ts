import type { GuardSpec } from '../config/guard-spec.ts'
import { Authorization } from './authorization.ts'
import { Cors } from './cors.ts'
import type { RequestView } from './expression/request-view.ts'
import { Fault } from './fault.ts'
import type { GuardCounts } from './guard-counts.ts'
import type { FetchKeys } from './jwt/provider-keys.ts'
import { JwtGuard } from './jwt/jwt-guard.ts'
import type { LimitStore } from './limit-store.ts'
import { type GuardOwner, RateLimits } from './rate-limits.ts'
import type { Verdict } from './verdict.ts'

export interface GuardParts {
  readonly nowMs: () => number
  /** Unix time. */
  readonly unixMs: () => number
  /** From 0 up to, and without, 1. */
  readonly random: () => number
  readonly fetchKeys: FetchKeys
  readonly limits: LimitStore
  readonly counts: GuardCounts
}

type Stage = (request: RequestView) => Verdict | undefined

/** All that is decided of requests of one route before filters see them. */
export interface RequestGuard {
  /** Which pages may read answers; undefined where nothing is said of it. */
  readonly cors: Cors | undefined
  /** In this order: the next is asked when the one before lets the request go on. */
  readonly stages: readonly Stage[]
}

/** Undefined: there is nothing to decide. */
export function compileGuard(
  spec: GuardSpec,
  owner: GuardOwner,
  parts: GuardParts,
): RequestGuard | undefined {
  const { counts } = parts
  const cors = spec.cors && new Cors(spec.cors, counts)
  const jwt = spec.jwt && new JwtGuard(spec.jwt, { ...parts, fetch: parts.fetchKeys })
  const authorization = spec.authorization && new Authorization(spec.authorization, counts)
  const limits = spec.limits && new RateLimits(spec.limits, owner, parts.limits, counts)
  const fault = spec.fault && new Fault(spec.fault, parts.random, counts)
  const stages: Stage[] = []
  if (cors) stages.push(({ headers }) => cors.preflight(headers))
  if (jwt) stages.push((request) => jwt.check(request))
  if (authorization) stages.push((request) => authorization.check(request))
  if (limits) stages.push((request) => limits.check(request))
  if (fault)
    stages.push(
      (request) => fault.delay(request),
      (request) => fault.abort(request),
    )
  return stages.length === 0 ? undefined : { cors, stages }
}
