import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GatewayIr, Ir } from '../ir/gateway.ts'
import type { Origin } from '../ir/origin.ts'
import type { RouteIr } from '../ir/route.ts'
import { PolicyWorkspace } from '../policy/policy-workspace.ts'

const GATEWAY = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web, namespace: shop }
spec:
  gatewayClassName: quadrant
  listeners:
    - { name: http, port: 80, protocol: HTTP }
    - { name: own, port: 8080, protocol: HTTP, hostname: '*.shop.example' }
`
const SERVICE = (name: string, more = '') => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { ports: [{ name: http, port: 8080${more} }] }
`

function workspaceOf(...documents: readonly string[]): PolicyWorkspace {
  const workspace = new PolicyWorkspace()
  workspace.setFile('a.yaml', documents.join('---\n'))
  const errors = workspace.findings().filter(({ severity }) => severity === 'error')
  assert.deepEqual(errors, [])
  return workspace
}

function irOf(...documents: readonly string[]): Ir {
  return workspaceOf(
    GATEWAY,
    SERVICE('cart'),
    SERVICE('next', ', appProtocol: kubernetes.io/h2c'),
    ...documents,
  ).ir()
}

function route(name: string, spec: string): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name}, namespace: shop }
spec:
  parentRefs: [{ name: web, sectionName: http }]
${spec.replaceAll(/^/gm, '  ')}
`
}

function policy(kind: string, name: string, spec: string): string {
  return `apiVersion: quadrant.dev/v1
