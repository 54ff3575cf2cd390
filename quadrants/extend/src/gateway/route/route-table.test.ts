import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import fc from 'fast-check'
import type { PathMatch, RouteSpec, VirtualHostSpec } from '../config/route-spec.ts'
import { routeSpecOf, virtualHostOf } from '../testing/gateway-spec.ts'
import { compileRoutes } from './compile-routes.ts'
import { pickCluster } from './weighted-cluster.ts'

function request(path: string, more: Readonly<Record<string, string>> = {}): HeaderMap {
  const { authority = 'shop.example', method = 'GET', ...fields } = more
  return HeaderMap.of([
    [':method', method],
    [':scheme', 'http'],
    [':authority', authority],
    [':path', path],
    ...Object.entries(fields),
  ])
}

function hostWith(domains: readonly string[], name: string): VirtualHostSpec {
  return { ...virtualHostOf(`[{ name: ${name}, match: { prefix: / }, respond: }]`), name, domains }
}

const DOMAINS: readonly (readonly [authority: string, route: string | undefined])[] = [
  ['shop.example', 'exact'],
  ['SHOP.example:8080', 'exact'],
  ['shop.example.', 'exact'],
  ['a.shop.example', 'shops'],
  ['a.b.shop.example', 'shops'],
  ['x.example', 'example'],
  ['.example', undefined],
  ['example', undefined],
  ['shop.test', 'prefix'],
  ['shop.example.test', 'longer'],
  ['shop.', undefined],
  ['[::1]:80', 'six'],
  ['[::1]', 'six'],
  ['', undefined],
]

test('the longest domain has the request: itself, then *suffix, then prefix*', () => {
  const hosts = [
    hostWith(['*.example'], 'example'),
    hostWith(['*.shop.example'], 'shops'),
    hostWith(['shop.example'], 'exact'),
    hostWith(['shop.*'], 'prefix'),
    hostWith(['shop.example.*'], 'longer'),
    hostWith(['[::1]'], 'six'),
  ]
  const table = compileRoutes(hosts)
  for (const [authority, route] of DOMAINS)
    assert.equal(table.match(request('/', { authority }))?.name, route, authority)
  const withRest = compileRoutes([...hosts, hostWith(['*'], 'rest')])
  for (const [authority, route] of DOMAINS)
    assert.equal(withRest.match(request('/', { authority }))?.name, route ?? 'rest', authority)
})

const MATCHES: readonly (readonly [
  match: string,
  matching: readonly HeaderMap[],
  others: readonly HeaderMap[],
])[] = [
  ['path: /a', [request('/a'), request('/a?x')], [request('/a/'), request('/A'), request('/')]],
  ['prefix: /a', [request('/a'), request('/a/b'), request('/a?b')], [request('/ab'), request('/')]],
  ['prefix: /a, segment: false', [request('/a'), request('/ab')], [request('/b')]],
  ['prefix: /a/', [request('/a/'), request('/a/b')], [request('/a')]],
  ['prefix: /', [request('/'), request('/x')], []],
  ['prefix: /A, ignore_case: true', [request('/a/b'), request('/A')], [request('/b')]],
  ['path: /a, ignore_case: true', [request('/A')], [request('/A/')]],
  ["regex: '/v\\d/.*'", [request('/v1/x?y')], [request('/v1'), request('/x/v1/')]],
  ['prefix: /, methods: [GET, PUT]', [request('/')], [request('/', { method: 'POST' })]],
  [
    'prefix: /, headers: [{ name: x, exact: a }]',
    [request('/', { x: 'a' })],
    [request('/'), request('/', { x: 'A' })],
  ],
  [
    'prefix: /, headers: [{ name: x, exact: a, ignore_case: true }]',
    [request('/', { x: 'A' })],
    [request('/')],
  ],
  ['prefix: /, headers: [{ name: x, prefix: a }]', [request('/', { x: 'ab' })], [request('/', { x: 'ba' })]],
  ['prefix: /, headers: [{ name: x, suffix: a }]', [request('/', { x: 'ba' })], [request('/', { x: 'ab' })]],
  [
    'prefix: /, headers: [{ name: x, contains: a }]',
    [request('/', { x: 'bab' })],
    [request('/', { x: 'b' })],
  ],
  [
    "prefix: /, headers: [{ name: x, regex: 'a+' }]",
    [request('/', { x: 'aa' })],
    [request('/', { x: 'ab' })],
  ],
  ['prefix: /, headers: [{ name: x, present: true }]', [request('/', { x: '' })], [request('/')]],
  ['prefix: /, headers: [{ name: x, present: false }]', [request('/')], [request('/', { x: '' })]],
  // As in Envoy: inverted or not, what is not there does not match.
  [
    'prefix: /, headers: [{ name: x, exact: a, invert: true }]',
    [request('/', { x: 'b' })],
    [request('/'), request('/', { x: 'a' })],
  ],
  [
    'prefix: /, headers: [{ name: x, range: { start: -1, end: 10 } }]',
    [request('/', { x: '-1' }), request('/', { x: '9' })],
    [request('/', { x: '10' }), request('/', { x: '9.5' }), request('/', { x: '' }), request('/')],
  ],
  [
    'prefix: /, query: [{ name: q, exact: a }]',
    [request('/?q=a'), request('/?b&q=a&q=c')],
    [request('/?q=b&q=a'), request('/?qq=a'), request('/?q')],
  ],
  [
    'prefix: /, query: [{ name: q, present: true }]',
    [request('/?q'), request('/?x=1&q=')],
    [request('/'), request('/?qx'), request('/?x=q')],
  ],
]

