// Requests of real clients to real servers: what the product tells is what the servers wrote down.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Seen } from '../quadrants/observe/src/l7/http2/testing/http2-peer.ts'
import { TestCgroup } from '../quadrants/observe/src/l7/kernel/testing/test-cgroup.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { curl, curlOnce, goClient, h2load, pipeline, upgrade } from './requests/clients.ts'
import { type Counts, differences, linesOf, sum, WARM_UP } from './requests/served.ts'
import {
  GuestPrograms,
  portOf,
  type Server,
  startHttp2Peer,
  startLogged,
  startNginx,
  startNode,
} from './requests/servers.ts'
import { requestDrops, requestReport, Told } from './requests/told.ts'
import { FULL, missing } from './requirements.ts'

/** 100,000 requests in the full run. */
const SCALE = FULL ? 19 : 1

const PRECISE = ['httpserve', 'http2peer', 'nginx', 'node-server*'].flatMap((service) => [
  '--precise',
  service,
])

const skip = missing('go', 'nginx', 'curl', 'h2load')

/** All servers, what they were asked, and what is known to have been served. */
class Mix implements AsyncDisposable {
  readonly #owned = new AsyncDisposableStack()
  readonly #guests = this.#owned.use(new GuestPrograms())
  readonly #cgroup = this.#owned.use(new TestCgroup())
  servers: readonly Server[] = []
  #nginxHttp2: Server | undefined
  #streams: { readonly http: string; readonly grpc: string } | undefined

  static async start(): Promise<Mix> {
    const mix = new Mix()
    const { httpserve } = mix.#guests
    const nginx = mix.#owned.use(await startNginx(mix.#cgroup))
    mix.servers = [
      mix.#owned.use(await startLogged(mix.#cgroup, 'Go', httpserve, ['serve', '127.0.0.1:0'])),
      mix.#owned.use(await startNode(mix.#cgroup)),
      nginx,
      mix.#owned.use(await startLogged(mix.#cgroup, 'Go TLS', httpserve, ['serve', '127.0.0.1:0', 'tls'])),
    ]
    mix.#nginxHttp2 = nginx.http2
    mix.#streams = mix.#owned.use(await startHttp2Peer(mix.#cgroup, mix.#guests))
    return mix
  }