kind: ${kind}
metadata: { name: ${name}, namespace: shop }
spec: ${spec}
`
}

function routesOf({ gateways }: Ir, hostname = '*'): readonly RouteIr[] {
  const [listener] = gateways[0]!.listeners
  return listener!.virtualHosts.find((host) => host.hostname === hostname)?.routes ?? []
}

const CART = 'backendRefs: [{ name: cart, port: 8080 }]'

test('routes stand in the order in which Gateway API has them', () => {
  const ir = irOf(
    route(
      'a',
      `rules:
  - ${CART}
  - { name: long, matches: [{ path: { value: /shop/cart } }], ${CART} }
  - { name: get, matches: [{ path: { value: /shop }, method: GET }], ${CART} }
  - { name: plain, matches: [{ path: { value: /shop/ } }], ${CART} }
  - { name: regex, matches: [{ path: { type: RegularExpression, value: '/s.*' } }], ${CART} }
  - { name: headers, matches: [{ path: { value: /shop }, headers: [{ name: X-A, value: '1' }] }], ${CART} }
  - { name: exact, matches: [{ path: { type: Exact, value: /shop } }], ${CART} }`,
    ),
  )
  assert.deepEqual(
    routesOf(ir).map(({ ruleName }) => ruleName),
    ['exact', 'long', 'get', 'headers', 'plain', 'regex', undefined],
  )
  assert.deepEqual(routesOf(ir)[3]!.match.headers, [{ name: 'x-a', value: { kind: 'exact', value: '1' } }])
})

test('a virtual host is what a listener and a route have in common', () => {
  const ir = irOf(
    route('a', `hostnames: [a.shop.example, '*.example', b.example]\nrules: [{ ${CART} }]`).replace(
      ', sectionName: http',
      '',
    ),
  )
  assert.deepEqual(
    ir.gateways[0]!.listeners.map(({ virtualHosts }) => virtualHosts.map(({ hostname }) => hostname)),
    [
      ['*.example', 'a.shop.example', 'b.example'],
      ['*.shop.example', 'a.shop.example'],
    ],
  )
})

interface MergeRow {
  readonly name: string
  readonly policies: readonly string[]
  /** Value, level and who lost and why. */
  readonly request?: readonly unknown[]
  readonly idle?: readonly unknown[]
}

const T = (name: string, spec: string) => policy('TimeoutPolicy', name, spec)
const ON = {
  gateway: 'targetRefs: [{ kind: Gateway, name: web }]',
  listener: 'targetRefs: [{ kind: Gateway, name: web, sectionName: http }]',
  route: 'targetRefs: [{ kind: HTTPRoute, name: a }]',
  rule: 'targetRefs: [{ kind: HTTPRoute, name: a, sectionName: one }]',
  service: "targetRefs: [{ group: '', kind: Service, name: cart }]",
  port: "targetRefs: [{ group: '', kind: Service, name: cart, sectionName: http }]",
}

const MERGES: readonly MergeRow[] = [
  { name: 'nobody: the base', policies: [], request: ['15s', undefined], idle: ['5m', undefined] },
  {
    name: 'defaults: the narrower wins, each rule for itself',
    policies: [T('g', `{ ${ON.gateway}, request: 9s, idle: 9m }`), T('r', `{ ${ON.route}, request: 2s }`)],
    request: ['2s', 'Route', 'g narrower'],
    idle: ['9m', 'Gateway'],
  },
  {
    name: 'overrides: the wider wins',
    policies: [
      T('g', `{ ${ON.gateway}, overrides: { request: 9s } }`),
      T('l', `{ ${ON.listener}, overrides: { request: 8s } }`),
      T('p', `{ ${ON.port}, request: 1s, idle: 1m }`),
    ],
    request: ['9s', 'Gateway', 'l overridden', 'p overridden'],
    idle: ['1m', 'Port'],
  },
  {
    name: 'all levels',
    policies: Object.entries(ON).map(([name, on], index) => T(name, `{ ${on}, request: ${index + 1}s }`)),
    request: [
      '6s',
      'Port',
      'gateway narrower',
      'listener narrower',
      'route narrower',
      'rule narrower',
      'service narrower',
    ],
  },
  {
    name: 'one level: the first by name',
    policies: [T('b', `{ ${ON.route}, request: 2s, idle: 2m }`), T('a', `{ ${ON.route}, request: 1s }`)],
    request: ['1s', 'Route', 'b precedence'],
    idle: ['2m', 'Route'],
  },
  {
    name: 'an atomic override leaves nothing of others',
    policies: [
      T('g', `{ ${ON.gateway}, overrides: { strategy: Atomic, request: 9s } }`),
      T('r', `{ ${ON.route}, request: 1s, idle: 1m }`),
    ],
    request: ['9s', 'Gateway', 'r overridden'],
    idle: ['5m', undefined, 'r atomic'],
  },
  {
    name: 'an atomic default is in force as a whole, or not at all',
    policies: [
      T('g', `{ ${ON.gateway}, defaults: { strategy: Atomic, request: 9s, idle: 9m } }`),
      T('r', `{ ${ON.route}, request: 1s }`),
    ],
    request: ['1s', 'Route', 'g narrower'],
    idle: ['5m', undefined, 'g atomic'],
  },
]

for (const row of MERGES)
  test(`what is in force: ${row.name}`, () => {
    const ir = irOf(route('a', `rules: [{ name: one, ${CART} }]`), ...row.policies)
    const { action } = routesOf(ir)[0]!
    assert.ok(action.kind === 'forward')
    const { TimeoutPolicy: timeouts } = action.backends[0]!.policies
    for (const rule of ['request', 'idle'] as const) {
      if (!row[rule]) continue
      const { value, claim, lost } = timeouts![rule]!
      const losers = lost.map(({ origin, reason }) => `${origin.resource.name} ${reason}`).toSorted()
      assert.deepEqual([value, claim?.level, ...losers], row[rule])
    }
  })

test('what a rule says itself is said at its level', () => {
  const ir = irOf(
    route(
      'a',
      `rules: [{ name: one, ${CART}, timeouts: { request: 4s }, retry: { attempts: 2, codes: [503] } }]`,
    ),
    T('g', `{ ${ON.gateway}, request: 9s }`),
    T('rule', `{ ${ON.rule}, request: 8s }`),
  )
  const { policies } = routesOf(ir)[0]!
  assert.equal(policies.TimeoutPolicy!.request!.value, '4s')
  assert.deepEqual(policies.TimeoutPolicy!.request!.claim!.origin.path, [
    'spec',
    'rules',
    0,
    'timeouts',
    'request',
  ])
  assert.deepEqual([policies.RetryPolicy!.attempts!.value, policies.RetryPolicy!.codes!.value], [2, [503]])
})

test('a split is instead of the backends of a route; one with a condition comes first', () => {
  const backends = 'backends: [{ name: cart, port: 8080, weight: 9 }, { name: next, port: 8080 }]'
  const whole = irOf(
    route('a', `rules: [{ ${CART} }]`),
    policy('TrafficSplitPolicy', 's', `{ ${ON.route}, ${backends} }`),
  )
  const [only] = routesOf(whole)
  assert.ok(only?.action.kind === 'forward')
  assert.deepEqual(
    only.action.backends.map(({ cluster, weight }) => [cluster, weight]),
    [
      ['shop/cart/8080', 9],
      ['shop/next/8080', 1],
    ],
  )
  const some = irOf(
    route('a', `rules: [{ ${CART} }]`),
    policy(
      'TrafficSplitPolicy',
      's',
      `{ ${ON.route}, ${backends}, when: "request.method == 'GET'", sticky: { type: Cookie, name: c, ttl: 1h } }`,
    ),
  )
  const [first, second] = routesOf(some)
  assert.deepEqual([first!.name, second!.name], ['http/shop/a/0/0/split', 'http/shop/a/0/0'])
  assert.equal(first!.condition!.when, "request.method == 'GET'")
  assert.ok(first!.action.kind === 'forward' && second!.action.kind === 'forward')
  assert.deepEqual([first!.action.sticky!.ttlMs, second!.action.backends.length], [3_600_000, 1])
  assert.deepEqual(
    some.gateways[0]!.clusters.map(({ name, protocol }) => [name, protocol]),
    [
      ['shop/cart/8080', 'http1'],
      ['shop/next/8080', 'http2'],
    ],
  )
})

test('everything knows where it was said', () => {
  const workspace = workspaceOf(
    GATEWAY,
    SERVICE('cart'),
    route('a', `rules: [{ name: one, ${CART} }]`),
    T('r', `{ ${ON.route}, request: 2s }`),
  )
  const gateway: GatewayIr = workspace.ir().gateways[0]!
  const [one] = gateway.listeners[0]!.virtualHosts[0]!.routes
  const lines = workspace.text('a.yaml')!.split('\n')
  const shown = (origin: Origin) => {
    const { line, column, endColumn } = workspace.locate(origin)!
    return lines[line - 1]!.slice(column - 1, endColumn - 1)
  }
  assert.equal(shown(one!.policies.TimeoutPolicy!.request!.claim!.origin), '2s')
  assert.equal(shown(gateway.clusters[0]!.origin), 'name')
})
