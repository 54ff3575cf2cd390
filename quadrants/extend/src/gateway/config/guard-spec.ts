import type { HeaderValueSpec, RouteMatchSpec } from './route-spec.ts'

/** Which requests something is about: one of the matches fits (none: all), and the expression is true as well. */
export interface ConditionSpec {
  readonly matches: readonly RouteMatchSpec[]
  /** CEL over Envoy's attributes. What cannot be evaluated, such as a header that is missing, is not true. */
  readonly when: string | undefined
}

/** What is decided of a request when its route is known, in this order, and before filters see it. */
export interface GuardSpec {
  readonly cors: CorsSpec | undefined
  readonly jwt: JwtSpec | undefined
  readonly authorization: AuthorizationSpec | undefined
  readonly limits: LimitsSpec | undefined
  readonly fault: FaultSpec | undefined
}

/** Which pages may ask, by the Fetch standard (3.2). */
export interface CorsSpec {
  /** `https://shop.example`, `https://*.shop.example`, `*`. */
  readonly allowOrigins: readonly string[]
  readonly isCredentialed: boolean
  readonly allowMethods: readonly string[]
  readonly allowHeaders: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly maxAgeSeconds: number
}

export interface JwtSpec {
  readonly providers: readonly JwtProviderSpec[]
  /** `optional`: a token may be missing, but not be wrong. */
  readonly requirement: 'any' | 'all' | 'optional'
  /** Names of providers that are asked for. */
  readonly required: readonly string[]
}

export interface JwtProviderSpec {
  readonly name: string
  /** `iss` is this. */
  readonly issuer: string
  /** `aud` has one of these. Empty: whatever it is. */
  readonly audiences: readonly string[]
  readonly keys: JwtKeysSpec
  readonly from: readonly TokenSourceSpec[]
  /** The upstream sees the token. */
  readonly isForwarded: boolean
  readonly clockSkewMs: number
  /** Claims that the upstream is told; `.` leads into objects. */
  readonly claimHeaders: readonly { readonly claim: string; readonly header: string }[]
}

export type JwtKeysSpec =
  /** A JWKS (RFC 7517). */
  | { readonly kind: 'inline'; readonly jwks: string }
  | { readonly kind: 'remote'; readonly uri: string; readonly cluster: string; readonly cacheMs: number }

export interface TokenSourceSpec {
  readonly kind: 'header' | 'query' | 'cookie'
  readonly name: string
  /** What stands in front of the token. */
  readonly prefix: string
}

export interface AuthorizationSpec {
  /** Those that deny are asked first. */
  readonly rules: readonly AuthorizationRuleSpec[]
  /** What becomes of a request that no rule fits. */
  readonly otherwise: 'allow' | 'deny'
  /** What would be denied is counted, and goes on. */
  readonly isShadow: boolean
}

export interface AuthorizationRuleSpec {
  readonly name: string
  readonly action: 'allow' | 'deny' | 'log'
  /** One of them fits. Empty: whoever asks. */
  readonly from: readonly CallerSpec[]
  readonly condition: ConditionSpec
}

/** All parts that are not empty fit. */
export interface CallerSpec {
  /** SPIFFE IDs of the client's certificate; one that ends in `/*` has all below. */
  readonly principals: readonly string[]
  /** Of the identity: `/ns/NAME/` in its path. */
  readonly namespaces: readonly string[]
  /** Addresses and ranges of who connects: `10.0.0.0/8`. */
  readonly addresses: readonly string[]
}

export interface LimitsSpec {
  /** Routes of a listener with the same one count together. Undefined: each route for itself. */
  readonly scope: string | undefined
  /** Each of them lets a request through, or none does. */
  readonly limits: readonly KeyedLimitSpec[]
  readonly status: number
  readonly headers: readonly HeaderValueSpec[]
  readonly body: string
  /** What would be refused is counted, and goes on. */
  readonly isShadow: boolean
}

export interface KeyedLimitSpec {
  readonly name: string
  readonly requests: number
  readonly windowMs: number
  readonly burst: number
  /** Each value of these has a limit of its own; a request that lacks one of them is not counted. */
  readonly by: readonly LimitKeySpec[]
  readonly condition: ConditionSpec
}

export type LimitKeySpec =
  /** Of so many bits; undefined: all. */
  | { readonly kind: 'source-address'; readonly prefixBits: number | undefined }
  | { readonly kind: 'header'; readonly name: string }
  /** What the expression gives as a text. */
  | { readonly kind: 'expression'; readonly expression: string }

export interface FaultSpec {
  readonly delay: { readonly ms: number; readonly share: number } | undefined
  readonly abort:
    | {
        readonly status: number
        readonly grpcStatus: number | undefined
        /** Of requests, 0 to 1. */
        readonly share: number
      }
    | undefined
  readonly condition: ConditionSpec
}

/** Copies of requests, whose answers are thrown away. */
export interface MirrorSpec {
  readonly cluster: string
  /** Of requests, 0 to 1. */
  readonly share: number
  readonly condition: ConditionSpec
}

/** A filter of a route. */
export interface RouteFilterSpec {
  readonly name: string
  readonly condition: ConditionSpec
}