  async warmUp(): Promise<void> {
    for (const { port, name } of this.servers)
      await curlOnce(`${name === 'Go TLS' ? 'https' : 'http'}://127.0.0.1:${port}${WARM_UP}`)
    await h2load(this.#nginxHttp2!.port, { count: 4, path: WARM_UP })
    await h2load(portOf(this.#streams!.http), { count: 4, path: `${WARM_UP}?status=200` })
  }

  /** Asks for everything; gives what was served, by server. */
  async run(scale: number): Promise<ReadonlyMap<string, { readonly port: number; readonly counts: Counts }>> {
    const [go, node, nginx, goTls] = this.servers as [Server, Server, Server, Server]
    const streams = this.#streams!
    const { httpask } = this.#guests
    await Promise.all([
      goClient(httpask, go.port, 60 * scale),
      curl(node.port, 300 * scale),
      curl(nginx.port, 300 * scale),
    ])
    await Promise.all([
      h2load(nginx.port, { count: 500 * scale, path: '/orders/1', isHttp1: true }),
      h2load(go.port, { count: 300 * scale, path: '/orders/1', isHttp1: true }),
      h2load(this.#nginxHttp2!.port, { count: 1500 * scale, path: '/orders/1' }),
    ])
    await goClient(httpask, goTls.port, 30 * scale, 'https')
    await curl(goTls.port, 100 * scale, 'https')
    for (const { port } of [go, node, nginx]) await pipeline(port, 10 * scale, 10)
    await upgrade(go.port, 10 * scale)
    const http = await this.#guests.drive('http', streams.http, 700 * scale)
    const grpc = await this.#guests.drive('grpc', streams.grpc, 700 * scale)
    return new Map(
      [
        ...[go, node, nginx, goTls, this.#nginxHttp2!].map((server) => ({
          name: server.name,
          port: server.port,
          counts: server.served(),
        })),
        { name: 'Go HTTP/2', port: portOf(streams.http), counts: countHttp2(http) },
        { name: 'Go gRPC', port: portOf(streams.grpc), counts: countGrpc(grpc) },
      ].map(({ name, port, counts }) => [name, { port, counts }]),
    )
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync()
  }
}

/** What has no status of its own was ended by the client: `seen` has how that looked to it. */
function countHttp2(seen: readonly Seen[]): Counts {
  const counts = new Map<string, number>()
  for (const { method, path, status } of seen) {
    const route = path.replace(/\?.*/, '').replaceAll(/\/\d+(?=\/|$)/g, '/{id}')
    const key = `${method} ${decodeURI(route)} ${status}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

function countGrpc(seen: readonly Seen[]): Counts {
  const counts = new Map<string, number>()
  for (const { path, status, aborted } of seen) {
    const key = `${path} 200 ${aborted === true ? undefined : status}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

/** Until all servers are observed: their first requests are told. */
async function observed(product: RunningQuadrant, mix: Mix, isPrecise: boolean): Promise<void> {
  await eventually(
    'servers are observed',
    async () => {
      await mix.warmUp()
      const { services = 0, preciseServices = 0, tlsProcesses = 0 } = await requestReport(product.data)
      // Both servers of `httpserve` could speak it, and the one of HTTP/2.
      return tlsProcesses >= 3 && (isPrecise ? preciseServices : services) >= 4 ? true : undefined
    },
    60_000,
  )
}

for (const mode of ['default', 'precise'] as const)
  test(`mixed requests are counted as their servers counted them: ${mode} mode`, { skip }, async (t) => {
    await using mix = await Mix.start()
    await using product = await RunningQuadrant.start(['--requests', '*'])
    if (mode === 'precise') {
      const { code, stderr } = await product.run(['requests', 'set', ...PRECISE])
      assert.equal(code, 0, stderr)
    }
    await observed(product, mix, mode === 'precise')
    const before = await requestDrops(product.data)
    const told = new Told(product.data, Date.now() - 60_000)
    const served = await mix.run(SCALE)
    const total = served.values().reduce((all, { counts }) => all + sum(counts), 0)
    const tellAll = async () =>
      new Map(
        await Promise.all(
          Array.from(served, async ([name, { port }]) => [name, await told.counts(port)] as const),
        ),
      )
    // All that will be told is, when nothing more comes.
    let counts = await tellAll()
    for (let last = -1, now = 0; now !== last;) {
      last = now
      await sleep(4000)
      counts = await tellAll()
      now = counts.values().reduce((all, each) => all + sum(each), 0)
    }
    const after = await requestDrops(product.data)
    const drops = Array.from(after, ([key, count]) => [key, count - (before.get(key) ?? 0)] as const).filter(
      ([, count]) => count > 0,
    )
    t.diagnostic(
      `${total} served; dropped: ${drops.map(([key, count]) => `${key} ${count}`).join(', ') || 'nothing'}`,
    )
    const wrong = Array.from(
      served,
      ([name, { counts: expected }]) => [name, differences(expected, counts.get(name)!)] as const,
    ).filter(([, lines]) => lines.length > 0)
    for (const [name, lines] of wrong) t.diagnostic(`${name}: ${lines.join('; ')}`)
    if (mode === 'precise')
      assert.deepEqual(wrong, [], linesOf(counts.get(wrong[0]?.[0] ?? 'Go')!).join('\n'))
    else {
      const missedOf = (name: string) => sum(served.get(name)!.counts) - sum(counts.get(name)!)
      const missed = served.keys().reduce((all, name) => all + missedOf(name), 0)
      const lost = drops
        .filter(([key]) => /^(kernel\.http|http2|tls)/.test(key))
        .reduce((all, [, count]) => all + count, 0)
      assert.ok(missed <= lost, `${missed} missed, ${lost} counted as lost`)
      for (const name of served.keys()) assert.ok(missedOf(name) >= 0, `${name}: more than were served`)
      if (lost === 0) assert.deepEqual(wrong, [])
    }
  })

/** Index in OpenTelemetry's exponential histogram of scale 3, in which one bucket is 9 % wide. */
const bucketOf = (ms: number) => Math.ceil(Math.log2(ms * 1e6) * 8) - 1
/** Milliseconds that the server takes its time: much more than a client adds. */
const SLEEPS = [30, 70, 150] as const

for (const mode of FULL ? (['default', 'precise'] as const) : (['precise'] as const))
  test(`latency is within a bucket of the client's: ${mode} mode`, { skip }, async () => {
    using guests = new GuestPrograms()
    await using cgroup = new TestCgroup()
    await using server = await startLogged(cgroup, 'Go', guests.httpserve, ['serve', '127.0.0.1:0'])
    await using product = await RunningQuadrant.start(['--requests', '*'])
    if (mode === 'precise') await product.run(['requests', 'set', '--precise', 'httpserve'])
    const get = async (path: string) => {
      const startMs = performance.now()
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`)
      const ms = performance.now() - startMs
      await response.arrayBuffer()
      return ms
    }
    await eventually('the server is observed', async () => {
      await get(WARM_UP)
      const { services = 0, preciseServices = 0 } = await requestReport(product.data)
      return (mode === 'precise' ? preciseServices : services) > 0 ? true : undefined
    })
    const told = new Told(product.data, Date.now() - 60_000)
    for (const sleepMs of SLEEPS) {
      const times: number[] = []
      // One after the other: what a client waits in its own queues is nothing that a server knows of.
      for (let i = 0; i < 25; i++) times.push(await get(`/sleep/${sleepMs}ms`))
      const { timed, p50Ns = 0 } = await eventually(`all of ${sleepMs} ms are told`, async () => {
        const { total = {} } = await told.get(`port:${server.port} route:/sleep/${sleepMs}ms`)
        return total.requests === times.length ? total : undefined
      })
      assert.equal(timed, times.length)
      times.sort((a, b) => a - b)
      const [toldMs, ms] = [p50Ns / 1e6, times[Math.ceil(times.length / 2) - 1]!]
      assert.ok(Math.abs(bucketOf(toldMs) - bucketOf(ms)) <= 1, `${toldMs} told, ${ms} at the client`)
    }
  })
