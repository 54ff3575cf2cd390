// Filters over the real server: what people push, and what gateways that behave badly make of it.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { connectSocketPath } from '@quadrant/extend'
import {
  CHUNK_BYTES_MAX,
  generateSigningKey,
  readSigningKey,
  signOrder,
  signRelease,
} from '@quadrant/extend/release'
import {
  FilterDeliveryService,
  FilterOrderKind,
  ReleaseStage,
  SubscribeRequestSchema,
  type FilterReleaseSchema,
  type SubscribeRequest,
  type SubscribeResponse,
} from '@quadrant/proto'
import { ServerProcess } from './testing/server-process.ts'
import { TemporaryDir } from './testing/temporary.ts'

const KEY = readSigningKey(generateSigningKey().privatePem)
const DAY_NS = 86_400e9
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())

const dir = new TemporaryDir()
let server: ServerProcess
before(async () => {
  server = await ServerProcess.start(dir.path)
})
after(async () => {
  await server.stop()
  dir[Symbol.dispose]()
})

const api = () => server.filters

function signed(
  name: string,
  version: number,
  module: Uint8Array,
  init: MessageInitShape<typeof FilterReleaseSchema> = {},
) {
  const nowNs = Date.now() * 1e6
  return signRelease(
    {
      name,
      version: BigInt(version),
      moduleSha256: sha256(module),
      moduleBytes: module.length,
      abi: '0.2.1',
      notBeforeNs: nowNs - DAY_NS,
      expiresNs: nowNs + DAY_NS,
      ...init,
    },
    [KEY],
  )
}

async function upload(module: Uint8Array) {
  const about = { moduleSha256: sha256(module), moduleBytes: module.length }
  for (let offset = 0; offset < module.length; offset += 128 << 10)
    await api().uploadModule({ ...about, offset, data: module.subarray(offset, offset + (128 << 10)) })
}

const code = (expected: Code) => (error: unknown) => ConnectError.from(error).code === expected

test('nothing without the token', async () => {
  const url = `${server.address}/quadrant.v1.FilterService/ListFilters`
  const headers = { 'content-type': 'application/json', authorization: 'Bearer wrong' }
  assert.equal((await fetch(url, { method: 'POST', headers, body: '{}' })).status, 401)
})

test('what no gateway would take is not kept', async () => {
  const module = randomBytes(100)
  const push = (release: ReturnType<typeof signed>) => api().pushRelease({ release })
  await assert.rejects(push(signed('none', 1, module)), /is not here/)
  await upload(module)
  await assert.rejects(
    push(signed('none', 1, module, { moduleBytes: 99 })),
    /has 100 bytes, and 99 were signed/,
  )
  await assert.rejects(
    push(signed('none', 1, module, { expiresNs: Date.now() * 1e6 - 1e9 })),
    /its time is over/,
  )
  await assert.rejects(push({ ...signed('none', 1, module), signatures: [] }), /no signature/)
  await assert.rejects(
    push({ ...signed('none', 1, module), release: randomBytes(50) }),
    code(Code.InvalidArgument),
  )
  await assert.rejects(api().pushRelease({}), code(Code.InvalidArgument))
  await assert.rejects(
    api().orderFilter({
      order: signOrder({ name: 'none', kind: FilterOrderKind.OFF, sequence: 1n, issuedNs: 1e18 }, [KEY]),
    }),
    code(Code.NotFound),
  )
  await assert.rejects(api().getFilterHistory({ name: 'none' }), code(Code.NotFound))
  await assert.rejects(
    api().uploadModule({ moduleSha256: sha256(module), moduleBytes: 200_000, data: new Uint8Array(200_000) }),
    code(Code.InvalidArgument),
  )
  assert.deepEqual((await api().listFilters({})).filters, [])
})

/** One session of a gateway, over the real socket, that says what the test says. */
class GatewayClient implements AsyncDisposable {
  readonly #manager: Http2SessionManager
  readonly #requests = new PassThrough({ objectMode: true })
  readonly #responses: AsyncIterator<SubscribeResponse>

