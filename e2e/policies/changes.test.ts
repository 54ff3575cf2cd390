import assert from 'node:assert/strict'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type TestContext, test } from 'node:test'
import { compileMesh } from '@quadrant/govern/mesh'
import { PolicyWorkspace } from '@quadrant/govern/policy'
import { Programmer } from '@quadrant/govern/programming'
import { NEEDS_ENVOY } from '../filters/envoy.ts'
import { freePort } from '../free-port.ts'
import { XdsEnvoy } from './xds-envoy.ts'

const REQUESTS = process.env['QUADRANT_E2E'] === 'full' ? 50_000 : 3000
const CLIENTS = 16
const CHANGE_MS = 40
const CHANGES_MIN = 16

/** What is in force; every change is of one of these. */
interface State {
  /** Of the answers. */
  readonly version: number
  readonly service: 'cart' | 'next'
  /** Which of two endpoints of each service. */
  readonly endpoint: 0 | 1
  readonly path: '/' | '/a'
}

function documentsOf(
  { version, service, endpoint, path }: State,
  port: number,
  ports: readonly number[],
): string {
  const slice = (name: string, index: number) => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}, namespace: shop, labels: { kubernetes.io/service-name: ${name} } }
ports: [{ name: http, port: ${ports[index]} }]
endpoints: [{ addresses: [127.0.0.1] }]
`
  const services = ['cart', 'next'].map(
    (name, index) => `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { ports: [{ name: http, port: 8080 }] }
${slice(name, index * 2 + endpoint)}`,
  )
  return `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web, namespace: shop }
spec:
  gatewayClassName: quadrant
  listeners: [{ name: http, port: ${port}, protocol: HTTP }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: all, namespace: shop }
spec:
  parentRefs: [{ name: web }]
  rules: [{ matches: [{ path: { value: ${path} } }], backendRefs: [{ name: ${service}, port: 8080 }] }]
---
apiVersion: quadrant.dev/v1
kind: HeaderPolicy
metadata: { name: all, namespace: shop }
spec:
  targetRefs: [{ kind: HTTPRoute, name: all }]
  response: { set: [{ name: x-version, value: '${version}' }] }
${services.join('')}`
}

async function backends(t: TestContext): Promise<readonly number[]> {
  const ports: number[] = []
  for (const name of ['cart0', 'cart1', 'next0', 'next1']) {
    const server = createServer((_, response) => response.end(name)).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    t.after(() => {
      server.close()
      server.closeAllConnections()
    })
    ports.push((server.address() as AddressInfo).port)
  }
  return ports
}

interface Answer {
  readonly status: number
  readonly version: number
  readonly body: string
}

async function ask(port: number, agent: Agent): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/a', agent }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () =>
        resolve({ status: response.statusCode!, version: Number(response.headers['x-version']), body }),
      )
    })
      .on('error', reject)
      .end()
  })
}

for (const isDelta of [true, false])
  test(
    `traffic follows endpoints, routes and clusters with no failed request (${isDelta ? 'incremental' : 'state of the world'})`,
    { ...NEEDS_ENVOY, timeout: 240_000 },
    async (t) => {
      const ports = await backends(t)
      const port = await freePort()
      await using envoy = await XdsEnvoy.start({ isDelta, views: ['gateway/shop/web'] })
      await using programmer = new Programmer({ xds: envoy.xds })
      let state: State = { version: 1, service: 'cart', endpoint: 0, path: '/' }
      const serve = () => {
        const workspace = new PolicyWorkspace()
        workspace.setFile('shop.yaml', documentsOf(state, port, ports))
        const { program, problems } = compileMesh(workspace.world(), { address: '127.0.0.1' })
        assert.deepEqual(problems, [])
        programmer.program(program)
      }
      serve()
      await envoy.listening(port)
      const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
      t.after(() => agent.destroy())

      const load = { requestCount: 0, isOver: false }
      const failures: string[] = []
      const newest = { version: 0 }
      const seen = new Set<string>()
      const clients = Array.from({ length: CLIENTS }, async () => {
        while (!load.isOver) {
          const answer = await ask(port, agent).catch((error: unknown) => String(error))
          load.requestCount++
          if (typeof answer === 'string') failures.push(answer)
          else if (answer.status !== 200) failures.push(`${answer.status} ${answer.body}`)
          else {
            newest.version = Math.max(newest.version, answer.version)
            seen.add(`${answer.version} ${answer.body}`)
          }
        }
      })
      let changeCount = 0
      // On a busy machine requests are fast and changes are not.
      while (load.requestCount < REQUESTS || changeCount < CHANGES_MIN) {
        const { version } = state
        const turn = changeCount++ % 4
        state = {
          version: version + 1,
          service: turn === 0 ? (state.service === 'cart' ? 'next' : 'cart') : state.service,
          endpoint: turn === 1 ? (state.endpoint === 0 ? 1 : 0) : state.endpoint,
          path: turn === 2 ? (state.path === '/' ? '/a' : '/') : state.path,
        }
        serve()
        await sleep(CHANGE_MS)
      }
      // The last change is what answers come from.
      const wanted = `${state.version} ${state.service}${state.endpoint}`
      const end = performance.now() + 5000
      while (!seen.has(wanted) && performance.now() < end) await sleep(10)
      load.isOver = true
      await Promise.all(clients)
      assert.deepEqual(programmer.refusals(), [])
      assert.deepEqual(
        [...new Set(failures)].slice(0, 5),
        [],
        `${failures.length} of ${load.requestCount} failed`,
      )
      assert.ok(seen.has(wanted), `${wanted} in force at last: ${[...seen].at(-1)}`)
      const bodies = new Set([...seen].map((one) => one.split(' ')[1]))
      assert.equal(bodies.size, 4, 'each endpoint of each service had its turn')
      t.diagnostic(`${load.requestCount} requests, ${changeCount} changes, 0 failed`)
    },
  )
