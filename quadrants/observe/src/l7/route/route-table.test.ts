import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { compileRouteRules } from './route-rule.ts'
import { ROUTES_PER_SERVICE_DEFAULT, RouteTable } from './route-table.ts'
import { OTHER_ROUTE } from './service-routes.ts'

/** The n-th of words without digits, which nothing but their number tells from words of an API. */
function nameOf(n: number): string {
  let text = ''
  for (let rest = n + 1; rest > 0; rest = Math.floor(rest / 20)) text += 'bcdfghjklmnpqrstvwxz'[rest % 20]!
  return `${text}o`
}

const names = (count: number, from = 0) => Array.from({ length: count }, (_, i) => nameOf(from + i))

test('obvious ids need no learning, words stay words', () => {
  const routes = new RouteTable().of('shop')
  assert.equal(routes.routeOf('/users/12'), '/users/{id}')
  assert.equal(routes.routeOf('/users/13?token=abc'), '/users/{id}')
  assert.equal(routes.routeOf('/users'), '/users')
  assert.equal(routes.routeOf('/'), '/')
  assert.equal(routes.routeOf('*'), '')
  assert.equal(routes.routeOf('shop:443'), '')
  assert.deepEqual([...routes.routes], ['/users/{id}', '/users', '/'])
})

test('a position with too many values that are alike is a name, and what was told by name stays', () => {
  const routes = new RouteTable().of('shop')
  const users = names(40)
  const told = users.map((user) => routes.routeOf(`/users/${user}/orders`))
  assert.deepEqual(
    told.slice(0, 20),
    users.slice(0, 20).map((user) => `/users/${user}/orders`),
  )
  assert.ok(told.slice(20).every((route) => route === '/users/{name}/orders'))
  assert.deepEqual(
    users.map((user) => routes.routeOf(`/users/${user}/orders`)),
    told,
  )
  // What is new of one that is kept is new of the name.
  assert.equal(routes.routeOf(`/users/${users[0]!}/cart`), '/users/{name}/cart')
  assert.equal(routes.routeOf('/users/12/orders'), '/users/{id}/orders')
  assert.equal(routes.routeOf('/health'), '/health')
})

test('kinds of things are no names: each is followed by ids', () => {
  const routes = new RouteTable().of('shop')
  const kinds = names(40)
  for (const kind of kinds) routes.routeOf(`/api/${kind}/7`)
  assert.deepEqual(
    [...routes.routes],
    kinds.map((kind) => `/api/${kind}/{id}`),
  )
  // Pages beside them do not change that.
  for (const page of names(30, 1000)) routes.routeOf(`/api/${page}`)
  assert.equal(routes.routeOf(`/api/${kinds[39]!}/7/items`), `/api/${kinds[39]!}/{id}/items`)
  assert.ok(routes.routes.has('/api/{name}'))
})

test('names of names: owners, their repositories, and what these have', () => {
  const routes = new RouteTable().of('code')
  for (let i = 0; i < 3000; i++) routes.routeOf(`/${nameOf(i % 300)}/${nameOf(i * 7)}/issues/${i}`)
  assert.equal(routes.routeOf(`/${nameOf(5000)}/${nameOf(9000)}/issues/1`), '/{name}/{name}/issues/{id}')
  assert.ok(routes.routes.size < 100)
  assert.equal(routes.otherCount, 0)
})

test('methods of gRPC are told as they are', () => {
  const routes = new RouteTable().of('cart')
  for (const method of names(60))
    assert.equal(routes.grpcRouteOf(`/shop.v1.Cart/${method}`), `/shop.v1.Cart/${method}`)
  assert.equal(routes.grpcRouteOf('/no/method/12'), '/no/method/{id}')
})

test('rules come first, each for its services', () => {
  const { value: rules } = compileRouteRules([
    { service: 'shop*', pattern: '/u/:user/*' },
    { pattern: '/v/{version}' },
  ])
  const table = new RouteTable({ rules })
  assert.equal(table.of('shop-1').routeOf('/u/alice/x/y?z'), '/u/{user}/*')
  assert.equal(table.of('pay').routeOf('/u/alice/x/y'), '/u/alice/x/y')
  assert.equal(table.of('pay').routeOf('/v/12'), '/v/{version}')
  table.configure({ rules: compileRouteRules([{ pattern: '/u/{who}/**' }]).value })
  assert.equal(table.of('pay').routeOf('/u/alice/x/y'), '/u/{who}/**')
  assert.equal(table.of('pay').routeOf('/v/12'), '/v/{id}')
})

