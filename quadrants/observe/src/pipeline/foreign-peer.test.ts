// Our exporters against servers of the official Go packages, and their clients against our receivers.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { OtlpIntake } from './receiver/otlp-intake.ts'
import { otlpHttpHandler } from './receiver/otlp-http.ts'
import { addOtlpServices } from './receiver/otlp-grpc.ts'
import { Ledger } from './ledger.ts'
import { BatchConverter } from './convert/convert-batch.ts'
import { madeBatch } from './testing/made-batch.ts'
import { madeBytes } from './testing/made-spans.ts'
import { openListeners } from './testing/open-listeners.ts'
import { NEEDS_PEER, OtlpPeer, PeerReceiver } from './testing/otlp-peer.ts'
import { countsOf, runPipelines } from './testing/run-pipelines.ts'
import type { Parcel } from './parcel.ts'
import { sendTo } from './testing/send-to.ts'

const skip = { skip: NEEDS_PEER, timeout: 120_000 }
let peer: OtlpPeer
before(() => {
  if (!NEEDS_PEER) peer = new OtlpPeer()
})
after(() => peer?.[Symbol.dispose]())

/** A parcel comes in over OTLP/HTTP and goes out as the exporter says. */
function through(exporter: string, processors = ''): string {
  return `receivers: { otlp: { protocols: { http: } } }
processors: { batch: { timeout: 20ms } }
exporters:
  ${exporter}
service:
  pipelines:
    traces: { receivers: [otlp], processors: [${processors}], exporters: [${exporter.slice(0, exporter.indexOf(':'))}] }
    metrics: { receivers: [otlp], processors: [${processors}], exporters: [${exporter.slice(0, exporter.indexOf(':'))}] }
`
}

for (const [name, exporter, transport, compression] of [
  [
    'gRPC, gzip',
    (to: PeerReceiver) => `otlp: { endpoint: "http://${to.grpc}", headers: { X-Test: one } }`,
    'grpc',
    undefined,
  ],
  [
    'gRPC, plain',
    (to: PeerReceiver) =>
      `otlp: { endpoint: "http://${to.grpc}", compression: none, headers: { x-test: one } }`,
    'grpc',
    undefined,
  ],
  [
    'HTTP, protobuf, gzip',
    (to: PeerReceiver) => `otlphttp: { endpoint: "http://${to.http}", headers: { x-test: one } }`,
    'http',
    'gzip',
  ],
  [
    'HTTP, protobuf, plain',
    (to: PeerReceiver) =>
      `otlphttp: { endpoint: "http://${to.http}/", compression: none, headers: { x-test: one } }`,
    'http',
    '',
  ],
  [
    'HTTP, JSON, gzip',
    (to: PeerReceiver) =>
      `otlphttp: { endpoint: "http://${to.http}", encoding: json, headers: { x-test: one } }`,
    'http',
    'gzip',
  ],
] as const)
  test(`the official receiver takes what we export: ${name}`, skip, async () => {
    await using receiver = await PeerReceiver.start(peer)
    await using running = runPipelines(through(exporter(receiver), 'batch'))
    using opened = await openListeners(running.listeners)
    const answers = await peer.send('http', opened.addresses.get('otlp/http')!, [
      { signal: 'traces', items: 300 },
      { signal: 'metrics', items: 40 },
    ])
    assert.deepEqual(
      answers.map(({ ok }) => ok),
      [true, true],
    )
    await receiver.items(340)
    for (const request of receiver.requests) {
      assert.deepEqual([request.transport, request.header], [transport, 'one'])
      if (compression !== undefined) assert.equal(request.compression, compression)
    }
    const traces = receiver.requests.filter(({ signal }) => signal === 'traces')
    const text = JSON.stringify(traces.map(({ request }) => request))
    for (const word of [
      '"GET /cart/49"',
      '"service.name"',
      '"/cart/299"',
      'SPAN_KIND_SERVER',
      'STATUS_CODE_OK',
    ])
      assert.ok(text.includes(word), word)
    await running.close(2000)
    const exported = running.counts().find(({ stage }) => stage.startsWith('exporter/'))!
    assert.deepEqual([exported.seen, exported.kept, exported.held], [340, 340, 0])
    countsOf(running, exported.stage)
  })

