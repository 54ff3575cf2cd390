// A gateway stays with a server over real gRPC, and servers that are broken or hostile cost it nothing but their session.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2'
import { createServer as createNetServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import {
  FilterDeliveryService,
  FilterOrderKind,
  GatewayReportSchema,
  SubscribeResponseSchema,
  type SubscribeRequest,
  type SubscribeResponse,
} from '@quadrant/proto'
import { madeKey, madeModule, NOW_NS, policyOf, sha256, signedOf } from '../testing/made-releases.ts'
import { MemoryStoreDirectory } from '../testing/memory-store-directory.ts'
import { RecordingSink } from '../testing/recording-sink.ts'
import { connectSocketPath } from './delivery-connection.ts'
import { FilterDelivery } from './filter-delivery.ts'
import { FilterSubscription, type FilterSubscriptionOptions } from './filter-subscription.ts'
import { CHUNK_BYTES_MAX } from './module-download.ts'
import { ReleaseStore } from './release-store.ts'
import { signOrder } from './sign-release.ts'

const folder = mkdtempSync(join(tmpdir(), 'quadrant-subscription-'))
after(() => rmSync(folder, { recursive: true }))
let socketCount = 0

type Behaviour = (
  requests: AsyncIterable<SubscribeRequest>,
  attempt: number,
) => AsyncGenerator<SubscribeResponse>

const KEY = madeKey()
const MODULE = madeModule(600_000, 1)
const RELEASE = signedOf(KEY, MODULE)
const answer = (body: SubscribeResponse['body']) => create(SubscribeResponseSchema, { body })
const WELCOME = answer({
  case: 'welcome',
  value: { $typeName: 'quadrant.v1.GatewayWelcome', serverVersion: '1' },
})
const OFFER = answer({ case: 'release', value: RELEASE })

/** A server whose sessions behave as the test says. */
class MadeServer implements AsyncDisposable {
  attempts = 0
  readonly path = join(folder, `${++socketCount}.sock`)
  readonly #server: Http2Server
  readonly #sessions = new Set<ServerHttp2Session>()

  private constructor(behaviour: Behaviour) {
    this.#server = createHttp2Server(
      connectNodeAdapter({
        connect: false,
        grpcWeb: false,
        routes: (router) =>
          router.service(FilterDeliveryService, {
            subscribe: (requests) => behaviour(requests, ++this.attempts),
          }),
      }),
    )
    this.#server.on('session', (session) => this.#sessions.add(session))
  }

  static async listen(behaviour: Behaviour): Promise<MadeServer> {
    const server = new MadeServer(behaviour)
    await new Promise<void>((resolve) => {
      server.#server.listen(server.path, resolve)
    })
    return server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) session.destroy()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }
}

/** Does what it should: offers, and sends what is asked for, but breaks off after so many chunks of a session. */
function serving(chunksMax = Number.POSITIVE_INFINITY): Behaviour {
  return async function* (requests) {
    let chunkCount = 0
    for await (const { body } of requests) {
      if (body.case === 'hello') {
        yield WELCOME
        yield OFFER
      }
      if (body.case !== 'fetch') continue
      const { moduleSha256, offset, bytes } = body.value
      for (let at = offset; at < offset + bytes; at += CHUNK_BYTES_MAX) {
        if (chunkCount++ === chunksMax) return
        const data = MODULE.slice(at, Math.min(at + CHUNK_BYTES_MAX, offset + bytes))
        yield answer({
          case: 'chunk',
          value: { $typeName: 'quadrant.v1.ModuleChunk', moduleSha256, offset: at, data, end: false },
        })
      }
    }
  }
}

async function subscribe(path: string, options: Partial<FilterSubscriptionOptions> = {}) {
  const sink = new RecordingSink()
  const delivery = new FilterDelivery({
    store: await ReleaseStore.open(new MemoryStoreDirectory()),
    sink,
    policy: policyOf([KEY]),
    nowNs: () => NOW_NS,
  })
  const subscription = new FilterSubscription(delivery, {
    nodeId: 'edge-1',
    host: 'alpha',
    version: '1',
    connect: () => connectSocketPath(path),
    backoff: { firstMs: 1, maxMs: 10 },
    ...options,
  })
  return {
    sink,
    serves: async () => {
      while (!sink.serving.has('auth')) await sleep(2)
    },
    [Symbol.asyncDispose]: async () => {
      await subscription[Symbol.asyncDispose]()
      await delivery[Symbol.asyncDispose]()
    },
  }
}

test('a module comes over as many sessions as it takes, and its release is told as it fares', async () => {
  const told: string[] = []
  await using server = await MadeServer.listen(async function* (requests, attempt) {
    const seen = async function* () {
      for await (const request of requests) {
        if (request.body.case === 'hello') told.push(`partial ${request.body.value.partials[0]?.bytes ?? 0}`)
        if (request.body.case === 'status') told.push(`stage ${request.body.value.stage}`)
        yield request
      }
    }
    yield* serving(attempt < 3 ? 1 : Number.POSITIVE_INFINITY)(seen(), attempt)
  })
  await using gateway = await subscribe(server.path)
  await gateway.serves()
  while (!told.includes('stage 5')) await sleep(2)
  assert.equal(server.attempts, 3)
  assert.deepEqual(
    told.filter((line) => line.startsWith('partial')),
    ['partial 0', `partial ${CHUNK_BYTES_MAX}`, `partial ${2 * CHUNK_BYTES_MAX}`],
  )
  assert.deepEqual(told.slice(-4), ['stage 2', 'stage 3', 'stage 4', 'stage 5'])
})

