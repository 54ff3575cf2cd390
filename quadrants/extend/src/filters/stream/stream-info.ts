/** An end of a connection: address and port as text, `127.0.0.1:8080` or `[::1]:8080`, or the path of a unix socket. */
export interface ConnectionInfo {
  /** Unique on this process. */
  readonly id: number
  readonly sourceAddress: string
  readonly sourcePort: number
  readonly destinationAddress: string
  readonly destinationPort: number
  /** Undefined without TLS. */
  readonly tls?: {
    /** `TLSv1.3` */
    readonly version: string
    /** Server name that the client asked for. */
    readonly serverName: string | undefined
    readonly isMutual: boolean
    /** Of the peer's and of the own certificate; undefined where there is none. */
    readonly peerSubject: string | undefined
    readonly peerUriSan: string | undefined
    readonly peerDnsSan: string | undefined
    readonly peerFingerprintSha256: string | undefined
    readonly localSubject: string | undefined
    readonly localUriSan?: string
    readonly localDnsSan?: string
  }
  /** Why it was ended, and why its TLS failed; undefined where that did not happen. */
  readonly terminationDetails?: string
  readonly transportFailure?: string
}

/**
 * What filters can ask of an exchange under Envoy's attribute names. Whoever has the connections fills it in as things
 * become known, so it is read when it is asked for.
 */
export interface StreamInfo {
  readonly connection: ConnectionInfo
  /** `HTTP/1.1`, `HTTP/2` */
  readonly protocol: string
  /** Milliseconds of Unix time, with its fraction. */
  readonly startTimeMs: number
  /** Names of what was configured; empty where there is none. */
  readonly listenerName: string
  readonly routeName: string
  readonly virtualHostName: string
  readonly clusterName: string
  /** `ip:port` of the chosen endpoint. */
  readonly upstreamAddress: string | undefined
  readonly upstreamTransportFailure: string | undefined
  /** Bytes of body, and of heads, that came and went so far. */
  readonly requestBodyBytes: number
  readonly requestHeadBytes: number
  readonly responseBodyBytes: number
  readonly responseHeadBytes: number
  /** 0 until there is a response. */
  readonly responseStatus: number
  /** Such as `via_upstream`, `route_not_found`. */
  readonly responseDetails: string
  /** Envoy's bits: `UH` 0x2, `UF` 0x20, … as `response.flags`. */
  readonly responseFlags: number
  /** `x-request-id` */
  readonly requestId: string
  /** Nanoseconds from begin to end; undefined while it goes on. */
  readonly durationNs: number | undefined
  /** Metadata of the chosen route or of the cluster, by namespace, as configured. */
  readonly routeMetadata?: Readonly<Record<string, unknown>>
  readonly clusterMetadata?: Readonly<Record<string, unknown>>
  readonly virtualHostMetadata?: Readonly<Record<string, unknown>>
  readonly listenerMetadata?: Readonly<Record<string, unknown>>
  readonly upstreamHostMetadata?: Readonly<Record<string, unknown>>
  readonly filterChainName?: string
  readonly listenerDirection?: 'inbound' | 'outbound'
  /** `ip:port` of this end of the connection to the upstream. */
  readonly upstreamLocalAddress?: string
  /** Times that the request was sent. */
  readonly attemptCount?: number
  /** Endpoints of the cluster. */
  readonly upstreamEndpoints?: number
  /** Nanoseconds until there was a connection to the upstream, and from the first byte to it to the last of it. */
  readonly upstreamPoolReadyNs?: number
  readonly upstreamLatencyNs?: number
}
