import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { compileEnvoy, encodeEnvoy } from '@quadrant/govern/envoy'
import { PolicyWorkspace } from '@quadrant/govern/policy'
import { errorOrigin, Programmer, type ProgramResource } from '@quadrant/govern/programming'
import { NEEDS_ENVOY } from '../filters/envoy.ts'
import { freePort } from '../free-port.ts'
import { echoBackends } from './compared-decision.ts'
import { servedResources, XdsEnvoy } from './xds-envoy.ts'

const FILE = 'shop.yaml'

const gateway = (name: string, port: number) => `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: ${name}, namespace: shop }
spec:
  gatewayClassName: quadrant
  listeners: [{ name: http, port: ${port}, protocol: HTTP }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name}, namespace: shop }
spec:
  parentRefs: [{ name: ${name} }]
  rules: [{ backendRefs: [{ name: cart, port: 8080 }] }]
---
`

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { ports: [{ port: 8080 }] }
---
`

const header = (route: string, value: string) => `apiVersion: quadrant.dev/v1
kind: HeaderPolicy
metadata: { name: ${route}, namespace: shop }
spec:
  targetRefs: [{ kind: HTTPRoute, name: ${route} }]
  response: { set: [{ name: x-version, value: '${value}' }] }
---
`

/** It passes all checks, and Envoy wants a key in it. */
const BAD_KEYS = `apiVersion: quadrant.dev/v1
kind: JwtPolicy
metadata: { name: login, namespace: shop }
spec:
  targetRefs: [{ kind: HTTPRoute, name: web0 }]
  providers:
    - name: broken-keys
      issuer: me
      keys: { type: Inline, inline: '{"keys": []}' }
---
`

function programOf(documents: string, ports: ReadonlyMap<string, number>) {
  const workspace = new PolicyWorkspace()
  workspace.setFile(FILE, documents)
  assert.deepEqual(
    workspace.findings().filter(({ severity }) => severity === 'error'),
    [],
  )
  const program: ProgramResource[] = workspace.ir().gateways.flatMap((one) => {
    const { value, problems } = compileEnvoy(one, { address: '127.0.0.1' })
    assert.deepEqual(problems, [])
    const { resources, sources } = value!
    const messages = new Map(
      resources.map(({ type, name, message }) => [`type.googleapis.com/${type} ${name}`, message]),
    )
    return servedResources(value!, (cluster) => ports.get(cluster)!).map((resource): ProgramResource => {
      const message = messages.get(`${resource.typeUrl} ${resource.name}`)
      return { resource, originOf: (error) => message && errorOrigin(message, error, sources) }
    })
  })
  // Endpoints are those of all gateways.
  return {
    workspace,
    program: [
      ...new Map(program.map((one) => [`${one.resource.typeUrl} ${one.resource.name}`, one])).values(),
    ],
  }
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 10_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`)
    await sleep(10)
  }
}

for (const isDelta of [true, false])
  test(
    `what Envoy refuses is found, all else goes on, and removal heals it (${isDelta ? 'incremental' : 'state of the world'})`,
    { ...NEEDS_ENVOY, timeout: 60_000 },
    async (t) => {
      const ports = await echoBackends(t)
      await using envoy = await XdsEnvoy.start({ isDelta })
      await using programmer = new Programmer({ xds: envoy.xds })
      const listening = await Promise.all(Array.from({ length: 5 }, freePort))
      const gateways = listening.map((port, index) => gateway(`web${index}`, port)).join('')
      const all = (version: string) => listening.map((_, index) => header(`web${index}`, version)).join('')
      const versionAt = async (index: number) => {
        try {
          const answer = await fetch(`http://127.0.0.1:${listening[index]}/`)
          return `${answer.status} ${answer.headers.get('x-version')}`
        } catch {
          return 'none'
        }
      }
      const serve = (documents: string) => {
        const { workspace, program } = programOf(SERVICE + gateways + documents, ports)
        programmer.program(program)
        return workspace
      }
      serve(all('one'))
      for (const index of listening.keys())
        await until(async () => (await versionAt(index)) === '200 one', `web${index}`)

      const workspace = serve(all('two') + BAD_KEYS)
      await until(() => programmer.refusals().length > 0, 'a refusal')
      for (const index of listening.keys())
        if (index > 0)
          await until(async () => (await versionAt(index)) === '200 two', `web${index} of the change`)
      const [refusal, ...others] = programmer.refusals()
      assert.deepEqual(others, [])
      assert.deepEqual([refusal!.nodes, refusal!.isOlderServed], [['envoy'], true])
      assert.match(refusal!.error, /jwks/i)
      const place = workspace.locate(refusal!.origin!)!
      const line = workspace.text(FILE)!.split('\n')[place.line - 1]!
      assert.equal(place.file, FILE)
      assert.equal(line.slice(0, place.column + 3), '    - name')
      assert.match(await versionAt(0), /^200 /, 'the listener before goes on')

      serve(all('three'))
      await until(() => programmer.refusals().length === 0, 'healing')
      for (const index of listening.keys())
        await until(async () => (await versionAt(index)) === '200 three', `web${index} healed`)
    },
  )

test(
  'of many in a response that is refused as a whole the one at fault is found',
  { ...NEEDS_ENVOY, timeout: 60_000 },
  async () => {
    await using envoy = await XdsEnvoy.start()
    await using programmer = new Programmer({ xds: envoy.xds })
    const cluster = (name: string, timeout: string): ProgramResource => ({
      resource: encodeEnvoy('envoy.config.cluster.v3.Cluster', {
        name,
        type: 'STATIC',
        connect_timeout: timeout,
        load_assignment: { cluster_name: name },
      }),
      originOf: () => ({ resource: { group: '', kind: 'Service', namespace: 'shop', name }, path: [] }),
    })
    const good = Array.from({ length: 40 }, (_, index) => cluster(`good${index}`, '1s'))
    // Envoy’s rules ask for more than 0, and it does not say whose it is.
    programmer.program([...good.slice(0, 23), cluster('bad', '0s'), ...good.slice(23)])
    await until(() => programmer.refusals().length > 0, 'a refusal')
    const active = async () =>
      new Set(
        (await envoy.envoy.admin('/clusters'))
          .split('\n')
          .flatMap((line) => /^(\w+)::/.exec(line)?.[1] ?? []),
      )
    await until(async () => (await active()).size === 41, 'all good clusters and that of xDS')
    assert.deepEqual(
      programmer.refusals().map(({ name, nodes, isOlderServed }) => [name, nodes, isOlderServed]),
      [['bad', ['envoy'], false]],
    )
    programmer.program([...good, cluster('bad', '2s')])
    await until(async () => (await active()).has('bad'), 'another version of it')
    assert.deepEqual(programmer.refusals(), [])
  },
)
