import { randomFillSync } from 'node:crypto'
import { compileFilter, HeaderMap, LogLevel, SharedMemory, type FilterCrash } from '@quadrant/wasm/proxy-wasm'
import type { FilterToRun } from '../filters/filter-engine.ts'
import { PluginProperties } from '../filters/foreign/plugin-properties.ts'
import { StreamProperties } from '../filters/foreign/stream-properties.ts'
import { pluginSpec, type PluginSpec } from '../filters/plugin/plugin-spec.ts'
import type { StreamSink } from '../filters/stream/stream-chain.ts'
import type { StreamInfo } from '../filters/stream/stream-info.ts'
import { ThreadFilters, NO_CALLS, type FilterCalls } from '../filters/thread-filters.ts'

/** Filters on this thread, with what they logged and how they ended. */
export interface FilterThread extends AsyncDisposable {
  readonly filters: ThreadFilters
  readonly logged: readonly string[]
  readonly crashes: readonly FilterCrash[]
}

export function openFilterThread(calls: FilterCalls = NO_CALLS): FilterThread {
  const logged: string[] = []
  const crashes: FilterCrash[] = []
  const streamProperties = new StreamProperties()
  const filters = new ThreadFilters({
    nowNs: () => BigInt(Date.now()) * 1_000_000n,
    monotonicNs: () => process.hrtime.bigint(),
    fillRandom: (bytes) => void randomFillSync(bytes),
    random: Math.random,
    later: (afterMs, callback) => {
      const timer = setTimeout(callback, afterMs)
      return () => clearTimeout(timer)
    },
    log: (_filter, _level, message) => void logged.push(message),
    logLevel: () => LogLevel.INFO,
    crashed: (_, crash) => {
      crashes.push(crash)
      logged.push(`${crash.failure}: ${crash.message}`)
    },
    shared: SharedMemory.create(),
    calls,
    pluginProperties: ({ name, rootId, vmId }) => new PluginProperties({ plugin: { name, rootId, vmId } }),
    streamProperties: (_, stream, root) => streamProperties.of(stream, root),
    bufferBytesMax: 1 << 20,
    drainMs: 1000,
  })
  return {
    filters,
    logged,
    crashes,
    [Symbol.asyncDispose]: async () => {
      await filters.engine.close()
    },
  }
}

export async function filterOf(
  bytes: Uint8Array,
  spec: Partial<PluginSpec> & Pick<PluginSpec, 'name'>,
): Promise<FilterToRun> {
  const full = pluginSpec({ digest: `sha256:${spec.name}`, ...spec })
  return { spec: full, module: await compileFilter(bytes, full.limits) }
}

type Headers = Readonly<Record<string, string>>

export interface Exchange {
  readonly headers?: Headers
  readonly body?: string
  /** What the upstream answers. */
  readonly answer?: { readonly headers?: Headers; readonly body?: string }
}

export interface Message {
  readonly headers: HeaderMap
  readonly body: string
}

/** What comes of an exchange, also of one that goes on later. */
export interface Passed {
  /** What reached the upstream, and what the client. */
  readonly request: Message | undefined
  readonly response: Message | undefined
  /** Of an answer of a filter. */
  readonly details: string | undefined
  readonly wasRouteCleared: boolean
  readonly wasReset: boolean
}

/** One exchange through the filters, each body in two pieces. It ends when there is a response. */
export function passThrough(
  { filters }: FilterThread,
  { headers = {}, body = '', answer = {} }: Exchange,
): Passed {
  const passing = new Passing()
  const names = filters.engine.report().map(({ name }) => name)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- these filters ask nothing else about it
  const info = { connection: {} } as StreamInfo
  const chain = filters.engine.chain(names).open(passing, info)
  if (chain === undefined) throw new Error('there is no filter')
  const method = body === '' ? 'GET' : 'POST'
  const head = { ':method': method, ':scheme': 'http', ':authority': 'a.example', ':path': '/', ...headers }
  chain.requestHead(HeaderMap.of(Object.entries(head)), body === '')
  inTwo(body, (chunk, isEnd) => chain.requestBody(chunk, isEnd))
  // An upstream answers what has come to it.
  if (passing.request !== undefined && passing.response === undefined && !passing.wasReset) {
    const { headers: fields = {}, body: text = '' } = answer
    chain.responseHead(HeaderMap.of(Object.entries({ ':status': '200', ...fields })), text === '')
    inTwo(text, (chunk, isEnd) => chain.responseBody(chunk, isEnd))
  }
  if (passing.response !== undefined || passing.wasReset) chain.end()
  return passing
}

class Passing implements StreamSink, Passed {
  wasRouteCleared = false
  wasReset = false
  details: string | undefined
  readonly #request = new Gathered()
  readonly #response = new Gathered()

  get request(): Message | undefined {
    return this.#request.message
  }

  get response(): Message | undefined {
    return this.#response.message
  }

  requestHead(headers: HeaderMap): void {
    this.#request.headers = headers
  }

  requestBody(chunk: Uint8Array): void {
    this.#request.add(chunk)
  }

  requestTrailers(): void {}

  responseHead(headers: HeaderMap): void {
    this.#response.headers = headers
  }

  responseBody(chunk: Uint8Array): void {
    this.#response.add(chunk)
  }

  responseTrailers(): void {}

  localReply({ headers, body, details }: Parameters<StreamSink['localReply']>[0]): void {
    this.#response.headers = headers
    this.#response.add(body)
    this.details = details
  }

  reset(): void {
    this.wasReset = true
  }

  holdRequest(): void {}

  holdResponse(): void {}

  clearRouteCache(): void {
    this.wasRouteCleared = true
  }
}

class Gathered {
  headers: HeaderMap | undefined
  #body = ''

  add(chunk: Uint8Array): void {
    this.#body += Buffer.from(chunk).toString('latin1')
  }

  get message(): Message | undefined {
    return this.headers && { headers: this.headers, body: this.#body }
  }
}

function inTwo(body: string, give: (chunk: Uint8Array, isEnd: boolean) => void): void {
  if (body === '') return
  const bytes = Buffer.from(body, 'latin1')
  const middle = bytes.length >> 1
  give(bytes.subarray(0, middle), false)
  give(bytes.subarray(middle), true)
}
