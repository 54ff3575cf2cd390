import type { DropCount, StageCount } from '../kernel/loss.ts'
import type { CapturedExchange } from './captured-exchange.ts'
import type { ParsedHead } from './kernel/captured-head.ts'
import type { SecretNames } from './redaction/secret-names.ts'
import type { RequestProtocolName, SamplingRule } from './sampling/sampling-rule.ts'
import type { SamplingWindows } from './sampling/sampling-windows.ts'

/** Whose socket saw the requests: the one that answers, or the one that asks. */
export type RequestSide = 'server' | 'client'

/**
 * Where the other end is, by its address alone: private is RFC 1918, 6598 and 4193. Told of the server's side, where the
 * other ends are too many to tell.
 */
export type PeerClass = (typeof PEERS)[number]
/** As `enum peer_class` of bpf/http.bpf.c has them. */
export const PEERS = ['loopback', 'link-local', 'private', 'public'] as const

/** A process of this host by its id, or an address as text. Of a process the kernel says who ran: it may be another one. */
export type RequestClient = { readonly pid: number } | { readonly address: string }

/** Those that are told apart, as `enum method` of bpf/http-message.h has them from 1 on. */
export const REQUEST_METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
] as const
/** Methods that are told apart; no other begins a request here. */
export type RequestMethod = (typeof REQUEST_METHODS)[number]

/** What requests are told of. */
export type RequestProtocol = 'http/1.0' | 'http/1.1' | 'http/2' | 'grpc'

/**
 * Latencies in exponential buckets: `counts[i]` is of what is above 2^((offset + i) / 2^scale) ns up to
 * 2^((offset + i + 1) / 2^scale) ns (OpenTelemetry, metrics data model, "ExponentialHistogram").
 */
export interface LatencyCounts {
  readonly scale: number
  readonly offset: number
  readonly counts: readonly number[]
  /** At most 2^(offset / 2^scale) ns. */
  readonly below: number
  /** Longer than the last bucket's end. */
  readonly above: number
}

/** Requests that are alike, as many as came since the last read. */
export interface RequestSeries {
  /** Of the cgroup v2 whose socket it is: the inode of its directory. */
  readonly cgroupId: number
  readonly side: RequestSide
  readonly serverPort: number
  /** The server that a client asked; empty at the server's side. */
  readonly serverAddress: string
  readonly peer: PeerClass
  /** Who asks, at the server's side: undefined where that is not told apart. */
  readonly client?: RequestClient | undefined
  readonly protocol: RequestProtocol
  /** How they were seen: default by packets; by what processes send and receive, or by what TLS carries. */
  readonly source?: 'packets' | 'sockets' | 'tls' | undefined
  /** Undefined in the place for the rest, and of HTTP/2 also where it is another one or not known. */
  readonly method: RequestMethod | undefined
  /**
   * Up to the query, its identifiers as `{id}`; of gRPC the method as it is. Undefined in the place for the rest
   * (`~other`), and of HTTP/2 also where it is not known.
   */
  readonly path: string | undefined
  /** The path was longer than what is told of it. */
  readonly pathCut: boolean
  /**
   * Of the final response; 0 when the connection or the stream ended without one; undefined in the place for the rest,
   * and of HTTP/2 also where it is not known.
   */
  readonly status: number | undefined
  /** Of gRPC, up to 255; undefined where none came or it is not known, and of other protocols. */
  readonly grpcStatus?: number | undefined
  readonly count: number
  /**
   * Sum over those that were answered: from the first byte of the request to that of the final response, of gRPC to its
   * last one.
   */
  readonly latencyNs: number
  /** Of lines, fields and body, as far as they came before the response; of HTTP/2 of bodies alone, all of them. */
  readonly requestBytes: number
  readonly responseBytes: number
  readonly latency: LatencyCounts
}

/** Connections of TLS: what they carry is not seen. */
export interface OpaqueSeries {
  readonly cgroupId: number
  readonly side: RequestSide
  readonly serverPort: number
  /** The server that a client asked; empty at the server's side. */
  readonly serverAddress: string
  readonly peer: PeerClass
  readonly client?: RequestClient | undefined
  /** That the client asked for (SNI, RFC 6066); empty when it named none; undefined when it was not seen. */
  readonly serverName: string | undefined
  /** Connections; cumulative. */
  readonly count: number
}