for (const transport of ['grpc', 'http'] as const)
  test(`we take what the official exporter sends: ${transport}`, skip, async () => {
    const parcels: Parcel[] = []
    let isBusy = false
    const consumer = {
      consume(parcel: Parcel) {
        if (isBusy) return { reason: 'memory-limit', retryAfterMs: 1500 }
        parcels.push(parcel)
        return undefined
      },
    }
    const ledger = new Ledger().stage('receiver/otlp')
    const intake = new OtlpIntake({ traces: consumer, metrics: consumer }, ledger)
    using opened = await openListeners([
      {
        kind: 'grpc',
        component: 'it',
        host: '',
        port: 0,
        tls: undefined,
        messageBytesMax: 0,
        addServices: (server) => addOtlpServices(server, intake),
      },
      {
        kind: 'http',
        component: 'it',
        host: '',
        port: 0,
        tls: undefined,
        handler: otlpHttpHandler(intake, { bodyBytesMax: 4 << 20 }),
      },
    ])
    const address = opened.addresses.get(`it/${transport}`)!
    const isHttp = transport === 'http'
    const answers = await peer.send(transport, address, [
      { signal: 'traces', items: 10, gzip: true },
      { signal: 'traces', items: 7, json: isHttp },
      { signal: 'metrics', items: 5, json: isHttp },
      { signal: 'metrics', items: 3, gzip: true },
    ])
    assert.deepEqual(
      answers.map(({ ok }) => ok),
      [true, true, true, true],
    )
    assert.deepEqual(
      parcels.map(({ signal, itemCount }) => [signal, itemCount]),
      [
        ['traces', 10],
        ['traces', 7],
        ['metrics', 5],
        ['metrics', 3],
      ],
    )
    const content = parcels[1]!.content()
    assert.ok(content.signal === 'traces')
    const span = content.message.resourceSpans[0]!.scopeSpans[0]!.spans[6]!
    assert.deepEqual([span.name, span.traceId[0], span.traceId.length, span.kind], ['GET /cart/6', 7, 16, 2])
    isBusy = true
    const [refused] = await peer.send(transport, address, [{ signal: 'traces', items: 2 }])
    assert.equal(refused!.ok, false)
    assert.equal(refused!.status, isHttp ? '503' : 'Unavailable')
    if (!isHttp) assert.equal(refused!.retryAfterMs, 1500)
    const { seen, kept, dropped } = ledger.counts()
    assert.deepEqual(
      { seen, kept, dropped },
      { seen: 27, kept: 25, dropped: [{ reason: 'refused', count: 2 }] },
    )
  })

