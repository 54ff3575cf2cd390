import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { compileMesh, grpcBootstrap } from '@quadrant/govern/mesh'
import { PolicyWorkspace } from '@quadrant/govern/policy'
import { Programmer } from '@quadrant/govern/programming'
import { GuestProgram, guestMissing } from '../../quadrants/observe/src/testing/guest-program.ts'
import { serveXds } from './xds-envoy.ts'

const CALLS = process.env['QUADRANT_E2E'] === 'full' ? 50_000 : 3000
const CHANGE_MS = 60

/** What the client counts. */
interface Report {
  readonly calls: number
  readonly failed: number
  readonly error: string
  readonly name: string
}

interface State {
  readonly service: 'cart' | 'next'
  readonly endpoint: 0 | 1
}

function documentsOf({ service, endpoint }: State, ports: readonly number[]): string {
  const services = ['cart', 'next'].map(
    (name, index) => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { ports: [{ name: grpc, port: 8080, appProtocol: kubernetes.io/h2c }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}, namespace: shop, labels: { kubernetes.io/service-name: ${name} } }
ports: [{ name: grpc, port: ${ports[index * 2 + endpoint]} }]
endpoints: [{ addresses: [127.0.0.1] }]
---
`,
  )
  return `${services.join('')}apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: cart, namespace: shop }
spec:
  parentRefs: [{ group: '', kind: Service, name: cart }]
  rules: [{ backendRefs: [{ name: ${service}, port: 8080 }] }]
`
}

test(
  'a gRPC client without a proxy follows endpoints with no failed call, and routes',
  { skip: guestMissing('xdspeer'), timeout: 240_000 },
  async (t) => {
    using program = new GuestProgram('xdspeer')
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-proxyless-'))
    t.after(() => rmSync(folder, { recursive: true }))
    await using served = await serveXds(['mesh'])
    await using programmer = new Programmer({ xds: served.xds })
    const servers = spawn(program.program, ['serve', 'cart0', 'cart1', 'next0', 'next1'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    t.after(() => servers.kill('SIGKILL'))
    const [line] = (await once(createInterface({ input: servers.stdout }), 'line')) as [string]
    const ports = JSON.parse(line) as readonly number[]
    let state: State = { service: 'cart', endpoint: 0 }
    const serve = () => {
      const workspace = new PolicyWorkspace()
      workspace.setFile('shop.yaml', documentsOf(state, ports))
      const { program: resources, problems } = compileMesh(workspace.world())
      assert.deepEqual(
        [problems, workspace.findings().filter(({ severity }) => severity === 'error')],
        [[], []],
      )
      programmer.program(resources)
    }
    serve()
    const bootstrap = join(folder, 'grpc.json')
    writeFileSync(
      bootstrap,
      JSON.stringify(grpcBootstrap({ id: 'client', server: { host: '127.0.0.1', port: served.port } })),
    )
    const client = spawn(program.program, ['call', 'xds:///cart.shop:8080'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, GRPC_XDS_BOOTSTRAP: bootstrap },
    })
    t.after(() => client.kill('SIGKILL'))
    const told = follow(client)
    const until = async (condition: (report: Report) => boolean, what: string) => {
      const end = performance.now() + 10_000
      while (!condition(told.last)) {
        if (performance.now() > end) throw new Error(`not in time: ${what}; ${JSON.stringify(told.last)}`)
        await sleep(5)
      }
    }
    await until(({ name }) => name === 'cart0', 'the first answer')
    let changeCount = 0
    while (told.last.calls < CALLS) {
      state = { service: state.service, endpoint: state.endpoint === 0 ? 1 : 0 }
      serve()
      await until(({ name }) => name === `cart${state.endpoint}`, `change ${++changeCount}`)
      await sleep(CHANGE_MS)
    }
    const { calls, failed, error } = told.last
    assert.deepEqual([failed, error], [0, ''])
    // Not without failures: gRPC for Go 1.85 may pick a cluster that it has no balancer of yet.
    for (const service of ['next', 'cart'] as const) {
      state = { service, endpoint: state.endpoint }
      serve()
      await until(({ name }) => name === `${service}${state.endpoint}`, `the route to ${service}`)
    }
    client.stdin.end()
    await once(client, 'exit')
    assert.deepEqual(programmer.refusals(), [])
    t.diagnostic(`${calls} calls, ${changeCount} changes of endpoints, 0 failed`)
  },
)

function follow(client: ChildProcess): { last: Report } {
  const told = { last: { calls: 0, failed: 0, error: '', name: '' } }
  createInterface({ input: client.stdout! }).on('line', (line) => (told.last = JSON.parse(line) as Report))
  return told
}