/** Connections by what they carry, each once; cumulative. */
export interface ConnectionKinds {
  readonly http1: number
  /** By their preface; or, when they were there before, by frames that a client or server begins with. */
  readonly http2: number
  readonly tls: number
  /** Of no protocol that is known here. */
  readonly other: number
  /** That were there before: also counted as a kind once they were in step. */
  readonly joined: number
  /** HTTP/1 that became another protocol (101, CONNECT). */
  readonly upgraded: number
  /** Joined, and not in step as yet. */
  readonly unknown: number
}

/** Which requests are captured in full. */
export interface CaptureRules {
  /** As `checkSamplingRules` gives them. */
  readonly rules: readonly SamplingRule[]
  /** Most in one second over all rules; what is beyond is counted. Default 100. */
  readonly capturesPerSecondMax?: number
  /** Protocols that are read at all. Default: all. */
  readonly protocols?: readonly RequestProtocolName[] | undefined
  /** What is secret beside what always is. */
  readonly secrets?: SecretNames
}

/** Whose requests they are, as far as a socket tells. */
export type SeriesPlace = Pick<
  RequestSeries,
  'cgroupId' | 'side' | 'serverPort' | 'serverAddress' | 'peer' | 'client'
>

/** Which rules are for the requests of a place: see `samplingScope`, and {@link SCOPE_ELSEWHERE}. */
export type ScopeOf = (place: Omit<SeriesPlace, 'peer' | 'client'>, rules: readonly SamplingRule[]) => number

/** The head of a request of HTTP/1 that asked for it, or of its response. Secrets are taken out. */
export interface CapturedHead extends ParsedHead {
  readonly side: 'request' | 'response'
  /** The socket's cookie; with the number the same for a request and its response. */
  readonly connection: number
  /** Which of the connection's requests. */
  readonly request: number
  readonly place: SeriesPlace
  /** When its first byte passed, of the kernel's monotonic clock. */
  readonly atNs: number
  /** Of a response: from the request's first byte to its own. */
  readonly latencyNs: number | undefined
  readonly status: number | undefined
  /** Number of the rules that held for it, and which of them asked for it: of a request. */
  readonly generation: number
  readonly rule: number | undefined
  /** It has more than 4 KiB; or it did not begin in the packet that it ended in, and then nothing of it is told. */
  readonly cut: boolean
}

/** Sees requests, and tells how many there were of each kind. */
export interface RequestSource extends Disposable {
  /**
   * Sees the sockets of a cgroup and all below it from now on.
   *
   * @param path its directory in the v2 hierarchy
   * @throws {EbpfError} what the kernel refused; `argument` when it is no such directory; `exists` when it is seen already
   */
  attach(path: string): void
  /** Whether it was attached. */
  detach(path: string): boolean
  /** What changed since the last read. */
  read(): readonly RequestSeries[]
  /**
   * Captures by these rules within some 10 ms; without a rule no request is looked at for one.
   *
   * @returns the number of the rules, counted up by one with each change
   */
  setRules(rules: CaptureRules, scopeOf: ScopeOf): number
  /** Number of the rules that are followed by now. */
  readonly generationInForce: number
  /** What counts against the caps: whoever else captures by these rules counts there, too. */
  readonly windows: SamplingWindows
  /** Asks anew which rules are for which servers: some may be known only now. */
  renewScopes(scopeOf: ScopeOf): void
  /** Tells the heads that were captured since the last call; how many. Some 250 are kept until then, the rest counted. */
  pollHeads(onHead: (head: CapturedHead) => void): number
  /**
   * Tells requests of HTTP/2 and gRPC that are captured and have begun since the last call, each once; how many. A
   * thousand are kept until then, the rest counted.
   *
   * @param onExchange is given what grows until it is over
   */
  pollExchanges(onExchange: (exchange: CapturedExchange) => void): number
  connections(): ConnectionKinds
  /** Connections that are opaque, as of the last read. */
  opaque(): readonly OpaqueSeries[]
  /** Cumulative. */
  drops(): readonly DropCount[]
  /** Requests whose fate is known, and responses: seen = kept + dropped. */
  stages(): readonly StageCount[]
  /** Requests that wait for their response now, or whose connection was gone without a word. */
  waiting(): number
}
