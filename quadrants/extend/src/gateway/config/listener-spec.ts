import type { PemSource } from './pem-source.ts'
import type { TcpSpec } from './tcp-spec.ts'

export type ListenerProtocol = 'http1' | 'http2'

/** A port, and how carefully what comes in there is taken. */
export interface ListenerSpec {
  readonly name: string
  /** IP address. */
  readonly host: string
  /** 0: whichever is free. */
  readonly port: number
  /** With both and no TLS, HTTP/2 is known by its preface (RFC 9113 3.3). */
  readonly protocols: readonly ListenerProtocol[]
  /** What comes in is no HTTP, but bytes for a cluster; then `virtualHosts` is empty. Undefined: it is HTTP. */
  readonly tcp: TcpSpec | undefined
  readonly tls: ListenerTlsSpec | undefined
  readonly limits: ListenerLimits
  readonly timeouts: ListenerTimeouts
  readonly paths: PathRules
  readonly clientAddress: ClientAddressRules
  readonly requestId: RequestIdRules
  /** What becomes of fields whose names have an underscore, which many programs take for a hyphen. */
  readonly underscores: 'reject' | 'drop' | 'keep'
  /** Of the `server` field of responses; undefined: whatever the upstream says. */
  readonly serverName: string | undefined
  /** Names of virtual hosts; their domains differ from one another. */
  readonly virtualHosts: readonly string[]
  /** Names of filters, in the order in which a request, or a connection of `tcp`, passes them. */
  readonly filters: readonly string[]
}

export interface ListenerTlsSpec {
  /** The first is for clients that ask for no name, or for one that none has. */
  readonly certificates: readonly CertificateSpec[]
  /** In the order of preference. Empty: the client is told none, whatever it offers. */
  readonly alpn: readonly string[]
  /** Whose certificates clients may have. */
  readonly clientCa: PemSource | undefined
  /** `none` exactly where `clientCa` is undefined. */
  readonly clientCertificate: 'none' | 'optional' | 'required'
  readonly versionMin: 'TLSv1.2' | 'TLSv1.3'
}

export interface CertificateSpec {
  /** `shop.example`, `*.shop.example`. Empty: the names that the certificate has. */
  readonly serverNames: readonly string[]
  readonly cert: PemSource
  readonly key: PemSource
}

export interface ListenerLimits {
  readonly connectionsMax: number
  readonly headBytesMax: number
  readonly headFieldsMax: number
  /** Infinity: none. */
  readonly bodyBytesMax: number
  /** Of one stream, in each direction: what brings more waits. */
  readonly bufferBytesMax: number
  /** Of HTTP/2. */
  readonly streamsPerConnectionMax: number
  /** The connection is closed in good order after these. Infinity: none. */
  readonly requestsPerConnectionMax: number
  /** Streams of HTTP/2 that the client gives up before they are answered, in a minute; then the connection is closed. */
  readonly resetsPerMinuteMax: number
}

/** 0: for ever. */
export interface ListenerTimeouts {
  readonly handshakeMs: number
  /** From the first byte of a head to its end. */
  readonly headMs: number
  /** From the first byte of a head to the end of the body. */
  readonly requestMs: number
  /** Without a byte in either direction of a stream. */
  readonly streamIdleMs: number
  /** Without a request. */
  readonly idleMs: number
  /** Age at which a connection is closed in good order. */
  readonly connectionMs: number
}

/** What `normalizePath` does before anybody else sees the path. */
export interface PathRules {
  /** `.` and `..` are resolved and needless escapes undone (RFC 3986 6.2.2). */
  readonly isNormalized: boolean
  readonly mergeSlashes: boolean
  /** Of `%2F` and `%5C`, which many programs take for the character itself. */
  readonly escapedSlashes: 'keep' | 'reject' | 'unescape' | 'redirect'
}

/** Who the client is, where proxies stand in front of this one. */
export interface ClientAddressRules {
  /** That many proxies in front are trusted to append to `x-forwarded-for`. */
  readonly trustedHopCount: number
}

export interface RequestIdRules {
  /** What a client says it is called stays; otherwise each request gets a name of its own. */
  readonly isKept: boolean
  /** Responses say it, too. */
  readonly isReturned: boolean
}
