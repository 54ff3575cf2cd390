import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, toBinary } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { LineProcess } from '../line-process.ts'
import { build, requireTools } from '../toolchain.ts'
import type { Spent } from './pipeline-process.ts'

const SPANS_PER_REQUEST = 500
const SLICE_REQUESTS = 100
/** Until the optimising compiler has had its turn. */
const WARM_UP_SLICES = 8
const CONNECTIONS = 4
/** 200,000 spans a second on one core. */
const GOAL_US = 5
const DEAD_QUEUE_MIB = 32
const DEAD_REQUESTS = 1500
/** The queue, what is on its way into it, and what V8 has not collected yet. */
const DEAD_GOAL_MIB = 4 * DEAD_QUEUE_MIB

export const benchmark: Benchmark = {
  name: 'pipeline',
  description:
    'CPU of a process that takes spans over OTLP/HTTP, checks them, batches them and exports them over OTLP/HTTP, all its ' +
    'threads and the kernel time of its sockets included. The peer is a Go program with the official OTLP packages that ' +
    'decodes, batches and encodes the same requests from memory, without any network. 5 µs a span are 200,000 spans/s on a core.',
  run,
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireTools(['go'])
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-pipeline-'))
  try {
    const body = madeRequest()
    const file = join(folder, 'request.bin')
    writeFileSync(file, body)
    const program = join(folder, 'otlppeer')
    build('go', ['build', '-o', program, '.'], join(import.meta.dirname, '../../guest/otlppeer'))
    const slices = quick ? 5 : 20
    progress('not compressed')
    const plain = await measure('none', body, slices, { program, file })
    progress('gzip')
    const gzip = await measure('gzip', body, quick ? 3 : 10)
    progress('dead backend')
    return [
      ...throughput(plain.ours, plain.peer),
      judge({
        case: 'the same, exported with gzip (level 6)',
        unit: 'µs CPU/span',
        ours: median(gzip.ours),
        spread: spreadOf(gzip.ours),
      }),
      await deadBackend(body),
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function throughput(ours: readonly number[], peer: readonly number[]): Row[] {
  const { median: ratio, spread } = pairedRatio(ours, peer)
  const title = `spans of ${Math.round(madeRequest().length / SPANS_PER_REQUEST)} bytes, ${SPANS_PER_REQUEST} a request`
  return [
    judge({ case: title, unit: 'µs CPU/span', ours: median(ours), spread: spreadOf(ours), goal: GOAL_US }),
    {
      case: 'the same beside decoding and encoding them',
      unit: 'µs CPU/span',
      ours: median(ours),
      peer: median(peer),
      peerName: 'Go, official packages',
      ratio,
      spread,
    },
  ]
}

interface Peer {
  readonly program: string
  readonly file: string
}

async function measure(
  compression: string,
  body: Uint8Array,
  slices: number,
  peer?: Peer,
): Promise<{ ours: number[]; peer: number[] }> {
  using sink = await Sink.start()
  await using ours = new LineProcess(command(sink.address, compression, 64))
  const { port } = await ours.read<{ port: number }>()
  using theirs = peer && new LineProcess([peer.program, 'bench'])
  if (theirs) await theirs.ask(peer.file)
  const costs = { ours: [] as number[], peer: [] as number[] }
  let before = await ours.ask<Spent>('now')
  for (let slice = 0; slice < WARM_UP_SLICES + slices; slice++) {
    await post(port, body, SLICE_REQUESTS)
    const spent = await ours.ask<Spent>('drained')
    const spans = spent.exporter.kept - before.exporter.kept
    if (spans !== SLICE_REQUESTS * SPANS_PER_REQUEST) throw new Error(`${spans} spans arrived`)
    const cost = (spent.cpuNs - before.cpuNs) / spans / 1000
    before = spent
    const other = theirs && (await theirs.ask<{ cpuNs: number; spans: number }>(String(SLICE_REQUESTS)))
    if (slice < WARM_UP_SLICES) continue
    costs.ours.push(cost)
    if (other) costs.peer.push(other.cpuNs / other.spans / 1000)
  }
  return costs
}

async function deadBackend(body: Uint8Array): Promise<Row> {
  // A port that nobody listens on any more.
  const sink = await Sink.start()
  const { address } = sink
  sink[Symbol.dispose]()
  using ours = new LineProcess(command(address, 'none', DEAD_QUEUE_MIB))
  const { port } = await ours.read<{ port: number }>()
  await post(port, body, 20)
  const before = await ours.ask<Spent>('now')
  await post(port, body, DEAD_REQUESTS)
  const after = await ours.ask<Spent>('now')
  const { seen, kept, held, dropped } = after.exporter
  const droppedSum = dropped.reduce((sum, { count }) => sum + count, 0)
  if (kept !== 0 || seen !== held + droppedSum)
    throw new Error(`${JSON.stringify(after.exporter)} does not add up`)
  const megabytes = Math.round((body.length * DEAD_REQUESTS) / 1e6)
  return judge({
    case: `memory gained by ${megabytes} MB for a dead backend, queue of ${DEAD_QUEUE_MIB} MiB`,
    unit: 'MiB',
    ours: (after.rssBytes - before.rssBytes) / 2 ** 20,
    goal: DEAD_GOAL_MIB,
  })
}

function command(address: string, compression: string, queueMib: number): string[] {
  return [
    process.execPath,
    join(import.meta.dirname, 'pipeline-process.ts'),
    address,
    compression,
    String(queueMib),
  ]
}

function spreadOf(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)]
}

/** A backend that takes everything. */
class Sink implements Disposable {
  readonly #server: Server
  readonly address: string

  private constructor(server: Server) {
    this.#server = server
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(): Promise<Sink> {
    const server = createServer((incoming, response) => {
      incoming
        .resume()
        .once('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Sink(server)
  }

  [Symbol.dispose](): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

async function post(port: number, body: Uint8Array, count: number): Promise<void> {
  using agent = disposable(new Agent({ keepAlive: true, maxSockets: CONNECTIONS }))
  let left = count
  const work = async () => {
    while (left-- > 0) {
      const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
      request(
        {
          agent: agent.value,
          host: '127.0.0.1',
          port,
          method: 'POST',
          path: '/v1/traces',
          headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length },
        },
        (response) => response.resume().once('end', () => resolve(response.statusCode)),
      )
        .once('error', reject)
        .end(body)
      const status = await promise
      if (status !== 200) throw new Error(`HTTP ${status}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
}

function disposable(value: Agent) {
  return { value, [Symbol.dispose]: () => value.destroy() }
}

/** Spans as a busy HTTP service has them. */
function madeRequest(): Uint8Array {
  const text = (key: string, value: string) =>
    ({ key, value: { value: { case: 'stringValue', value } } }) as const
  return toBinary(
    otlp.ExportTraceServiceRequestSchema,
    create(otlp.ExportTraceServiceRequestSchema, {
      resourceSpans: [
        {
          resource: {
            attributes: [text('service.name', 'cart'), text('service.instance.id', 'host/4711@1')],
          },
          scopeSpans: [
            {
              scope: { name: 'bench' },
              spans: Array.from({ length: SPANS_PER_REQUEST }, (_, i) => ({
                traceId: Uint8Array.from({ length: 16 }, (_, at) => (i * 31 + at * 7) & 255),
                spanId: Uint8Array.from({ length: 8 }, (_, at) => (i * 17 + at * 5) & 255),
                parentSpanId: Uint8Array.from({ length: 8 }, (_, at) => (i * 13 + at * 3) & 255),
                name: `GET /cart/${i % 50}`,
                kind: otlp.Span_SpanKind.SERVER,
                startTimeUnixNano: 1_700_000_000_000_000_000n + BigInt(i) * 1000n,
                endTimeUnixNano: 1_700_000_000_000_500_000n + BigInt(i) * 1000n,
                attributes: [
                  text('http.request.method', 'GET'),
                  text('url.path', `/cart/${i}`),
                  text('server.address', 'shop.example'),
                  text('user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64)'),
                  text('http.route', '/cart/{id}'),
                  {
                    key: 'http.response.status_code',
                    value: { value: { case: 'intValue', value: 200n } },
                  } as const,
                ],
                status: { code: otlp.Status_StatusCode.OK },
              })),
            },
          ],
        },
      ],
    }),
  )
}
