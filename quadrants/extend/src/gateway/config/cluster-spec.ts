import type { PemSource } from './pem-source.ts'
import type { RateLimitSpec } from './rate-limit-spec.ts'
import type { TextMatch } from './text-match.ts'

/** Endpoints that answer alike. */
export interface ClusterSpec {
  readonly name: string
  readonly endpoints: readonly EndpointSpec[]
  readonly dns: DnsSpec
  readonly protocol: 'http1' | 'http2'
  readonly tls: UpstreamTlsSpec | undefined
  readonly connectTimeoutMs: number
  readonly balancer: BalancerSpec
  /** Below so many of 100 healthy, health is not believed and all are used. 0: never. */
  readonly panicThresholdPercent: number
  readonly healthChecks: readonly HealthCheckSpec[]
  readonly outliers: OutlierSpec | undefined
  readonly breakers: BreakerSpec
  readonly pool: PoolSpec
  readonly rateLimit: RateLimitSpec | undefined
  /** By namespace; filters read it. */
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface EndpointSpec {
  /** IP address, or a name that stands for all its addresses. */
  readonly host: string
  readonly port: number
  /** 1 to 128, of each address. */
  readonly weight: number
  /** 0 is used first. */
  readonly priority: number
}

export interface DnsSpec {
  readonly refreshMs: number
  readonly family: 'any' | 'v4' | 'v6'
}

export interface UpstreamTlsSpec {
  /** Undefined: those of the system. */
  readonly ca: PemSource | undefined
  /** Undefined: the host of the endpoint where it is a name. */
  readonly serverName: string | undefined
  readonly certificate: { readonly cert: PemSource; readonly key: PemSource } | undefined
  /** False: whoever answers is believed. */
  readonly isVerified: boolean
  /** One of the certificate's names must fit one of them. Empty: the server name must. */
  readonly subjectAltNames: readonly TextMatch[]
  readonly versionMin: 'TLSv1.2' | 'TLSv1.3'
}

export type BalancerSpec =
  | { readonly kind: 'round-robin' }
  /** The one with fewer requests under way, by weight, of `choiceCount` at random. */
  | { readonly kind: 'least-request'; readonly choiceCount: number }
  | { readonly kind: 'random' }
  | { readonly kind: 'ring-hash'; readonly ringSizeMin: number; readonly ringSizeMax: number }
  /** `tableSize` is a prime. */
  | { readonly kind: 'maglev'; readonly tableSize: number }

export type HealthCheckSpec = {
  readonly intervalMs: number
  /** At most that is added to each interval, at random. */
  readonly jitterMs: number
  readonly timeoutMs: number
  /** Of endpoints that nobody has asked anything of. */
  readonly idleIntervalMs: number
  readonly unhealthyThreshold: number
  readonly healthyThreshold: number
} & (
  | {
      readonly kind: 'http'
      readonly path: string
      /** `:authority`; undefined: the host of the endpoint. */
      readonly host: string | undefined
      readonly method: string
      readonly statuses: readonly StatusRange[]
    }
  | { readonly kind: 'tcp' }
  /** grpc.health.v1.Health/Check */
  | { readonly kind: 'grpc'; readonly service: string; readonly authority: string | undefined }
)

/** Both ends are in it. */
export interface StatusRange {
  readonly min: number
  readonly max: number
}

/** 0 consecutive: not looked at. */
export interface OutlierSpec {
  readonly consecutive5xx: number
  /** 502, 503, 504, and failures to connect or to go on. */
  readonly consecutiveGatewayFailures: number
  /** Connecting, or a reset; no response. */
  readonly consecutiveLocalFailures: number
  readonly intervalMs: number
  /** Times how often it was ejected, */
  readonly ejectionBaseMs: number
  /** and at most this. */
  readonly ejectionMaxMs: number
  readonly ejectionJitterMs: number
  readonly ejectedPercentMax: number
}

/** Of one process. What is over any of them is answered with 503 at once. */
export interface BreakerSpec {
  readonly connectionsMax: number
  /** Waiting for a connection. */
  readonly pendingMax: number
  readonly requestsMax: number
  readonly retries: RetryBudgetSpec
}

/** Retries under way: `percent` of the requests that are, but `countMin` always, and never more than `countMax`. */
export interface RetryBudgetSpec {
  readonly percent: number
  readonly countMin: number
  readonly countMax: number
}

/** Connections that are kept. */
export interface PoolSpec {
  readonly idleMs: number
  /** Infinity: none. */
  readonly requestsPerConnectionMax: number
  /** Of HTTP/2, of each. */
  readonly streamsPerConnectionMax: number
  /** Age at which one is used no more. 0: for ever. */
  readonly connectionMs: number
  /** Of one endpoint, unused. */
  readonly idleConnectionsMax: number
}