test('what is over a limit is ~other, and counted', () => {
  const table = new RouteTable({ routesPerServiceMax: 10 }, { servicesMax: 2 })
  const routes = table.of('a')
  // Kinds of things, which nothing makes names of. The last tenth is for names and rules.
  const told = names(15).map((kind) => routes.routeOf(`/${kind}/1/x`))
  assert.deepEqual(
    told.slice(0, 9),
    names(9).map((kind) => `/${kind}/{id}/x`),
  )
  assert.deepEqual(told.slice(9), Array(6).fill(OTHER_ROUTE))
  assert.equal(routes.routeOf(`/${nameOf(12)}/1/x`), OTHER_ROUTE)
  assert.equal(routes.otherCount, 7)
  const { value: rules } = compileRouteRules([{ pattern: '/ruled/*' }, { pattern: '/also' }])
  table.configure({ rules, routesPerServiceMax: 10 })
  assert.equal(routes.routeOf('/ruled/1'), '/ruled/*')
  assert.equal(routes.routeOf('/also'), OTHER_ROUTE)
  assert.equal(routes.routes.size, 10)
  assert.equal(table.of('b').routeOf('/x'), '/x')
  assert.equal(table.of('c').routeOf('/x'), OTHER_ROUTE)
  assert.equal(table.of('c'), table.of('d'))
  assert.deepEqual(table.drops, [
    { stage: 'tracer.routes', reason: 'route-limit', count: 8 },
    { stage: 'tracer.routes', reason: 'service-limit', count: 1 },
  ])
})

test('whatever comes, a path keeps its route, routes are bounded, and memory of paths changes nothing', () => {
  const segment = fc.oneof(
    fc.nat(60).map(nameOf),
    fc.constantFrom('users', 'orders', 'cart', 'v1', '12', '550e8400-e29b-41d4-a716-446655440000'),
  )
  const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => `/${segments.join('/')}`)
  fc.assert(
    fc.property(
      fc.array(path, { minLength: 50, maxLength: 400 }),
      fc.integer({ min: 1, max: 60 }),
      (paths, routesMax) => {
        const options = { routesPerServiceMax: routesMax }
        const routes = new RouteTable(options).of('x')
        const forgetful = new RouteTable(options, { cachedPathsMax: 1 }).of('x')
        const told = new Map<string, string>()
        let others = 0
        for (const each of [...paths, ...paths]) {
          const route = routes.routeOf(each)
          assert.equal(forgetful.routeOf(each), route)
          if (route === OTHER_ROUTE) others++
          assert.ok(route === OTHER_ROUTE || routes.routes.has(route))
          const before = told.get(each)
          if (before !== undefined && before !== OTHER_ROUTE) assert.equal(route, before)
          told.set(each, route)
        }
        assert.ok(routes.routes.size <= routesMax)
        assert.equal(routes.otherCount, others)
      },
    ),
    { seed: 10, numRuns: 60 },
  )
})

test('a million distinct paths: memory is bounded, every request is counted', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const table = new RouteTable()
  const count = 250_000
  const heapBytes = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const tell = (service: string, pathOf: (i: number) => string) => {
    const routes = table.of(service)
    const counts = new Map<string, number>()
    for (let i = 0; i < count; i++) {
      const route = routes.routeOf(pathOf(i))
      counts.set(route, (counts.get(route) ?? 0) + 1)
    }
    const others = counts.get(OTHER_ROUTE) ?? 0
    counts.delete(OTHER_ROUTE)
    let sum = others
    for (const each of counts.values()) sum += each
    assert.equal(sum, count)
    assert.equal(routes.otherCount, others)
    assert.deepEqual(new Set(counts.keys()), routes.routes)
    assert.ok(counts.size <= ROUTES_PER_SERVICE_DEFAULT)
    return others
  }
  const before = heapBytes()
  // Names are learned, so nothing is left over; ten thousand kinds of things, each with ids, are over the limit.
  assert.equal(
    tell('names', (i) => `/users/${nameOf(i)}/orders`),
    0,
  )
  assert.equal(
    tell('scanned', (i) => `/${nameOf(i)}/${nameOf(i * 3)}.php`),
    0,
  )
  assert.equal(
    tell('ids', (i) => `/orders/${i}/lines/${i + 1}`),
    0,
  )
  const others = tell('shapes', (i) => `/${i.toString(2).replaceAll('1', 'a/').replaceAll('0', 'b/')}${i}`)
  assert.ok(others > count / 2, `${others}`)
  assert.deepEqual(table.drops[0], { stage: 'tracer.routes', reason: 'route-limit', count: others })
  // 32,768 paths at hand, and some thousand positions.
  const grownBytes = heapBytes() - before
  assert.ok(grownBytes < 16 << 20, `${grownBytes}`)
})
