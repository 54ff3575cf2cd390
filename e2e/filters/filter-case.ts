/**
 * Which programs run a case: `guest/filtercases/rust` and `go` do the same for the same script; the others have no SDK,
 * and are of one version of the ABI each (`guest/filtercases/abi`).
 */
export type GuestName = 'rust' | 'go' | AbiGuestName
export type AbiGuestName = 'abi-0.1.0' | 'abi-0.2.0' | 'abi-0.2.0-short' | 'abi-0.2.1'

/** One thing that filters can see or do, with all that happens around it. */
export interface FilterCase {
  /** `family/what`, in the letters of a file name. */
  readonly name: string
  readonly filters: readonly CaseFilter[]
  /** What the client does, one after the other. */
  readonly exchanges: readonly Exchange[]
  /** Default `rust` and `go`. */
  readonly guests?: readonly GuestName[]
  /** Custom metrics whose values are part of the outcome. */
  readonly metrics?: readonly string[]
  /** Why Envoy is not asked: it does not survive it. */
  readonly endsEnvoy?: string
  /** How long filters go on after the last exchange, for what happens without one. Default 0. */
  readonly lingerMs?: number
  /** What filters have written by the end, where something comes of itself after the last exchange. */
  readonly goesOnUntil?: RegExp
}

/** A filter of the case, in the order in which requests pass. */
export interface CaseFilter {
  /**
   * What it does: lines of `CALLBACK[#TIME] OPERATION ARGUMENTS`. It is the configuration of the plugin; what operations
   * there are is in guest/filtercases.
   */
  readonly script: string
  readonly rootId?: string
  /** Default one for all cases; a case whose filters trap has its own. */
  readonly vmId?: string
  /** A script for `vm_start`. */
  readonly vmScript?: string
  readonly isFailOpen?: boolean
  readonly environment?: Readonly<Record<string, string>>
  /** Whether it stands beside the exchanges of the case: its VM and plugin are there, no request passes it. */
  readonly isAside?: boolean
}

export type Exchange = HttpExchange | TcpExchange

export interface HttpExchange {
  readonly kind: 'http'
  /** Default 1. */
  readonly version?: 1 | 2
  readonly request?: CaseRequest
  readonly response?: CaseResponse
  /** The client goes away once the filters have written this. */
  readonly leavesAfter?: RegExp
  /** How long after that. Default 0. */
  readonly leavesAfterMs?: number
}

interface CaseRequest {
  /** Default GET, or POST where there is a body. */
  readonly method?: string
  /** Default `/`. */
  readonly path?: string
  readonly headers?: Fields
  /** Each is sent when something has come of the one before. */
  readonly body?: readonly string[]
  readonly trailers?: Fields
}

/** What the upstream answers. */
export interface CaseResponse {
  /** Default 200. */
  readonly status?: number
  readonly headers?: Fields
  /** Default one piece, `upstream`. */
  readonly body?: readonly string[]
  readonly trailers?: Fields
  /** It speaks HTTP/2. Default as the client does. */
  readonly version?: 1 | 2
  /** It closes the connection in place of an answer. */
  readonly isReset?: boolean
}

/** A connection of bytes. */
export interface TcpExchange {
  readonly kind: 'tcp'
  readonly sends: readonly string[]
  /** `echo` sends back what comes, with `echo:` before it; `close` ends after the first; `greet` speaks first. */
  readonly upstream: 'echo' | 'close' | 'greet'
}

export type Fields = readonly (readonly [name: string, value: string])[]

/** What came of a case. */
export interface Outcome {
  /** What the filters wrote, contexts named in their order. */
  readonly transcript: readonly string[]
  /** What the client was given, one for each exchange. */
  readonly answers: readonly string[][]
  /** What reached the upstream. */
  readonly upstream: readonly string[][]
  /** `name value` each. */
  readonly metrics?: readonly string[]
}

/** Something that runs filters. */
export interface FilterHost extends AsyncDisposable {
  run(guest: GuestName, filterCase: FilterCase): Promise<Outcome>
}
