import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { CliError } from '../cli-error.ts'
import { memoryContext } from '../testing/memory-context.ts'
import { runMeshBootstrap } from './bootstrap.ts'
import { hostPort } from './host-port.ts'
import { runProxies } from './proxies.ts'
import { runMeshServe } from './serve.ts'

const SHOP = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web, namespace: shop }
spec:
  gatewayClassName: quadrant
  listeners: [{ name: http, port: 80, protocol: HTTP }]
---
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { ports: [{ port: 8080 }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: cart, namespace: shop }
spec:
  parentRefs: [{ name: web }]
  rules: [{ backendRefs: [{ name: cart, port: 8080 }] }]
`

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { readonly port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`)
    await sleep(10)
  }
}

test('mesh serve follows its files, keeps what was right, and says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-mesh-'))
  const ending = new AbortController()
  const context = memoryContext({ signal: ending.signal })
  const [listen, status] = [await freePort(), await freePort()].map((port) => ({ host: '127.0.0.1', port }))
  try {
    const file = join(folder, 'shop.yaml')
    writeFileSync(file, SHOP)
    const serving = runMeshServe(context, { policies: [folder], listen: listen!, status: status! })
    await until(() => context.err().includes('xDS for Envoy on'), 'serving')
    assert.match(context.err(), /^\d+ resources for 1 gateways\n/)

    const asked = memoryContext()
    await runProxies(asked, { server: status!, output: 'table' })
    assert.match(asked.out(), /no proxy is connected: .* mesh bootstrap --for envoy --gateway shop\/web\n$/)
    const json = memoryContext()
    await runProxies(json, { server: status!, output: 'json' })
    assert.deepEqual((JSON.parse(json.out()) as { gateways: unknown }).gateways, ['shop/web'])

    writeFileSync(file, SHOP.replace('name: cart, port: 8080', 'name: card, port: 8080'))
    await until(() => context.err().includes('not taken'), 'a mistake')
    assert.match(context.err(), /error\[POL034\] .*shop\.yaml:18:35 there is no Service shop\/card/)
    writeFileSync(
      file,
      SHOP.replace(
        'metadata: { name: cart, namespace: shop }\nspec:\n  parentRefs',
        'metadata: { name: cart, namespace: shop }\nspec:\n  hostnames: [shop.example]\n  parentRefs',
      ),
    )
    await until(
      () => context.err().split(' resources for 1 gateways').length === 3,
      'the next one that is right',
    )
    ending.abort()
    await serving
  } finally {
    ending.abort()
    rmSync(folder, { recursive: true })
  }
})

test('nobody else can be served without saying who they are', async () => {
  await assert.rejects(
    runMeshServe(memoryContext(), {
      policies: ['.'],
      listen: hostPort('0.0.0.0:18000'),
      status: hostPort('127.0.0.1:18001'),
    }),
    (error) => error instanceof CliError && error.code === 'QDR-C012',
  )
})

test('proxies: a control plane that is not there', async () => {
  const port = await freePort()
  await assert.rejects(
    runProxies(memoryContext(), { server: { host: '127.0.0.1', port }, output: 'table' }),
    (error) => error instanceof CliError && error.code === 'QDR-C002',
  )
})

test('bootstrap: an Envoy says of which Gateway it is', () => {
  const server = hostPort('127.0.0.1:18000')
  const context = memoryContext()
  runMeshBootstrap(context, { for: 'envoy', gateway: 'shop/web', id: 'one', server })
  const { node } = JSON.parse(context.out()) as { readonly node: unknown }
  assert.deepEqual(node, { id: 'one', cluster: 'shop/web' })
  assert.throws(
    () => runMeshBootstrap(memoryContext(), { for: 'envoy', server }),
    /--gateway NAMESPACE\/NAME/,
  )
})
