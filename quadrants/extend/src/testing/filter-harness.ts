import { randomFillSync } from 'node:crypto'
import {
  compileFilter,
  FILTER_LIMITS,
  HeaderMap,
  LogLevel,
  Result,
  SharedData,
  SharedMemory,
  SharedQueues,
  type FilterHost,
  type Metric,
  type Properties,
} from '@quadrant/wasm/proxy-wasm'
import { FilterPlugin } from '../filters/plugin/filter-plugin.ts'
import { filterSpec, type FilterSpec } from '../filters/plugin/filter-spec.ts'
import { FilterStream } from '../filters/stream/filter-stream.ts'
import type { StreamSink } from '../filters/stream/stream-chain.ts'

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

/** What came of an exchange. */
export interface Passed {
  /** What reached the upstream, and what the client. */
  readonly request: Message | undefined
  readonly response: Message | undefined
  readonly wasRouteCleared: boolean
  readonly wasReset: boolean
}

/** One filter between a client and an upstream, without a proxy around it. */
export class FilterHarness implements AsyncDisposable {
  readonly #plugin: FilterPlugin
  readonly #memory: SharedMemory
  readonly #queues: SharedQueues
  /** Of the filter, and why it was over. */
  readonly logged: readonly string[]
  readonly metrics: ReadonlyMap<string, bigint>

  private constructor(
    plugin: FilterPlugin,
    memory: SharedMemory,
    queues: SharedQueues,
    logged: readonly string[],
    metrics: ReadonlyMap<string, bigint>,
  ) {
    this.#plugin = plugin
    this.#memory = memory
    this.#queues = queues
    this.logged = logged
    this.metrics = metrics
  }

  /** @throws {Error} with what it logged, where it does not start */
  static async start(bytes: Uint8Array, spec: Partial<FilterSpec> = {}): Promise<FilterHarness> {
    const logged: string[] = []
    const metrics = new Map<string, bigint>()
    const memory = SharedMemory.create()
    const queues = new SharedQueues(memory)
    const whole = filterSpec({ name: 'filter', digest: 'sha256:0', ...spec })
    const plugin = await FilterPlugin.open(await compileFilter(bytes, FILTER_LIMITS), whole, {
      host: hostOf(memory, queues, logged, metrics),
      properties: propertiesOf(whole.rootId),
      streamProperties: (stream) => propertiesOf(whole.rootId, stream),
      nowMs: () => performance.now(),
      random: () => 0.5,
      later: (afterMs, callback) => {
        const timer = setTimeout(callback, afterMs)
        return () => clearTimeout(timer)
      },
      crashed: ({ failure, message }) => logged.push(`${failure}: ${message}`),
    })
    if ('failure' in plugin) throw new Error([plugin.message, ...logged].join('\n'))
    return new FilterHarness(plugin, memory, queues, logged, metrics)
  }

  get counts() {
    return this.#plugin.counts()
  }

  /** One exchange, each body in two pieces. */
  pass({ headers = {}, body = '', answer = {} }: Exchange): Passed {
    const request = new Gathered()
    const response = new Gathered()
    let wasRouteCleared = false
    let wasReset = false
    const sink: StreamSink = {
      requestHead: (map) => (request.headers = map),
      requestBody: (chunk) => request.add(chunk),
      requestTrailers: () => undefined,
      responseHead: (map) => (response.headers = map),
      responseBody: (chunk) => response.add(chunk),
      responseTrailers: () => undefined,
      localReply: (reply) => {
        response.headers = reply.headers
        response.add(reply.body)
      },
      reset: () => (wasReset = true),
      holdRequest: () => undefined,
      holdResponse: () => undefined,
      clearRouteCache: () => (wasRouteCleared = true),
    }
    const stream = new FilterStream([this.#plugin], sink, { bufferBytesMax: 1 << 20 })
    const method = body === '' ? 'GET' : 'POST'
    const head = { ':method': method, ':scheme': 'http', ':authority': 'a.example', ':path': '/', ...headers }
    stream.requestHead(HeaderMap.of(Object.entries(head)), body === '')
    inTwo(body, (chunk, isEnd) => stream.requestBody(chunk, isEnd))
    // An upstream answers what has come to it.
    if (request.headers !== undefined && response.headers === undefined && !wasReset) {
      const { headers: fields = {}, body: text = '' } = answer
      stream.responseHead(HeaderMap.of(Object.entries({ ':status': '200', ...fields })), text === '')
      inTwo(text, (chunk, isEnd) => stream.responseBody(chunk, isEnd))
    }
    stream.end()
    return { request: request.message, response: response.message, wasRouteCleared, wasReset }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#plugin.drain(0)
    this.#queues[Symbol.dispose]()
    this.#memory[Symbol.dispose]()
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

function propertiesOf(rootId: string, stream?: FilterStream): Properties {
  return {
    get: (path) => (path === 'plugin_root_id' ? rootId : Result.NOT_FOUND),
    set: () => Result.OK,
    callForeign: (name) => {
      if (name !== 'clear_route_cache') return Result.NOT_FOUND
      stream?.clearRouteCache()
      return new Uint8Array()
    },
  }
}

function hostOf(
  memory: SharedMemory,
  queues: SharedQueues,
  logged: string[],
  metrics: Map<string, bigint>,
): FilterHost {
  const none = () => ({ result: Result.BAD_ARGUMENT })
  return {
    nowNs: () => BigInt(Date.now()) * 1_000_000n,
    monotonicNs: () => process.hrtime.bigint(),
    fillRandom: (bytes) => void randomFillSync(bytes),
    logLevel: () => LogLevel.INFO,
    log: (_level, message) => void logged.push(message),
    sharedData: new SharedData(memory),
    sharedQueues: queues,
    metrics: {
      define: (type, name): Metric => ({
        type,
        get value() {
          return metrics.get(name) ?? 0n
        },
        add: (offset) => Boolean(metrics.set(name, (metrics.get(name) ?? 0n) + offset)),
        record: (value) => void metrics.set(name, value),
      }),
    },
    httpCall: none,
    grpcCall: none,
    grpcStream: none,
    tick: () => () => undefined,
  }
}
