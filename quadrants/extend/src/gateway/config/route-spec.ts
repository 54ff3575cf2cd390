import type { ConditionSpec, GuardSpec, MirrorSpec, RouteFilterSpec } from './guard-spec.ts'
import type { RateLimitSpec } from './rate-limit-spec.ts'
import type { TextMatch } from './text-match.ts'

/** Domains, and what becomes of requests for them. */
export interface VirtualHostSpec {
  readonly name: string
  /** `shop.example`, `*.shop.example`, `shop.*` or `*`; the longest that fits has the request, `*.` before `.*`. */
  readonly domains: readonly string[]
  /** The first that matches has the request. */
  readonly routes: readonly RouteSpec[]
  /** Plain requests are sent to https. */
  readonly isTlsRequired: boolean
  /** Done after those of the route. */
  readonly requestHeaders: HeaderEditSpec
  readonly responseHeaders: HeaderEditSpec
}

export interface RouteSpec {
  readonly name: string
  readonly match: RouteMatchSpec
  /** What its requests are like besides; undefined: as they are. */
  readonly condition: ConditionSpec | undefined
  readonly action: RouteActionSpec
  readonly requestHeaders: HeaderEditSpec
  readonly responseHeaders: HeaderEditSpec
  readonly rateLimit: RateLimitSpec | undefined
  /** What is decided before filters see a request; undefined: nothing. */
  readonly guard: GuardSpec | undefined
  /** Those of the listener's filters that its requests pass; undefined: all. */
  readonly filters: readonly RouteFilterSpec[] | undefined
  /** By namespace; filters read it. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** All of it must fit. */
export interface RouteMatchSpec {
  readonly path: PathMatch
  readonly isCaseSensitive: boolean
  /** Empty: any. */
  readonly methods: readonly string[]
  readonly headers: readonly HeaderMatch[]
  readonly query: readonly QueryMatch[]
}

/** Of the normalised path without its query. */
export type PathMatch =
  | { readonly kind: 'exact'; readonly path: string }
  | {
      readonly kind: 'prefix'
      readonly path: string
      /** `/shop` has `/shop` and `/shop/cart`, but not `/shopping`. */
      readonly isSegment: boolean
    }
  | { readonly kind: 'regex'; readonly pattern: string }

/** Several fields of one name are compared as one, joined by commas. */
export interface HeaderMatch {
  /** In lower-case. */
  readonly name: string
  /** Undefined: it is there at all. */
  readonly value: TextMatch | NumberRange | undefined
  readonly isInverted: boolean
}

/** A whole number from `start` up to, and without, `end`. */
export interface NumberRange {
  readonly kind: 'range'
  readonly start: number
  readonly end: number
}

/** The first parameter with this name counts, as it was written. */
export interface QueryMatch {
  readonly name: string
  readonly value: TextMatch | undefined
}

export type RouteActionSpec = ForwardSpec | RespondSpec | RedirectSpec

export interface ForwardSpec {
  readonly kind: 'forward'
  /** At least one; weights add up to more than 0. */
  readonly clusters: readonly WeightedClusterSpec[]
  readonly pathRewrite: PathRewrite | undefined
  readonly hostRewrite: HostRewrite | undefined
  /** From the end of the request to the end of the response, all tries together. 0: for ever. */
  readonly timeoutMs: number
  /** Undefined: the listener's `streamIdleMs`. 0: for ever. */
  readonly idleTimeoutMs: number | undefined
  readonly retry: RetrySpec | undefined
  readonly isWebSocketAllowed: boolean
  /** For balancers that hash, in order; none: at random. */
  readonly hashPolicy: readonly HashPolicySpec[]
  /** The cluster is chosen by the hash as well, so that a client stays with it. */
  readonly isSticky: boolean
  readonly mirrors: readonly MirrorSpec[]
}

export interface WeightedClusterSpec {
  readonly cluster: string
  readonly weight: number
}

/** The whole answer. */
export interface RespondSpec {
  readonly kind: 'respond'
  readonly status: number
  readonly body: string
  readonly contentType: string
}

/** What is undefined stays as it was asked for. */
export interface RedirectSpec {
  readonly kind: 'redirect'
  readonly status: 301 | 302 | 303 | 307 | 308
  readonly scheme: 'http' | 'https' | undefined
  readonly host: string | undefined
  readonly port: number | undefined
  readonly path: PathRewrite | undefined
  readonly isQueryDropped: boolean
}

export type PathRewrite =
  /** Instead of the whole path. */
  | { readonly kind: 'full'; readonly path: string }
  /** Instead of the prefix, or the exact path, that matched. */
  | { readonly kind: 'prefix'; readonly path: string }
  /** Instead of each match; `\1` to `\9` are its groups, `\0` is all of it. */
  | { readonly kind: 'regex'; readonly pattern: string; readonly substitution: string }

export type HostRewrite =
  | { readonly kind: 'literal'; readonly host: string }
  /** The name of the endpoint that was chosen. */
  | { readonly kind: 'endpoint' }
  /** What this field says. */
  | { readonly kind: 'header'; readonly name: string }

/** Done in this order: removed, set, added. Values are formats of the access log, such as `%REQ(:authority)%`. */
export interface HeaderEditSpec {
  readonly remove: readonly string[]
  readonly set: readonly HeaderValueSpec[]
  readonly add: readonly HeaderValueSpec[]
}

export interface HeaderValueSpec {
  /** In lower-case. */
  readonly name: string
  readonly value: string
}

export const RETRY_CONDITIONS = [
  '5xx',
  'gateway-error',
  'connect-failure',
  'reset',
  'refused-stream',
  'retriable-status-codes',
  'retriable-4xx',
] as const
export type RetryCondition = (typeof RETRY_CONDITIONS)[number]

export interface RetrySpec {
  readonly on: readonly RetryCondition[]
  /** For `retriable-status-codes`. */
  readonly statuses: readonly number[]
  /** Tries after the first. */
  readonly retriesMax: number
  /** Until the response begins. 0: only the route's timeout. */
  readonly perTryTimeoutMs: number
  readonly backoff: { readonly baseMs: number; readonly maxMs: number }
  /** Methods that change something are tried again only where the upstream has not seen them. */
  readonly isNonIdempotentRetried: boolean
  /** A `retry-after` of the upstream, up to `backoff.maxMs`, is waited for. */
  readonly isRetryAfterKept: boolean
  /** A request with a longer body goes on without being kept for another try. */
  readonly bodyBytesMax: number
}

export type HashPolicySpec = { readonly isTerminal: boolean } & (
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'query'; readonly name: string }
  | { readonly kind: 'source-address' }
  /** One is made and set where the request has none and `ttlMs` is defined; 0 is a session's. */
  | {
      readonly kind: 'cookie'
      readonly name: string
      readonly ttlMs: number | undefined
      readonly path: string
    }
)
