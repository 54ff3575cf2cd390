import { randomFillSync } from 'node:crypto'
import {
  compileFilter,
  FILTER_LIMITS,
  HeaderMap,
  LogLevel,
  QueueTable,
  Result,
  SharedMemory,
  ValueTable,
  type FilterHost,
  type Properties,
} from '@quadrant/wasm/proxy-wasm'
import { FilterEngine } from '../filters/filter-engine.ts'
import { FilterMetrics } from '../filters/plugin/filter-metrics.ts'
import { pluginSpec, type PluginSpec } from '../filters/plugin/plugin-spec.ts'
import type { FilterStream } from '../filters/stream/filter-stream.ts'
import type { StreamSink } from '../filters/stream/stream-chain.ts'
import type { StreamInfo } from '../filters/stream/stream-info.ts'

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
  /** Lines of the filter, and why it was over. */
  readonly logged: string[] = []
  readonly #memory = SharedMemory.create()
  readonly #values = new ValueTable(this.#memory)
  readonly #queues = new QueueTable(this.#memory)
  readonly #metrics = new FilterMetrics()
  readonly #engine: FilterEngine

  private constructor() {
    this.#engine = new FilterEngine({
      pluginOptions: ({ rootId, vmId }) => ({
        host: this.#hostOf(vmId),
        properties: propertiesOf(rootId),
        nowMs: () => performance.now(),
        random: () => 0.5,
        later: (afterMs, callback) => {
          const timer = setTimeout(callback, afterMs)
          return () => clearTimeout(timer)
        },
        crashed: ({ failure, message }) => void this.logged.push(`${failure}: ${message}`),
      }),
      streamProperties: ({ rootId }, stream) => propertiesOf(rootId, stream),
      bufferBytesMax: 1 << 20,
      drainMs: 0,
    })
  }

  /** @throws {Error} with what it logged, where it does not start */
  static async start(bytes: Uint8Array, spec: Partial<PluginSpec> = {}): Promise<FilterHarness> {
    const harness = new FilterHarness()
    const whole = pluginSpec({ name: 'filter', digest: 'sha256:0', ...spec })
    const module = await compileFilter(bytes, FILTER_LIMITS)
    const refused = await harness.#engine.apply([{ spec: whole, module }])
    if (refused === undefined) return harness
    await harness[Symbol.asyncDispose]()
    throw new Error([refused.crash.message, ...harness.logged].join('\n'))
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
    const stream = this.#engine.open(sink, INFO)
    if (stream === undefined) throw new Error('the filter does not follow exchanges')
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

  /** Of a metric that the filter has defined. */
  metric(name: string): number | undefined {
    return this.#metrics.samples().find((sample) => sample.name === name)?.value
  }

  #hostOf(vmId: string): FilterHost {
    const none = () => ({ result: Result.BAD_ARGUMENT })
    return {
      nowNs: () => BigInt(Date.now()) * 1_000_000n,
      monotonicNs: () => process.hrtime.bigint(),
      fillRandom: (bytes) => void randomFillSync(bytes),
      logLevel: () => LogLevel.INFO,
      log: (_level, message) => void this.logged.push(message),
      sharedData: this.#values.dataOf(vmId),
      sharedQueues: this.#queues,
      metrics: this.#metrics,
      httpCall: none,
      grpcCall: none,
      grpcStream: none,
      tick: () => () => undefined,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.close()
    this.#queues[Symbol.dispose]()
    this.#memory[Symbol.dispose]()
  }
}

/** Of an exchange of which nothing is asked. */
const INFO: StreamInfo = {
  connection: {
    id: 1,
    sourceAddress: '127.0.0.1:1',
    sourcePort: 1,
    destinationAddress: '127.0.0.1:2',
    destinationPort: 2,
  },
  protocol: 'HTTP/1.1',
  startTimeMs: 0,
  listenerName: '',
  routeName: '',
  virtualHostName: '',
  clusterName: '',
  upstreamAddress: undefined,
  upstreamTransportFailure: undefined,
  requestBodyBytes: 0,
  requestHeadBytes: 0,
  responseBodyBytes: 0,
  responseHeadBytes: 0,
  responseStatus: 0,
  responseDetails: '',
  responseFlags: 0,
  requestId: '',
  durationNs: undefined,
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
