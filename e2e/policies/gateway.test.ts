import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { policyGateway } from './policy-gateway.ts'

const BASE = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web, namespace: shop }
spec:
  gatewayClassName: quadrant
  listeners: [{ name: http, port: 80, protocol: HTTP }]
---
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { ports: [{ name: http, port: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: next, namespace: shop }
spec: { ports: [{ name: http, port: 8080 }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: cart, namespace: shop }
spec:
  parentRefs: [{ name: web }]
  hostnames: [shop.example]
  rules:
    - name: cart
      matches: [{ path: { value: /cart } }]
      backendRefs: [{ name: cart, port: 8080 }]
`

const policy = (kind: string, rules: string) => `---
apiVersion: quadrant.dev/v1
kind: ${kind}
metadata: { name: one, namespace: shop }
spec: { targetRefs: [{ kind: HTTPRoute, name: cart }], ${rules} }
`

async function world(t: TestContext, documents: string) {
  const seen: string[] = []
  const endpoints = new Map<string, number>()
  for (const name of ['cart', 'next']) {
    const server = createServer((request, response) => {
      seen.push(`${name} ${request.method} ${request.url} ${String(request.headers['x-a'] ?? '-')}`)
      if (request.url?.startsWith('/cart/slow')) setTimeout(() => response.end(name), 300)
      else if (request.url?.startsWith('/cart/fail') && seen.length === 1) response.writeHead(503).end()
      else response.end(name)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    t.after(() => server.close())
    endpoints.set(`shop/${name}/8080`, (server.address() as AddressInfo).port)
  }
  const { port, gateway } = await policyGateway(t, BASE + documents, {
    endpointsOf: (cluster) => [{ address: '127.0.0.1', port: endpoints.get(cluster)! }],
  })
  const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const { status, body, fields } = await requestOnce(
      port,
      path,
      { host: 'shop.example', ...headers },
      method,
    )
    return { status, body, fields }
  }
  return { ask, seen, gateway }
}

async function requestOnce(port: number, path: string, headers: Record<string, string>, method: string) {
  return await new Promise<{ status: number; body: string; fields: Record<string, unknown> }>(
    (resolve, reject) => {
      request({ port, host: '127.0.0.1', path, headers, method }, (answer) => {
        let body = ''
        answer.setEncoding('utf8').on('data', (text: string) => (body += text))
        answer.on('end', () => resolve({ status: answer.statusCode!, body, fields: answer.headers }))
      })
        .on('error', reject)
        .end()
    },
  )
}

test('a route without policies', async (t) => {
  const { ask } = await world(t, '')
  assert.deepEqual(
    [(await ask('/cart')).body, (await ask('/cart/1')).status, (await ask('/carts')).status],
    ['cart', 200, 404],
  )
  assert.equal((await ask('/cart', { host: 'other.example' })).status, 404)
})

test('AuthorizationPolicy', async (t) => {
  const { ask } = await world(
    t,
    policy(
      'AuthorizationPolicy',
      `rules: [{ name: get, action: Allow, when: "request.method == 'GET'" }, { name: secret, action: Deny, matches: [{ path: { value: /cart/secret } }] }]`,
    ),
  )
  assert.deepEqual(
    [
      (await ask('/cart')).status,
      (await ask('/cart', {}, 'POST')).status,
      (await ask('/cart/secret/1')).status,
    ],
    [200, 403, 403],
  )
})

test('RateLimitPolicy', async (t) => {
  const { ask } = await world(
    t,
    policy(
      'RateLimitPolicy',
      `limits: [{ name: each, requests: 1, window: 1h, by: [{ type: Header, header: { name: X-Tenant } }] }], response: { status: 430 }`,
    ),
  )
  const statuses: number[] = []
  for (const tenant of ['a', 'a', 'b']) statuses.push((await ask('/cart', { 'x-tenant': tenant })).status)
  assert.deepEqual(statuses, [200, 430, 200])
})

test('HeaderPolicy', async (t) => {
  const { ask, seen } = await world(
    t,
    policy(
      'HeaderPolicy',
      `request: { set: [{ name: X-A, value: '100%' }] }, response: { add: [{ name: x-b, value: b }] }`,
    ),
  )
  assert.equal((await ask('/cart', { 'x-a': 'other' })).fields['x-b'], 'b')
  assert.equal(seen[0], 'cart GET /cart 100%')
})

test('FaultPolicy and TimeoutPolicy', async (t) => {
  const { ask } = await world(
    t,
    policy('FaultPolicy', `abort: { httpStatus: 418 }, when: "request.headers['x-chaos'] == '1'"`) +
      policy('TimeoutPolicy', 'request: 100ms'),
  )
  assert.deepEqual(
    [
      (await ask('/cart', { 'x-chaos': '1' })).status,
      (await ask('/cart')).status,
      (await ask('/cart/slow')).status,
    ],
    [418, 200, 504],
  )
})

test('RetryPolicy', async (t) => {
  const { ask, seen } = await world(
    t,
    policy('RetryPolicy', 'attempts: 1, on: [GatewayError], backoff: { base: 1ms }'),
  )
  assert.equal((await ask('/cart/fail')).status, 200)
  assert.equal(seen.length, 2)
})

test('TrafficSplitPolicy for some requests, and MirrorPolicy', async (t) => {
  const { ask, seen } = await world(
    t,
    policy(
      'TrafficSplitPolicy',
      `backends: [{ name: next, port: 8080 }], matches: [{ path: { value: / }, headers: [{ name: x-beta, value: 'yes' }] }]`,
    ) +
      policy(
        'MirrorPolicy',
        `mirrors: [{ backendRef: { name: next, port: 8080 } }], when: "request.method == 'PUT'"`,
      ),
  )
  assert.deepEqual(
    [(await ask('/cart', { 'x-beta': 'yes' })).body, (await ask('/cart')).body],
    ['next', 'cart'],
  )
  assert.equal((await ask('/cart', {}, 'PUT')).body, 'cart')
  while (seen.length < 4) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual(seen.slice(2).toSorted(), ['cart PUT /cart -', 'next PUT /cart -'])
})