for (const [match, matching, others] of MATCHES)
  test(`{ ${match} } has what it should, and nothing else`, () => {
    const table = compileRoutes([virtualHostOf(`[{ name: route, match: { ${match} }, respond: }]`)])
    for (const headers of matching)
      assert.equal(table.match(headers)?.name, 'route', JSON.stringify([...headers]))
    for (const headers of others) assert.equal(table.match(headers), undefined, JSON.stringify([...headers]))
  })

test('several fields of a name are one', () => {
  const table = compileRoutes([
    virtualHostOf("[{ name: r, match: { prefix: /, headers: [{ name: x, exact: 'a,b' }] }, respond: }]"),
  ])
  const headers = request('/', { x: 'a' })
  headers.append('x', 'b')
  assert.equal(table.match(headers)?.name, 'r')
})

const NOTHING = routeSpecOf('match: { prefix: / }, respond:')
const segment = fc.constantFrom('a', 'b', 'ab', 'A', '')
const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`)
const pathMatch: fc.Arbitrary<PathMatch> = fc.oneof(
  { weight: 3, arbitrary: path.map((path) => ({ kind: 'exact' as const, path })) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('prefix' as const), path, isSegment: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('/a.*', '/[ab]+/?', '.*b', '/')
      .map((pattern) => ({ kind: 'regex' as const, pattern })),
  },
)
const routeSpec: fc.Arbitrary<RouteSpec> = fc
  .record({
    path: pathMatch,
    isCaseSensitive: fc.boolean(),
    methods: fc.subarray(['GET', 'POST'], { maxLength: 1 }),
    hasHeader: fc.constantFrom(false, false, true),
  })
  .map(({ hasHeader, ...match }) =>
    Object.assign({}, NOTHING, {
      match: {
        ...match,
        query: [],
        headers: hasHeader ? [{ name: 'x', value: undefined, isInverted: false }] : [],
      },
    }),
  )

/** The definition: one after the other, until one fits. */
function firstInOrder(routes: readonly RouteSpec[], headers: HeaderMap): number {
  const target = headers.get(':path')!
  return routes.findIndex(({ match }) => {
    const fold = (text: string) => (match.isCaseSensitive ? text : text.toLowerCase())
    const asked = fold(target.split('?', 1)[0]!)
    if (match.methods.length > 0 && !match.methods.includes(headers.get(':method')!)) return false
    if (match.headers.length > 0 && !headers.has('x')) return false
    const { path: own } = match
    switch (own.kind) {
      case 'exact':
        return asked === fold(own.path)
      case 'regex':
        return new RegExp(`^(?:${own.pattern})$`).test(target.split('?', 1)[0]!)
      case 'prefix':
        return (
          asked.startsWith(fold(own.path)) &&
          (!own.isSegment || own.path.endsWith('/') || ['/', ''].includes(asked.charAt(own.path.length)))
        )
    }
  })
}

test('whatever the routes are, the first in order has the request', () => {
  fc.assert(
    fc.property(
      fc.array(routeSpec, { maxLength: 40 }),
      fc.array(fc.tuple(path, fc.constantFrom('GET', 'POST'), fc.boolean(), fc.constantFrom('', '?a', '?')), {
        maxLength: 20,
      }),
      (specs, requests) => {
        const routes = specs.map((spec, index) => ({ ...spec, name: `r${index}` }))
        const table = compileRoutes([{ ...hostWith(['*'], 'host'), routes }])
        for (const [target, method, hasHeader, query] of requests) {
          const headers = request(target + query, { method, ...(hasHeader ? { x: '1' } : {}) })
          const order = firstInOrder(routes, headers)
          assert.equal(table.match(headers)?.name, order === -1 ? undefined : `r${order}`, target)
        }
      },
    ),
    { seed: 11, numRuns: 1000 },
  )
})

test('a route with a pattern that cannot be used is refused when it is compiled', () => {
  const spec = { ...NOTHING, match: { ...NOTHING.match, path: { kind: 'regex' as const, pattern: '(' } } }
  assert.throws(() => compileRoutes([{ ...hostWith(['*'], 'h'), routes: [spec] }]), { code: 'argument' })
})

test('clusters get requests by their weights', () => {
  const { action } = routeSpecOf(
    'match: { prefix: / }, forward: { clusters: [{ name: a, weight: 3 }, { name: b, weight: 0 }, { name: c }] }',
  )
  assert.ok(action.kind === 'forward')
  const counts: Record<string, number> = {}
  for (let step = 0; step < 1000; step++) {
    const cluster = pickCluster(action, () => step / 1000)
    counts[cluster] = (counts[cluster] ?? 0) + 1
  }
  assert.deepEqual(counts, { a: 750, c: 250 })
})
