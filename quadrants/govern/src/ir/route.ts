import type { EffectivePolicies } from './effective.ts'
import type { MatchIr } from './match.ts'
import type { Origin, ResourceKey } from './origin.ts'

/** One match of one rule of a route, with all that holds for requests that it has. */
export interface RouteIr {
  /** Unique in its gateway, and the same for as long as route, rule and match are: `HTTPRoute/shop/cart/rule/0/match/1`. */
  readonly name: string
  readonly kind: 'HTTPRoute' | 'GRPCRoute'
  readonly route: ResourceKey
  readonly ruleIndex: number
  readonly ruleName: string | undefined
  /** Of the rule. */
  readonly origin: Origin
  readonly match: MatchIr
  /** Of the match; that of the rule where it has none. */
  readonly matchOrigin: Origin
  readonly action: ActionIr
  readonly requestHeaders: readonly HeaderEditIr[]
  readonly responseHeaders: readonly HeaderEditIr[]
  readonly mirrors: readonly MirrorIr[]
  readonly cors: CorsIr | undefined
  /** FilterPolicies that the rule names by `extensionRef`. */
  readonly extensions: readonly { readonly policy: ResourceKey; readonly origin: Origin }[]
  /** `timeouts` and `retry` of the rule itself; policies that override them win, others lose to them. */
  readonly timeouts: TimeoutsIr | undefined
  readonly retry: RouteRetryIr | undefined
  /** Of all levels down to the rule. */
  readonly policies: EffectivePolicies
}

export type ActionIr = ForwardIr | RedirectIr | RespondIr

export interface ForwardIr {
  readonly kind: 'forward'
  /** At least one; weights add up to more than 0. */
  readonly backends: readonly BackendIr[]
  readonly rewrite: RewriteIr | undefined
}

export interface BackendIr {
  /** Of a `ClusterIr` of the same gateway. */
  readonly cluster: string
  readonly weight: number
  readonly origin: Origin
  /** Done after those of the route. */
  readonly requestHeaders: readonly HeaderEditIr[]
  readonly responseHeaders: readonly HeaderEditIr[]
  /** Of all levels down to the port of the service. */
  readonly policies: EffectivePolicies
}

/** What is undefined stays as it was asked for. */
export interface RedirectIr {
  readonly kind: 'redirect'
  readonly status: 301 | 302 | 303 | 307 | 308
  readonly scheme: 'http' | 'https' | undefined
  readonly hostname: string | undefined
  readonly port: number | undefined
  readonly path: PathEditIr | undefined
  readonly origin: Origin
}

/** A rule without a backend that could have the request (Gateway API: 500; of gRPC UNAVAILABLE). */
export interface RespondIr {
  readonly kind: 'respond'
  readonly status: number
  readonly grpcStatus: number | undefined
  readonly origin: Origin
}

export interface RewriteIr {
  readonly hostname: string | undefined
  readonly path: PathEditIr | undefined
  readonly origin: Origin
}

export type PathEditIr =
  | { readonly kind: 'full'; readonly path: string }
  /** Instead of the prefix that matched. */
  | { readonly kind: 'prefix'; readonly path: string }

/** Done in this order: set, add, remove (`HTTPHeaderFilter` of Gateway API). */
export interface HeaderEditIr {
  readonly set: readonly HeaderIr[]
  readonly add: readonly HeaderIr[]
  /** In small letters. */
  readonly remove: readonly string[]
  readonly origin: Origin
}

export interface HeaderIr {
  /** In small letters. */
  readonly name: string
  readonly value: string
}

export interface MirrorIr {
  readonly cluster: string
  /** Of requests, 0 to 1. */
  readonly share: number
  readonly origin: Origin
}

export interface CorsIr {
  readonly allowOrigins: readonly string[]
  readonly allowCredentials: boolean
  readonly allowMethods: readonly string[]
  readonly allowHeaders: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly maxAgeSeconds: number
  readonly origin: Origin
}

/** 0: none. */
export interface TimeoutsIr {
  readonly requestMs: number | undefined
  readonly backendRequestMs: number | undefined
  readonly origin: Origin
}

export interface RouteRetryIr {
  readonly codes: readonly number[]
  readonly attempts: number
  readonly backoffMs: number | undefined
  readonly origin: Origin
}
