import type { EffectivePolicies } from './effective.ts'
import type { ConditionIr, MatchIr } from './match.ts'
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
  /** What a request has to be like besides: a split of traffic is about some requests alone. */
  readonly condition: ConditionIr | undefined
  readonly action: ActionIr
  readonly requestHeaders: readonly HeaderEditIr[]
  readonly responseHeaders: readonly HeaderEditIr[]
  readonly mirrors: readonly MirrorIr[]
  readonly cors: CorsIr | undefined
  /** FilterPolicies that the rule names by `extensionRef`. */
  readonly extensions: readonly { readonly policy: ResourceKey; readonly origin: Origin }[]
  /** Of all levels down to the rule; `timeouts` and `retry` of the rule itself are claims among them. */
  readonly policies: EffectivePolicies
}

export type ActionIr = ForwardIr | RedirectIr | RespondIr

export interface ForwardIr {
  readonly kind: 'forward'
  /** At least one; weights add up to more than 0. */
  readonly backends: readonly BackendIr[]
  readonly rewrite: RewriteIr | undefined
  /** A client stays with the backend that it got first. */
  readonly sticky: StickyIr | undefined
}

export interface StickyIr {
  readonly by: 'Cookie' | 'Header' | 'SourceAddress'
  /** Of the cookie or the header. */
  readonly name: string | undefined
  /** Of a cookie; undefined: as long as the browser runs. */
  readonly ttlMs: number | undefined
  readonly origin: Origin
}

export interface BackendIr {
  /** Of a `ClusterIr` of the same gateway. */
  readonly cluster: string
  readonly weight: number
  readonly origin: Origin
  /** Done after those of the route. */
  readonly requestHeaders: readonly HeaderEditIr[]
  readonly responseHeaders: readonly HeaderEditIr[]
  /** Filters of other types, such as a rewrite: they are for rules, and no back end does them here. */
  readonly otherFilters: readonly { readonly type: string; readonly origin: Origin }[]
  /** Of all levels down to the port of the service. */
  readonly policies: EffectivePolicies
}

/** What is undefined stays as it was asked for. */
export interface RedirectIr {
  readonly kind: 'redirect'
  readonly status: 301 | 302 | 303 | 307 | 308
  readonly scheme: 'http' | 'https' | undefined
  readonly hostname: string | undefined
  /** Where nobody says: that of the scheme, or of the listener where the scheme stays (Gateway API). */
  readonly port: number
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

/** Done in this order: removed, set, added, as Envoy has it; Gateway API leaves it open. */
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
  readonly condition: ConditionIr | undefined
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
