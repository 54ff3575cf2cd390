// Pools by themselves, over real sockets and with a clock of the test's: what comes of requests that go, and of ends.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttp1 } from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { ClusterStats } from '../cluster/cluster-stats.ts'
import { clusterWorld, seededRandom } from '../testing/cluster-world.ts'
import { Deadline, DeadlineWheel } from '../time/deadline-wheel.ts'
import { SocketTransport } from '../transport/socket-transport.ts'
import type { EndpointPool } from './endpoint-pool.ts'
import { openPool } from './open-pool.ts'
import type { UpstreamHandler, UpstreamStream } from './upstream-stream.ts'

const PROTOCOLS = ['http1', 'http2'] as const

/** A request that is sent as soon as it can be, and what came of it. */
class Asker implements UpstreamHandler {
  readonly seen: string[] = []
  readonly ended = Promise.withResolvers<string>()
  readonly #isGivenUp: boolean

  /** @param isGivenUp as soon as its head is written */
  constructor(isGivenUp = false) {
    this.#isGivenUp = isGivenUp
  }

  onUpstream(stream: UpstreamStream): void {
    const fields: [string, string][] = [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', 'a'],
      [':path', '/'],
    ]
    stream.requestHead(HeaderMap.of(fields), true)
    if (this.#isGivenUp) stream.reset()
  }

  onOpenFailure(failure: string, reason: string): void {
    this.#end(`${failure} ${reason}`)
  }

  onInterim(): void {}

  onResponseHead(headers: HeaderMap, isEnd: boolean): void {
    this.seen.push(headers.get(':status') ?? '')
    if (isEnd) this.#end('whole')
  }

  onResponseBody(_: Uint8Array, isEnd: boolean): void {
    if (isEnd) this.#end('whole')
  }

  onResponseTrailers(): void {
    this.#end('whole')
  }

  onResponsePause(): void {}

  onStreamFailure(failure: string, reason: string): void {
    this.#end(`${failure} ${reason}`)
  }

  onRequestWritable(): void {}

  #end(what: string): void {
    this.seen.push(what)
    this.ended.resolve(what)
  }
}

interface PoolWorld {
  readonly pool: EndpointPool
  readonly stats: ClusterStats
  readonly wheel: DeadlineWheel
  /** Time passes, all at once. */
  readonly advance: (ms: number) => void
}

async function poolWorld(t: TestContext, protocol: 'http1' | 'http2'): Promise<PoolWorld> {
  const answer = (_: unknown, response: { end(body: string): void }) => response.end('ok')
  const server = protocol === 'http1' ? createHttp1(answer) : createHttp2(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let nowMs = 1000
  const ticks: (() => void)[] = []
  const wheel = new DeadlineWheel({
    now: () => nowMs,
    every: (_, call) => {
      ticks.push(call)
      return () => ticks.splice(ticks.indexOf(call), 1)
    },
  })
  const { port } = server.address() as AddressInfo
  const { cluster } = clusterWorld(`endpoints: [], protocol: ${protocol}, keep_alive: { idle: 1s }`, [
    { ip: '127.0.0.1', port, host: 'a', weight: 1, priority: 0 },
  ])
  const thread = {
    transport: new SocketTransport(createServer),
    wheel,
    nowMs: () => nowMs,
    random: () => 0,
    requestId: () => '',
    date: () => '',
  }
  const pool = openPool(thread, cluster, cluster.endpoints[0]!, undefined)
  t.after(() => {
    pool.close()
    server.close()
  })
  const advance = (ms: number) => {
    nowMs += ms
    for (const tick of ticks) tick()
  }
  return { pool, stats: cluster.stats, wheel, advance }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5)
}

