// What the product exports, taken by servers of the official Go packages; and a backend that goes away and comes back.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  NEEDS_PEER,
  OtlpPeer,
  PeerReceiver,
  type ReceivedRequest,
} from '../quadrants/observe/src/pipeline/testing/otlp-peer.ts'
import { TestCgroup } from '../quadrants/observe/src/l7/kernel/testing/test-cgroup.ts'
import { call } from './api.ts'
import { freePort } from './free-port.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { WARM_UP } from './requests/served.ts'
import { GuestPrograms, startLogged } from './requests/servers.ts'
import { dropsOf, requestReport } from './requests/told.ts'
import { missing } from './requirements.ts'

const skip = missing('go') || NEEDS_PEER

/** What stands between the product and its backend, so that the backend can be away. */
class Path implements Disposable {
  readonly #target: number
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  port = 0

  constructor(target: string) {
    this.#target = Number(target.split(':')[1])
  }

  async open(): Promise<void> {
    this.#server = createServer((socket) => {
      const backend = connect(this.#target, '127.0.0.1')
      for (const each of [socket, backend]) {
        this.#sockets.add(each)
        each
          .on('error', () => {})
          .on('close', () => (socket.destroy(), backend.destroy(), this.#sockets.delete(each)))
      }
      socket.pipe(backend).pipe(socket)
    }).listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as { port: number }).port
  }

  close(): void {
    this.#server?.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

interface Point {
  readonly count?: string
  readonly attributes?: readonly {
    readonly key: string
    readonly value: { readonly intValue?: string; readonly stringValue?: string }
  }[]
}

interface Metrics {
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics?: readonly {
      readonly metrics?: readonly {
        readonly name: string
        readonly exponentialHistogram?: { readonly dataPoints?: readonly Point[] }
      }[]
    }[]
  }[]
}

/** Requests of a port by route and status, as the backend adds them up. */
function countExported(received: readonly ReceivedRequest[], port: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { signal, request } of received) {
    if (signal !== 'metrics') continue
    const metrics = ((request as Metrics).resourceMetrics ?? [])
      .flatMap(({ scopeMetrics = [] }) => scopeMetrics)
      .flatMap(({ metrics: each = [] }) => each)
    for (const { name, exponentialHistogram } of metrics) {
      if (name !== 'http.server.request.duration') continue
      for (const { count = '0', attributes = [] } of exponentialHistogram?.dataPoints ?? []) {
        const valueOf = (key: string) => attributes.find((attribute) => attribute.key === key)?.value
        if (Number(valueOf('server.port')?.intValue) !== port) continue
        const route = valueOf('http.route')?.stringValue
        if (route === WARM_UP) continue
        const key = `${route} ${valueOf('http.response.status_code')?.intValue}`
        counts.set(key, (counts.get(key) ?? 0) + Number(count))
      }
    }
  }
  return counts
}

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'quadrant-pipeline-'))

  file(text: string): string {
    const path = join(this.path, 'pipeline.yaml')
    writeFileSync(path, text)
    return path
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true })
  }
}

