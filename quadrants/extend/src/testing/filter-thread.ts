import { randomFillSync } from 'node:crypto'
import {
  compileFilter,
  HeaderMap,
  Result,
  SharedMemory,
  type FilterCrash,
  type Properties,
} from '@quadrant/wasm/proxy-wasm'
import type { FilterToRun } from '../filters/filter-engine.ts'
import { pluginSpec, type PluginSpec } from '../filters/plugin/plugin-spec.ts'
import type { LocalReply } from '../filters/stream/stream-chain.ts'
import type { StreamInfo } from '../filters/stream/stream-info.ts'
import { ThreadFilters, NO_CALLS, type FilterCalls } from '../filters/thread-filters.ts'

const NO_PROPERTIES: Properties = {
  get: () => Result.NOT_FOUND,
  set: () => Result.NOT_FOUND,
  callForeign: () => Result.NOT_FOUND,
}

/** Filters on this thread, with what they logged and how they ended. */
export interface FilterThread extends AsyncDisposable {
  readonly filters: ThreadFilters
  readonly logs: string[]
  readonly crashes: FilterCrash[]
}

export function openFilterThread(
  shared = SharedMemory.create(),
  calls: FilterCalls = NO_CALLS,
): FilterThread {
  const logs: string[] = []
  const crashes: FilterCrash[] = []
  const filters = new ThreadFilters({
    nowNs: () => BigInt(Date.now()) * 1_000_000n,
    monotonicNs: () => process.hrtime.bigint(),
    fillRandom: (bytes) => void randomFillSync(bytes),
    random: Math.random,
    later: (afterMs, callback) => {
      const timer = setTimeout(callback, afterMs)
      return () => clearTimeout(timer)
    },
    log: (filter, level, message) => logs.push(`${filter} ${level} ${message}`),
    logLevel: () => 2,
    crashed: (_, crash) => crashes.push(crash),
    shared,
    calls,
    pluginProperties: () => NO_PROPERTIES,
    streamProperties: () => NO_PROPERTIES,
    bufferBytesMax: 1 << 20,
    drainMs: 1000,
  })
  return {
    filters,
    logs,
    crashes,
    [Symbol.asyncDispose]: async () => await filters.engine.close(),
  }
}

export async function filterOf(
  bytes: Uint8Array,
  spec: Partial<PluginSpec> & Pick<PluginSpec, 'name'>,
): Promise<FilterToRun> {
  const full = pluginSpec({ digest: `sha256:${spec.name}`, ...spec })
  return { spec: full, module: await compileFilter(bytes, full.limits) }
}

/** An exchange through the filters, of which the upstream answers 200 with `hello`. */
export interface ExchangeResult {
  readonly status: number
  readonly headers: HeaderMap
  readonly body: string
  /** What reached the upstream; undefined where nothing did. */
  readonly request: HeaderMap | undefined
  readonly details: string
}

/**
 * Undefined where it waits for something.
 *
 * @param replied told of an answer of a filter, also of one that comes later
 */
export function exchange(
  { filters }: FilterThread,
  headers: Readonly<Record<string, string>> = {},
  replied?: (reply: LocalReply) => void,
): ExchangeResult | 'reset' | undefined {
  let request: HeaderMap | undefined
  let answer: HeaderMap | undefined
  let body = ''
  let reply: LocalReply | undefined
  let isReset = false
  const sink = {
    requestHead: (map: HeaderMap) => {
      request = map
    },
    requestBody: () => {},
    requestTrailers: () => {},
    responseHead: (map: HeaderMap) => {
      answer = map
    },
    responseBody: (chunk: Uint8Array) => {
      body += Buffer.from(chunk).toString()
    },
    responseTrailers: () => {},
    localReply: (given: LocalReply) => {
      reply = given
      replied?.(given)
    },
    reset: () => {
      isReset = true
    },
    holdRequest: () => {},
    holdResponse: () => {},
    clearRouteCache: () => {},
  }
  const fields = { ':method': 'GET', ':scheme': 'http', ':authority': 'shop', ':path': '/', ...headers }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody asks
  const chain = filters.engine.open(sink, {} as StreamInfo)
  const map = HeaderMap.of(Object.entries(fields))
  if (chain === undefined) request = map
  else chain.requestHead(map, true)
  if (request !== undefined) {
    const response = HeaderMap.of([[':status', '200']])
    if (chain === undefined) {
      answer = response
      body = 'hello'
    } else {
      chain.responseHead(response, false)
      chain.responseBody(Buffer.from('hello'), true)
    }
  }
  if (reply !== undefined || answer !== undefined || isReset) chain?.end()
  if (isReset) return 'reset'
  if (reply !== undefined) {
    const { status, headers: given, body: bytes, details } = reply
    return { status, headers: given, body: Buffer.from(bytes).toString(), request, details }
  }
  if (answer === undefined) return undefined
  return { status: Number(answer.get(':status')), headers: answer, body, request, details: '' }
}