for (const protocol of PROTOCOLS) {
  const timeout = { timeout: 10_000 }

  test(`${protocol}: a connection that nobody came to use grows old as others do`, timeout, async (t) => {
    const { pool, stats, advance } = await poolWorld(t, protocol)
    const asker = new Asker()
    pool.open(asker)
    pool.cancel(asker)
    assert.deepEqual([stats.pendingActive, stats.connectionsActive], [0, 1])
    // It is connected by then.
    await sleep(100)
    advance(1500)
    await until(() => stats.connectionsActive === 0)
    assert.equal(stats.connectTimeouts, 0)
    const other = new Asker()
    pool.open(other)
    assert.equal(await other.ended.promise, 'whole')
    assert.deepEqual(asker.seen, [])
  })

  test(
    `${protocol}: whoever waits when a pool drains is served, and then it is empty`,
    timeout,
    async (t) => {
      const { pool, stats } = await poolWorld(t, protocol)
      const askers = [new Asker(), new Asker(), new Asker()]
      for (const asker of askers) pool.open(asker)
      pool.drain()
      for (const asker of askers) assert.equal(await asker.ended.promise, 'whole')
      await until(() => pool.isEmpty)
      assert.deepEqual([stats.pendingActive, stats.connectionsActive], [0, 0])
    },
  )

  test(`${protocol}: whoever waits when a pool closes is told, once`, timeout, async (t) => {
    const { pool, stats } = await poolWorld(t, protocol)
    const asker = new Asker()
    pool.open(asker)
    pool.close()
    assert.equal(await asker.ended.promise, 'connect-failure closed')
    await until(() => pool.isEmpty)
    assert.deepEqual([stats.pendingActive, stats.connectionsActive], [0, 0])
    assert.deepEqual(asker.seen, ['connect-failure closed'])
  })

  test(`${protocol}: a connection that is given up for its age gets no request`, timeout, async (t) => {
    const { pool, wheel, advance } = await poolWorld(t, protocol)
    const first = new Asker()
    pool.open(first)
    assert.equal(await first.ended.promise, 'whole')
    await sleep(50)
    // In the same turn of the wheel, after the connection's deadline.
    const second = new Asker()
    wheel.set(new Deadline({ onDeadline: () => pool.open(second) }), 1200)
    advance(1500)
    assert.equal(await second.ended.promise, 'whole')
  })

  test(`${protocol}: a request that is given up leaves nothing to the next`, timeout, async (t) => {
    const { pool, stats } = await poolWorld(t, protocol)
    const askers = [new Asker(), new Asker(true), new Asker(), new Asker(true), new Asker()]
    for (const asker of askers) {
      pool.open(asker)
      if (asker === askers[0]) await asker.ended.promise
    }
    await askers[2]!.ended.promise
    await askers[4]!.ended.promise
    const whole = ['200', 'whole']
    assert.deepEqual(
      askers.map(({ seen }) => seen),
      [whole, [], whole, [], whole],
    )
    assert.equal(stats.pendingActive, 0)
  })

  for (const seed of [1, 2, 3, 4])
    test(`${protocol}: whatever comes of requests, nothing is left (${seed})`, timeout, async (t) => {
      const { pool, stats } = await poolWorld(t, protocol)
      const random = seededRandom(seed)
      const told: Asker[] = []
      for (let index = 0; index < 60; index++) {
        const isGivenUp = random() < 0.2
        const asker = new Asker(isGivenUp)
        pool.open(asker)
        if (random() < 0.3) setTimeout(() => pool.cancel(asker), random() * 4)
        else if (!isGivenUp) told.push(asker)
        if (random() < 0.3) await sleep(random() * 4)
      }
      if (seed % 2 === 0) pool.close()
      else pool.drain()
      const ends = await Promise.all(told.map(({ ended }) => ended.promise))
      // A connection that goes with a request that was given up takes others of HTTP/2 with it only where the pool closes.
      if (seed % 2 === 1) assert.deepEqual(new Set(ends), new Set(['whole']))
      await until(() => pool.isEmpty)
      assert.deepEqual([stats.pendingActive, stats.connectionsActive], [0, 0])
      for (const { seen } of told) assert.ok(seen.length <= 2, String(seen))
    })
}