  constructor() {
    const nodeOptions = { createConnection: () => connect(`${dir.path}/agent.sock`) }
    this.#manager = new Http2SessionManager('http://agent', {}, nodeOptions)
    const transport = createGrpcTransport({
      baseUrl: 'http://agent',
      nodeOptions,
      sessionManager: this.#manager,
    })
    const requests = this.#requests as AsyncIterable<SubscribeRequest>
    const responses = createClient(FilterDeliveryService, transport).subscribe(requests)
    this.#responses = responses[Symbol.asyncIterator]()
  }

  send(body: MessageInitShape<typeof SubscribeRequestSchema>['body']): void {
    this.#requests.write(create(SubscribeRequestSchema, { body }))
  }

  async hello(nodeId: string, filters: readonly string[]): Promise<void> {
    this.send({ case: 'hello', value: { nodeId, host: 'alpha', filters: [...filters] } })
    assert.equal((await this.receive()).case, 'welcome')
  }

  async receive(): Promise<SubscribeResponse['body']> {
    const next = await this.#responses.next()
    if (next.done) throw new Error('the session ended')
    return next.value.body
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#requests.end()
    this.#manager.abort()
    this.#requests.destroy()
    if (!this.#requests.closed) await once(this.#requests, 'close')
  }
}

test('a gateway gets what is offered, and as much of a module as it asked for', async () => {
  const module = randomBytes(600_000)
  await upload(module)
  await api().pushRelease({ release: signed('auth', 1, module) })
  await using gateway = new GatewayClient()
  await gateway.hello('edge-1', ['auth', 'other'])
  const offer = await gateway.receive()
  assert.ok(offer.case === 'release')
  const moduleSha256 = sha256(module)
  gateway.send({ case: 'fetch', value: { moduleSha256, offset: 100_000, bytes: 300_000 } })
  const parts: Uint8Array[] = []
  for (const [offset, length] of [
    [100_000, CHUNK_BYTES_MAX],
    [100_000 + CHUNK_BYTES_MAX, 300_000 - CHUNK_BYTES_MAX],
  ] as const) {
    const { value } = (await gateway.receive()) as Extract<SubscribeResponse['body'], { case: 'chunk' }>
    assert.deepEqual([value.offset, value.data.length, value.end], [offset, length, false])
    parts.push(value.data)
  }
  assert.ok(Buffer.concat(parts).equals(module.subarray(100_000, 400_000)))
  // No more than that comes; what comes next is what was asked for next.
  gateway.send({ case: 'fetch', value: { moduleSha256: sha256(randomBytes(3)), offset: 0, bytes: 1000 } })
  const missing = await gateway.receive()
  assert.ok(missing.case === 'chunk' && missing.value.end && missing.value.data.length === 0)
  gateway.send({ case: 'fetch', value: { moduleSha256, offset: 599_999, bytes: 1 << 20 } })
  const last = await gateway.receive()
  assert.ok(last.case === 'chunk' && last.value.end && last.value.data.length === 1)
  // While it is connected, what is pushed comes at once.
  await api().pushRelease({ release: signed('auth', 2, module) })
  assert.equal((await gateway.receive()).case, 'release')
  const status = {
    name: 'auth',
    version: 2n,
    stage: ReleaseStage.SERVING,
    releaseSha256: sha256(signed('auth', 2, module).release),
    servingVersion: 2n,
    servingSha256: moduleSha256,
    reason: '\u001b[2J',
  }
  gateway.send({ case: 'status', value: status })
  for await (const { filters } of api().watchFilters({}, { signal: AbortSignal.timeout(10_000) })) {
    const told = filters!.filters.find(({ name }) => name === 'auth')?.states[0]?.status
    if (!told) continue
    assert.deepEqual([told.servingVersion, told.reason], [2n, '\ufffd[2J'])
    break
  }
})

test('of gateways that vanish in the middle of a module nothing is left', async () => {
  const module = randomBytes(3 << 20)
  await upload(module)
  const moduleSha256 = sha256(module)
  for (let count = 0; count < 40; count++) {
    const gateway = new GatewayClient()
    await gateway.hello(`gone-${count % 2}`, [])
    gateway.send({ case: 'fetch', value: { moduleSha256, offset: 0, bytes: module.length } })
    await gateway.receive()
    await gateway[Symbol.asyncDispose]()
  }
  const fds = `/proc/${server.child.pid}/fd`
  const open = () =>
    readdirSync(fds).filter((fd) => {
      try {
        return readlinkSync(`${fds}/${fd}`).endsWith('.wasm')
      } catch {
        return false
      }
    })
  while (open().length > 0) await sleep(10)
  const { gateways } = await api().listFilters({})
  assert.deepEqual(
    gateways.filter(({ nodeId, connected }) => nodeId.startsWith('gone') && connected),
    [],
  )
})

test('what is none of the protocol ends that session only', async () => {
  const hello = { nodeId: 'edge-2', host: 'alpha' }
  const moduleSha256 = new Uint8Array(32)
  const wrong: Record<string, (gateway: GatewayClient) => void> = {
    'no hello': (gateway) => gateway.send({ case: 'fetch', value: { moduleSha256, bytes: 1 } }),
    'no name': (gateway) => gateway.send({ case: 'hello', value: { ...hello, nodeId: '' } }),
    'a name that a terminal obeys': (gateway) =>
      gateway.send({ case: 'hello', value: { ...hello, nodeId: '\u001b[2J' } }),
    'a thousand filters': (gateway) =>
      gateway.send({
        case: 'hello',
        value: { ...hello, filters: Array.from({ length: 1000 }, (_, i) => `f${i}`) },
      }),
    'a filter that is a path': (gateway) =>
      gateway.send({ case: 'hello', value: { ...hello, filters: ['../../etc'] } }),
    'two hellos': (gateway) => {
      gateway.send({ case: 'hello', value: hello })
      gateway.send({ case: 'hello', value: hello })
    },
    'a fetch of nothing': (gateway) => {
      gateway.send({ case: 'hello', value: hello })
      gateway.send({ case: 'fetch', value: { moduleSha256, offset: -1, bytes: Number.NaN } })
    },
    'counts below nothing': (gateway) => {
      gateway.send({ case: 'hello', value: hello })
      gateway.send({
        case: 'report',
        value: { filters: [{ name: 'auth', moduleSha256, streams: -1 }] },
      })
    },
    'a reason that a terminal obeys': (gateway) => {
      gateway.send({ case: 'hello', value: hello })
      const crashes = [{ name: '\u001b[2J', count: 1 }]
      gateway.send({ case: 'report', value: { filters: [{ name: 'auth', moduleSha256, crashes }] } })
    },
    'a stage that there is not': (gateway) => {
      gateway.send({ case: 'hello', value: hello })
      gateway.send({ case: 'status', value: { releaseSha256: moduleSha256, stage: 99 as ReleaseStage } })
    },
  }
  for (const [name, misbehave] of Object.entries(wrong)) {
    await using gateway = new GatewayClient()
    misbehave(gateway)
    await assert.rejects(
      async () => {
        for (;;) await gateway.receive()
      },
      code(Code.InvalidArgument),
      name,
    )
  }
  await using gateway = new GatewayClient()
  await gateway.hello('edge-2', [])
})

test('a newer session of a gateway takes the place of the one before', async () => {
  await using first = new GatewayClient()
  await first.hello('edge-3', [])
  await using second = new GatewayClient()
  await second.hello('edge-3', [])
  await assert.rejects(first.receive(), code(Code.Aborted))
  const { gateways } = await api().listFilters({})
  assert.equal(gateways.find(({ nodeId }) => nodeId === 'edge-3')?.connected, true)
})

test('an order reaches those who come later, until they have followed it', async () => {
  const module = randomBytes(100)
  await upload(module)
  await api().pushRelease({ release: signed('killed', 1, module) })
  const order = signOrder({ name: 'killed', kind: FilterOrderKind.OFF, sequence: 0n, issuedNs: 1e18 }, [])
  const given = await api().orderFilter({ order })
  assert.deepEqual([given.order!.sequence, given.signed], [1n, false])
  await using gateway = new GatewayClient()
  await gateway.hello('edge-4', ['killed'])
  assert.equal((await gateway.receive()).case, 'order')
  assert.equal((await gateway.receive()).case, 'release')
  await using again = new GatewayClient()
  const held = [{ name: 'killed', orderSequence: 1n }]
  again.send({ case: 'hello', value: { nodeId: 'edge-4', host: 'alpha', filters: ['killed'], held } })
  assert.equal((await again.receive()).case, 'welcome')
  assert.equal((await again.receive()).case, 'release')
})

test('what gateways count is listed, with how fast it goes, and stays when they are away', async () => {
  const module = randomBytes(100)
  await upload(module)
  await api().pushRelease({ release: signed('counted', 1, module) })
  const report = (seconds: number, streams: number) => ({
    uptimeNs: seconds * 1e9,
    filters: [
      {
        name: 'counted',
        moduleSha256: sha256(module),
        threads: [{ name: 'serving', count: 2 }],
        streams,
        calls: 4 * streams,
        crashes: [{ name: 'fuel', count: 3 }],
      },
      { name: 'elsewhere', moduleSha256: sha256(module) },
    ],
  })
  const readingWhen = async (isSeen: (streams: number) => boolean) => {
    for await (const { filters } of api().watchFilters({}, { signal: AbortSignal.timeout(10_000) })) {
      const { states } = filters!.filters.find(({ name }) => name === 'counted')!
      const reading = states.find(({ nodeId }) => nodeId === 'edge-5')?.reading
      if (reading && isSeen(reading.use!.streams)) return reading
    }
    throw new Error('the server ended the stream')
  }
  {
    await using gateway = new GatewayClient()
    await gateway.hello('edge-5', ['counted'])
    gateway.send({ case: 'report', value: report(10, 100) })
    const first = await readingWhen((streams) => streams === 100)
    assert.equal(first.streamsPerSecond, undefined)
    assert.deepEqual(
      first.use!.crashes.map(({ name, count }) => [name, count]),
      [['fuel', 3]],
    )
    gateway.send({ case: 'report', value: report(12, 150) })
    const second = await readingWhen((streams) => streams === 150)
    assert.deepEqual([second.streamsPerSecond, second.callsPerSecond], [25, 100])
  }
  const { filters } = await api().listFilters({})
  assert.deepEqual(
    filters.filter(({ states }) => states.some(({ reading }) => reading)).map(({ name }) => name),
    ['counted'],
  )
})

test('who says no hello is left after some time', async () => {
  using connection = connectSocketPath(`${dir.path}/agent.sock`)
  const requests = async function* () {
    yield* [] as SubscribeRequest[]
    await new Promise(() => {})
  }
  const client = createClient(FilterDeliveryService, connection.transport)
  const answers = client.subscribe(requests(), { signal: AbortSignal.timeout(30_000) })
  await assert.rejects(Array.fromAsync(answers), (error: Error) =>
    /no hello came in time/.test(error.message),
  )
})

test('filters that gateways have from files are listed with what they count, and take no order', async () => {
  const digest = sha256(randomBytes(10))
  await using gateway = new GatewayClient()
  await gateway.hello('edge-6', [])
  const uses = [
    { name: 'local', moduleSha256: digest, streams: 7, fromFile: true },
    { name: 'stray', moduleSha256: digest },
  ]
  gateway.send({ case: 'report', value: { uptimeNs: 1e9, filters: uses } })
  const listed = async () => {
    for await (const { filters } of api().watchFilters({}, { signal: AbortSignal.timeout(10_000) })) {
      const filter = filters!.filters.find(({ name }) => name === 'local')
      if (filter) return { filter, names: filters!.filters.map(({ name }) => name) }
    }
    throw new Error('the server ended the stream')
  }
  const { filter, names } = await listed()
  assert.deepEqual([filter.newestVersion, filter.offered], [0n, undefined])
  assert.deepEqual(
    filter.states.map(({ nodeId, reading }) => [nodeId, reading?.use?.streams, reading?.use?.fromFile]),
    [['edge-6', 7, true]],
  )
  assert.ok(!names.includes('stray'))
  const order = signOrder({ name: 'local', kind: FilterOrderKind.OFF, sequence: 0n, issuedNs: 1e18 }, [])
  await assert.rejects(api().orderFilter({ order }), code(Code.NotFound))
})
