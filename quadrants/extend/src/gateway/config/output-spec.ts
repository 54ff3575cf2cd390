import type { PemSource } from './pem-source.ts'

/** Where a line for each exchange goes, and what it says. */
export interface AccessLogSpec {
  readonly sink: { readonly kind: 'stdout' } | { readonly kind: 'file'; readonly path: string }
  readonly format: AccessLogFormat
  /** Only exchanges with this status or above, and those without any. 0: all. */
  readonly statusMin: number
}

/** Both use Envoy's command operators, such as `%RESPONSE_CODE%`. */
export type AccessLogFormat =
  /** A line feed is appended where there is none. */
  | { readonly kind: 'text'; readonly text: string }
  /** A value that is one operator alone becomes a number where it is one. */
  | { readonly kind: 'json'; readonly fields: AccessLogFields }

export interface AccessLogFields {
  readonly [name: string]: string | AccessLogFields
}

/** Filters that somebody signed come from there. */
export interface DeliverySpec {
  /** `host:port` of the server's gRPC, or the path of its socket. */
  readonly server: string
  /** What this gateway is called there. */
  readonly node: string
  readonly tls: DeliveryTlsSpec | undefined
  /** Of Ed25519. */
  readonly trustedKeys: readonly TrustedKeySpec[]
  /** How many of them have to have signed a release, where a filter does not say otherwise. */
  readonly signaturesMin: number
  /** Of one module. */
  readonly moduleBytesMax: number
  /** Whether the server's word, which nobody has signed, may switch filters off and on. */
  readonly followsUnsignedOrders: boolean
  /** The last good versions are kept there. */
  readonly stateDirectory: string
}

export interface DeliveryTlsSpec {
  readonly caFile: string | undefined
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
}

export interface TrustedKeySpec {
  readonly name: string
  /** SPKI. */
  readonly key: PemSource
}

/** What is counted goes there, as OTLP over HTTP. */
export interface TelemetrySpec {
  /** With its path, such as `http://127.0.0.1:4318/v1/metrics`. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly intervalMs: number
}

/** Statistics and state, for people and Prometheus. It asks nobody who they are. */
export interface AdminSpec {
  readonly host: string
  readonly port: number
}
