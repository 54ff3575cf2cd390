// Endpoints that come and go under requests, some of which wait and some of which nobody wants any more.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { createServer as createServer2 } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testGateway } from '../testing/test-gateway.ts'

/** Deterministic: the same requests are given up in each run. */
function randoms(seed: number): () => number {
  let state = seed
  return () => (state = (state * 1_664_525 + 1_013_904_223) >>> 0) / 2 ** 32
}

/** One port on 127.0.0.1 and 127.0.0.2, which answer after a while. */
async function slowEndpoints(t: TestContext, protocol: 'http1' | 'http2'): Promise<number> {
  const answer = (_: unknown, response: { end(body: string): void }) =>
    void setTimeout(() => response.end('ok'), 30)
  const open = (): Server => (protocol === 'http1' ? createServer(answer) : createServer2(answer))
  const first = open().listen(0, '127.0.0.1')
  await once(first, 'listening')
  const { port } = first.address() as AddressInfo
  const second = open().listen(port, '127.0.0.2')
  await once(second, 'listening')
  t.after(() => {
    first.close()
    second.close()
  })
  return port
}

async function get(port: number, path: string, giveUpMs: number | undefined): Promise<number | undefined> {
  const asked = request({ host: '127.0.0.1', port, path, agent: false }).end()
  if (giveUpMs !== undefined) setTimeout(() => asked.destroy(), giveUpMs)
  try {
    const [response] = await once(asked, 'response')
    response.on('error', () => {}).resume()
    return response.statusCode
  } catch {
    return undefined
  }
}

for (const protocol of ['http1', 'http2'] as const)
  test(`nothing is lost or left where endpoints of ${protocol} move`, { timeout: 60_000 }, async (t) => {
    const upstreamPort = await slowEndpoints(t, protocol)
    const sets = [['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1', '127.0.0.2']]
    let lookUps = 0
    const { port, gateway } = await testGateway(
      t,
      `listeners: [{ name: main, address: 127.0.0.1:0 }]
virtual_hosts:
  - name: all
    domains: ['*']
    routes: [{ name: all, match: { prefix: / }, forward: { cluster: up } }]
clusters:
  - name: up
    protocol: ${protocol}
    endpoints: ['up.test:${upstreamPort}']
    dns: { refresh: 100ms }
    # Most requests have to wait.
    circuit_breakers: { connections: 3 }
    keep_alive: { streams_per_connection: 2, requests_per_connection: 5 }
`,
      { resolve: async () => sets[lookUps++ % sets.length]! },
    )
    const random = randoms(11)
    const statuses = new Map<number | undefined, number>()
    const asked: Promise<void>[] = []
    for (let index = 0; index < 300; index++) {
      const giveUpMs = random() < 0.4 ? Math.floor(random() * 60) : undefined
      asked.push(
        get(port, `/${index}`, giveUpMs).then((status) => {
          const key = giveUpMs === undefined ? status : undefined
          statuses.set(key, (statuses.get(key) ?? 0) + 1)
        }),
      )
      await sleep(5)
    }
    await Promise.all(asked)
    for (let tries = 0; tries < 100 && gateway.stats().clusters['up']!.requestsActive !== 0; tries++)
      await sleep(20)
    const { requestsActive, pendingActive, retriesActive, requests } = gateway.stats().clusters['up']!
    assert.deepEqual([requestsActive, pendingActive, retriesActive], [0, 0, 0])
    assert.deepEqual(new Set(statuses.keys()), new Set([200, undefined]))
    assert.ok(lookUps > 5 && requests > 200)
  })