test(
  'a backend that goes and comes back: what the disk holds arrives, the rest is counted',
  skip,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-pipeline-'))
    try {
      const port = await freePort()
      const source = `receivers: { otlp: { protocols: { http: } } }
exporters:
  otlphttp:
    endpoint: http://127.0.0.1:${port}
    retry_on_failure: { initial_interval: 20ms, max_interval: 50ms }
    sending_queue: { directory: ${JSON.stringify(join(folder, 'queue'))}, queue_size_mib: 1, num_consumers: 2 }
service: { pipelines: { traces: { receivers: [otlp], exporters: [otlphttp] } } }
`
      let sent = 0
      let dropped = 0
      {
        // Nobody listens there yet.
        const running = runPipelines(source)
        using opened = await openListeners(running.listeners)
        const address = opened.addresses.get('otlp/http')!
        for (let i = 0; i < 40; i++) {
          await sendTo(address, madeBytes(500, `r${i}`))
          sent += 500
        }
        await running.close(0)
        const counts = countsOf(running, 'exporter/otlphttp')
        assert.equal(counts.seen, sent)
        assert.equal(counts.kept, 0)
        assert.ok(counts.held > 1000, 'the disk holds some')
        assert.deepEqual(
          counts.dropped.map(({ reason }) => reason),
          ['queue-full'],
        )
        dropped = counts.dropped[0]!.count
        assert.equal(counts.held + dropped, sent)
      }
      await using receiver = await PeerReceiver.start(peer)
      // The backend is there now, on its port.
      using _forward = await forward(port, receiver.http)
      const running = runPipelines(source)
      await receiver.items(sent - dropped)
      await running.close(5000)
      const counts = countsOf(running, 'exporter/otlphttp')
      assert.deepEqual([counts.seen, counts.kept, counts.held], [sent - dropped, sent - dropped, 0])
      const names = new Set(
        receiver.requests.flatMap(({ request }) =>
          [...JSON.stringify(request).matchAll(/"name":"(r\d+-\d+)"/g)].map(([, name]) => name),
        ),
      )
      assert.equal(names.size, sent - dropped, 'each of them, and not one twice')
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)

test('the official parser takes what we show to Prometheus', skip, async () => {
  await using running = runPipelines(`receivers: { otlp: { protocols: { http: } } }
exporters: { prometheus: { namespace: shop } }
service: { pipelines: { metrics: { receivers: [otlp], exporters: [prometheus] } } }
`)
  using opened = await openListeners(running.listeners)
  await peer.send('http', opened.addresses.get('otlp/http')!, [{ signal: 'metrics', items: 12 }])
  const response = await fetch(`http://${opened.addresses.get('prometheus/http')!}/metrics`)
  assert.match(response.headers.get('content-type')!, /^text\/plain; version=0\.0\.4/)
  const families = peer.parse(await response.text()) as Record<
    string,
    { type: number; metric: { label: { name: string; value: string }[]; counter: { value: number } }[] }
  >
  assert.deepEqual(Object.keys(families), ['shop_peer_requests_total'])
  const { metric } = families['shop_peer_requests_total']!
  assert.deepEqual(
    metric.map(({ counter, label }) => [
      counter.value,
      Object.fromEntries(label.map(({ name, value }) => [name, value])),
    ]),
    Array.from({ length: 12 }, (_, i) => [i, { path: `/${i}`, job: 'peer', instance: 'one' }]),
  )
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Bytes that come to a port go to an address. */
async function forward(port: number, to: string): Promise<Disposable> {
  const [host, toPort] = to.split(':') as [string, string]
  const server = createTcpServer((socket) => {
    const upstream = connect(Number(toPort), host)
    socket.pipe(upstream).pipe(socket)
    for (const one of [socket, upstream]) one.on('error', () => {})
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { [Symbol.dispose]: () => void server.close() }
}

test(
  'what Quadrant tells of its own: taken by the official receiver and by the official parser',
  skip,
  async () => {
    await using receiver = await PeerReceiver.start(peer)
    await using running = runPipelines(`receivers: { quadrant: }
exporters: { otlp: { endpoint: "http://${receiver.grpc}" }, prometheus: }
service: { pipelines: { metrics: { receivers: [quadrant], exporters: [otlp, prometheus] }, traces: { receivers: [quadrant], exporters: [otlp] } } }
`)
    using opened = await openListeners(running.listeners)
    const converter = new BatchConverter('0.1.0')
    for (let second = 0; second < 3; second++) {
      const batch = madeBatch(second)
      assert.equal(running.tell(converter.convert('alpha', batch)), undefined)
      assert.equal(running.tellTraces(converter.convertTraces('alpha', batch)!), undefined)
    }
    await running.close(5000)
    const counts = countsOf(running, 'exporter/otlp')
    assert.ok(counts.kept > 30)
    assert.deepEqual([counts.kept, counts.held, counts.dropped], [counts.seen, 0, []])
    await receiver.items(counts.kept)
    const text = JSON.stringify(receiver.requests.map(({ request }) => request))
    for (const name of [
      'quadrant.network.io',
      'go.memory.used',
      'go.goroutine.count',
      'go.gc.pause',
      'quadrant.dropped',
      'http.server.request.duration',
      'rpc.server.duration',
      'GET /users/{id}',
    ])
      assert.ok(text.includes(`"name":"${name}"`), name)
    const response = await fetch(`http://${opened.addresses.get('prometheus/http')!}/metrics`)
    const families = peer.parse(await response.text()) as Record<string, Family>
    const io = families['quadrant_network_io_bytes_total']!.metric
    const sent = io.find(({ label }) => label.some(({ value }) => value === 'transmit'))!
    // Changes of three seconds, added up.
    assert.equal(sent.counter!.value, 300)
    assert.deepEqual(
      sent.label.find(({ name }) => name === 'service_peer_name'),
      { name: 'service_peer_name', value: 'db' },
    )
    const pauses = families['go_gc_pause_seconds']!.metric.find(({ label }) =>
      label.some(({ value }) => value === 'mark_termination'),
    )!.histogram!
    assert.equal(pauses.sample_count, 6)
    assert.ok(Math.abs(pauses.sample_sum - 3 * (90e-6 + 110e-6)) < 1e-12)
    const below = (bound: number) =>
      Math.max(
        0,
        ...pauses.bucket
          .filter(({ upper_bound }) => upper_bound <= bound)
          .map(({ cumulative_count }) => cumulative_count),
      )
    assert.deepEqual([below(85e-6), below(100e-6), below(120e-6)], [0, 3, 6])
    const served = families['http_server_request_duration_seconds']!.metric[0]!
    assert.deepEqual(
      served.label.find(({ name }) => name === 'http_route'),
      { name: 'http_route', value: '/users/{id}' },
    )
    assert.equal(served.histogram!.sample_count, 9)
    assert.ok(Math.abs(served.histogram!.sample_sum - 3 * 11e-3) < 1e-12)
    assert.deepEqual(
      [0.8e-3, 1.3e-3, 2.6e-3, 11e-3].map(
        (bound) =>
          served.histogram!.bucket.findLast(({ upper_bound }) => upper_bound <= bound)?.cumulative_count ?? 0,
      ),
      [0, 3, 6, 9],
    )
    assert.equal(families['go_goroutine_count']!.metric[0]!.gauge!.value, 12)
  },
)

interface Family {
  readonly metric: readonly {
    readonly label: readonly { readonly name: string; readonly value: string }[]
    readonly counter?: { readonly value: number }
    readonly gauge?: { readonly value: number }
    readonly histogram?: {
      readonly sample_count: number
      readonly sample_sum: number
      readonly bucket: readonly { readonly cumulative_count: number; readonly upper_bound: number }[]
    }
  }[]
}
