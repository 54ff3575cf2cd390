import type { FilterFailure } from '@quadrant/wasm/proxy-wasm'
import type { FilterCapability } from '../filters/capability.ts'

/** Cases that a filter is to stand, as a file has them. */
export interface TestFile {
  readonly filter: TestFilter
  readonly cases: readonly TestCase[]
}

/** How the filter is configured, in all cases. */
export interface TestFilter {
  readonly rootId: string
  readonly vmId: string
  readonly configuration: string
  readonly vmConfiguration: string
  readonly capabilities: readonly FilterCapability[]
}

/** One instance of the filter from its start on, and what passes it, one after the other. */
export interface TestCase {
  readonly name: string
  /** Milliseconds of Unix time at its start. */
  readonly startMs: number
  /** In place of that of the file. */
  readonly configuration: string | undefined
  /** By the names of clusters: whom the filter may call. */
  readonly calls: ReadonlyMap<string, TestAnswer>
  readonly exchanges: readonly (TestExchange | TestConnection)[]
}

/** A connection of bytes through the filter. */
export interface TestConnection {
  readonly afterMs: number
  /** What comes from either side, one after the other. */
  readonly steps: readonly TestStep[]
  readonly expect: Expectation
}

export interface TestStep {
  readonly from: 'client' | 'upstream'
  /** How much later than the one before. */
  readonly afterMs: number
  /** Each character is a byte. */
  readonly bytes: string
  /** Whoever sends it sends no more. */
  readonly isEnd: boolean
}

export interface TestExchange {
  /** How much later than the one before. */
  readonly afterMs: number
  readonly request: TestRequest
  readonly response: TestAnswer
  readonly expect: Expectation
}

export interface TestRequest {
  readonly method: string
  readonly path: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  readonly trailers: ReadonlyMap<string, string>
}

/** What an upstream answers, or somebody whom the filter calls. */
export interface TestAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  readonly trailers: ReadonlyMap<string, string>
  /** It does not answer: the connection breaks. */
  readonly isBroken: boolean
  readonly afterMs: number
}

/** What is to come of an exchange; what is undefined may be as it is. */
export interface Expectation {
  readonly outcome: ExchangeOutcome | undefined
  /** What reaches the upstream. */
  readonly request: MessageExpectation | undefined
  /** What the client gets. */
  readonly response: (MessageExpectation & { readonly status: number | undefined }) | undefined
  /** All that reaches the upstream of a connection, and the client; each character is a byte. */
  readonly toUpstream: string | undefined
  readonly toClient: string | undefined
  /** Of an answer of the filter itself. */
  readonly details: string | undefined
  /** Each is in a line that it logs meanwhile. */
  readonly logs: readonly string[]
  /** What it counts by then. */
  readonly metrics: ReadonlyMap<string, number>
  readonly crash: FilterFailure | undefined
}

/**
 * - `passed`    request and response went through
 * - `answered`  the filter answered, and the upstream has seen nothing
 * - `waiting`   the filter holds it, and nothing is under way for which it could wait
 * - `reset`     it ended without an answer
 * - `closed`    the filter ended the connection
 */
export const OUTCOMES = ['passed', 'answered', 'waiting', 'reset', 'closed'] as const
export type ExchangeOutcome = (typeof OUTCOMES)[number]

export interface MessageExpectation {
  readonly headers: ReadonlyMap<string, string>
  /** Names of headers that are not there. */
  readonly absent: readonly string[]
  readonly body: string | undefined
}