test(
  'both exporters bring every request to the official receiver, over a time in which it was away',
  { skip },
  async () => {
    using peer = new OtlpPeer()
    using guests = new GuestPrograms()
    using folder = new Folder()
    await using cgroup = new TestCgroup()
    await using server = await startLogged(cgroup, 'Go', guests.httpserve, ['serve', '127.0.0.1:0'])
    await using byGrpc = await PeerReceiver.start(peer)
    await using byHttp = await PeerReceiver.start(peer)
    using grpcPath = new Path(byGrpc.grpc)
    using httpPath = new Path(byHttp.http)
    const paths = [grpcPath, httpPath]
    for (const path of paths) await path.open()
    const sender = (queue: string) =>
      `retry_on_failure: { initial_interval: 200ms, max_interval: 500ms }, sending_queue: { directory: ${queue} }`
    const file = folder.file(`receivers: { quadrant: }
processors: { batch: { timeout: 200ms } }
exporters:
  otlp: { endpoint: "http://127.0.0.1:${grpcPath.port}", ${sender('grpc')} }
  otlphttp: { endpoint: "http://127.0.0.1:${httpPath.port}", ${sender('http')} }
service:
  pipelines:
    metrics: { receivers: [quadrant], processors: [batch], exporters: [otlp, otlphttp] }
    traces: { receivers: [quadrant], processors: [batch], exporters: [otlp, otlphttp] }
`)
    await using product = await RunningQuadrant.start(['--requests', 'httpserve', '--pipeline', file])
    await call(product.data, 'SetSampling', {
      rules: [{ id: 'high', header: 'X-Trace-Sampling', value: 'high' }],
    })
    const get = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`http://127.0.0.1:${server.port}${path}`, { headers })).text()
    await eventually('the server is observed', async () => {
      await get(WARM_UP)
      const { services = 0, generation = 0 } = await requestReport(product.data)
      return services > 0 && generation > 0 ? true : undefined
    })
    let spans = 0
    const ask = async (count: number) => {
      for (let i = 0; i < count; i++) {
        await get(`/orders/${i}`)
        if (i % 10 > 0) continue
        await get('/status/503', { 'x-trace-sampling': 'high' })
        spans++
      }
    }
    await ask(40)
    await sleep(1500)
    for (const path of paths) path.close()
    for (let i = 0; i < 3; i++) {
      await ask(40)
      await sleep(1000)
    }
    for (const path of paths) await path.open()
    await ask(40)
    const expected = [`/orders/{id} 200: ${5 * 40}`, `/status/{id} 503: ${spans}`]
    for (const [receiver, transport] of [
      [byGrpc, 'grpc'],
      [byHttp, 'http'],
    ] as const) {
      await eventually(
        `all has come by ${transport}`,
        () => {
          const lines = Array.from(
            countExported(receiver.requests, server.port),
            ([key, count]) => `${key}: ${count}`,
          )
          const traces = receiver.requests.filter(({ signal }) => signal === 'traces')
          const spanCount = traces.reduce((sum, { items }) => sum + items, 0)
          return lines.toSorted().join() === expected.join() && spanCount === spans ? true : undefined
        },
        30_000,
      ).catch((error: unknown) => {
        const counts = Object.fromEntries(countExported(receiver.requests, server.port))
        throw new Error(JSON.stringify({ counts, expected, spans }), { cause: error })
      })
      assert.ok(receiver.requests.every((request) => request.transport === transport))
    }
    assert.deepEqual([...(await dropsOf(product.data, /^pipelines\./))], [])
  },
)

test('what a queue on disk cannot hold is counted, and the rest arrives', { skip }, async () => {
  using peer = new OtlpPeer()
  using folder = new Folder()
  await using backend = await PeerReceiver.start(peer)
  using path = new Path(backend.grpc)
  await path.open()
  path.close()
  const port = await freePort()
  const file = folder.file(`receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:${port}" } } } }
exporters:
  otlp:
    endpoint: "http://127.0.0.1:${path.port}"
    retry_on_failure: { initial_interval: 200ms, max_interval: 500ms }
    sending_queue: { directory: queue, queue_size_mib: 1 }
service: { pipelines: { traces: { receivers: [otlp], exporters: [otlp] } } }
`)
  await using product = await RunningQuadrant.start(['--pipeline', file])
  const orders = Array.from({ length: 60 }, () => ({ signal: 'traces' as const, items: 500 }))
  const answers = await peer.send('grpc', `127.0.0.1:${port}`, orders)
  const accepted = answers.filter(({ ok }) => ok).length * 500
  assert.ok(accepted > 0)
  await path.open()
  const { arrived, dropped } = await eventually(
    'every span has arrived or is counted',
    async () => {
      const drops = await dropsOf(product.data, /^pipelines\./)
      const [lost, came] = [
        drops.values().reduce((sum, count) => sum + count, 0),
        backend.requests.reduce((sum, { items }) => sum + items, 0),
      ]
      return lost + came >= 30_000 ? { arrived: came, dropped: lost } : undefined
    },
    30_000,
  )
  assert.ok(dropped > 0 && arrived > 0)
  assert.equal(arrived + dropped, 30_000)
})