const chunkOf = (data: Uint8Array) =>
  answer({
    case: 'chunk',
    value: {
      $typeName: 'quadrant.v1.ModuleChunk',
      moduleSha256: sha256(MODULE),
      offset: 0,
      data,
      end: false,
    },
  })
const broken: Record<string, readonly SubscribeResponse[]> = {
  'an offer before the welcome': [OFFER],
  'two welcomes': [WELCOME, WELCOME],
  'a message that is too large': [WELCOME, chunkOf(new Uint8Array(1 << 20))],
  'refused releases without end': [
    WELCOME,
    ...Array.from({ length: 100 }, () => answer({ case: 'release', value: signedOf(madeKey(), MODULE) })),
  ],
}
for (const [name, responses] of Object.entries(broken))
  test(`${name} ends the session, and a sound one follows`, async () => {
    await using server = await MadeServer.listen(async function* (requests, attempt) {
      if (attempt > 2) return yield* serving()(requests, attempt)
      yield* responses
      for await (const _ of requests);
    })
    await using gateway = await subscribe(server.path)
    await gateway.serves()
    assert.equal(server.attempts, 3)
    assert.equal(gateway.sink.compiled.length, 1)
  })

test('chunks that nobody asked for, and answers of newer servers, are passed over', async () => {
  await using server = await MadeServer.listen(async function* (requests, attempt) {
    const sound = serving()(requests, attempt)
    yield (await sound.next()).value as SubscribeResponse
    yield chunkOf(MODULE.slice(0, 100))
    yield answer({ case: undefined })
    yield* sound
  })
  await using gateway = await subscribe(server.path)
  await gateway.serves()
  assert.equal(server.attempts, 1)
})

test('a server that says nothing is left: at the welcome, and with a module', async () => {
  await using server = await MadeServer.listen(async function* (requests, attempt) {
    if (attempt > 2) return yield* serving()(requests, attempt)
    if (attempt === 2) yield* [WELCOME, OFFER]
    for await (const _ of requests);
  })
  await using gateway = await subscribe(server.path, { welcomeTimeoutMs: 300, stallTimeoutMs: 300 })
  await gateway.serves()
  // More, where this machine is slow.
  assert.ok(server.attempts >= 3)
})

test('a server with orders that nobody may follow is left', async () => {
  const off = { name: 'auth', kind: FilterOrderKind.OFF, sequence: 1n, issuedNs: NOW_NS }
  const order = answer({ case: 'order', value: signOrder(off, [madeKey()]) })
  await using server = await MadeServer.listen(async function* (requests, attempt) {
    if (attempt > 1) return yield* serving()(requests, attempt)
    yield WELCOME
    for (let i = 0; i < 100; i++) yield order
    for await (const _ of requests);
  })
  await using gateway = await subscribe(server.path)
  await gateway.serves()
  assert.equal(server.attempts, 2)
})

test('a server that welcomes and ends at once is asked less and less', async () => {
  await using server = await MadeServer.listen(async function* () {
    yield WELCOME
  })
  await using _gateway = await subscribe(server.path, { backoff: { firstMs: 10, maxMs: 1000 } })
  await sleep(1500)
  assert.ok(server.attempts >= 2 && server.attempts <= 12, String(server.attempts))
})

const garbage: Record<string, () => Server> = {
  'random bytes': () =>
    createNetServer((socket) => {
      socket.on('error', () => {})
      socket.write(randomBytes(4096))
    }),
  'a connection closed at once': () => createNetServer((socket) => socket.destroy()),
  'gRPC with a garbled message': () =>
    createHttp2Server((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/grpc+proto' })
      response.write(Buffer.concat([Buffer.from([0, 0, 0, 0, 16]), Buffer.alloc(16, 0xff)]))
    }),
  'gRPC with a length of 4 GiB': () =>
    createHttp2Server((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/grpc+proto' })
      response.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]))
    }),
}
for (const [name, open] of Object.entries(garbage))
  test(`${name} for a server is survived`, async () => {
    const path = join(folder, `${++socketCount}.sock`)
    const peer = open()
    const sockets = new Set<{ destroy: () => void }>()
    peer.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
    })
    peer.on('sessionError', () => {})
    await new Promise<void>((resolve) => {
      peer.listen(path, resolve)
    })
    {
      await using _gateway = await subscribe(path, { welcomeTimeoutMs: 200 })
      while (sockets.size < 3) await sleep(2)
    }
    for (const socket of sockets) socket.destroy()
    peer.close()
  })

test('what a gateway counts is told after the welcome, again and again', async () => {
  const told: number[] = []
  await using server = await MadeServer.listen(async function* (requests) {
    const seen = async function* () {
      for await (const request of requests) {
        if (request.body.case === 'report') told.push(request.body.value.uptimeNs)
        yield request
      }
    }
    yield* serving()(seen(), 1)
  })
  let uptimeNs = 0
  await using gateway = await subscribe(server.path, {
    reportIntervalMs: 1,
    report: async () => {
      // One that fails, as while threads end, is passed over.
      if (++uptimeNs === 2) throw new Error('no threads')
      return create(GatewayReportSchema, { uptimeNs })
    },
  })
  await gateway.serves()
  while (told.length < 3) await sleep(2)
  assert.deepEqual(
    told,
    [...new Set(told)].toSorted((one, other) => one - other),
  )
  assert.ok(!told.includes(2))
})
