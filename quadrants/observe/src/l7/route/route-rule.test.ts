import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { literalsOf } from './path-literals.ts'
import { RouteRuleCode } from './route-pattern.ts'
import { compileRouteRules, matchesRule, rulesOfService } from './route-rule.ts'

test('patterns are for the paths that they say', () => {
  const check = (pattern: string, route: string, paths: readonly string[], others: readonly string[]) => {
    const { value, diagnostics } = compileRouteRules([{ pattern }])
    assert.deepEqual(diagnostics, [])
    assert.equal(value[0]!.route, route)
    for (const path of paths) assert.ok(matchesRule(value[0]!, literalsOf(path)), `${pattern} ${path}`)
    for (const path of others) assert.ok(!matchesRule(value[0]!, literalsOf(path)), `${pattern} ${path}`)
  }
  check(
    '/users/:id',
    '/users/{id}',
    ['/users/12', '/users/a%20b'],
    ['/users', '/users/', '/users/1/x', '/user/1'],
  )
  check(
    '/users/{id}/orders/{order}',
    '/users/{id}/orders/{order}',
    ['/users/1/orders/2'],
    ['/users/1/orders'],
  )
  check('/users/:id/*', '/users/{id}/*', ['/users/1/a', '/users/1/a/b/c', '/users/1'], ['/users'])
  check('/a/*/c', '/a/*/c', ['/a/b/c'], ['/a/c', '/a//c', '/a/b/b/c'])
  check('/static/**', '/static/**', ['/static/x', '/static/a/b'], ['/stati'])
  check('/files/{path...}', '/files/{path...}', ['/files/a/b', '/files'], ['/file'])
  check('/img/{id}.jpg', '/img/{id}.jpg', ['/img/7.jpg'], ['/img/.jpg', '/img/7.png'])
  check('/caf%C3%A9/%63', '/café/c', ['/café/c', '/caf%c3%a9/%63'], ['/cafe/c'])
  check('/', '/', ['/'], ['/a', '//'])
})

test('each mistake is told with its place', () => {
  const check = (pattern: string, code: RouteRuleCode, start: number, end: number) => {
    const { value, diagnostics } = compileRouteRules([{ pattern: '/fine' }, { pattern }])
    assert.deepEqual(
      diagnostics.map((found) => [found.code, found.place, found.range]),
      [[code, 'route_rules[1].pattern', { start, end }]],
      pattern,
    )
    assert.equal(value.length, 1)
  }
  check('', RouteRuleCode.start, 0, 1)
  check('users', RouteRuleCode.start, 0, 1)
  check('/a/:', RouteRuleCode.name, 3, 4)
  check('/a/{1x}', RouteRuleCode.name, 3, 7)
  check('/a/:id/{id}', RouteRuleCode.duplicate, 7, 11)
  check('/a/**/b', RouteRuleCode.wildcard, 3, 5)
  check('/a/{x...}/b', RouteRuleCode.wildcard, 3, 9)
  check('/a/b*', RouteRuleCode.wildcard, 4, 5)
  check('/a/b c', RouteRuleCode.character, 4, 6)
  check('/a?b=1', RouteRuleCode.character, 2, 6)
  check('/a/{b', RouteRuleCode.character, 3, 5)
  check(`/${'a'.repeat(256)}`, RouteRuleCode.tooLong, 256, 257)
  check('/a/b/c/d/e/f/g/h/i/j/k/l/m', RouteRuleCode.tooLong, 25, 26)
  const many = compileRouteRules(
    Array.from({ length: 501 }, () => ({ pattern: '/a' })),
    { at: 'routes' },
  )
  assert.deepEqual(
    many.diagnostics.map(({ code, place }) => [code, place]),
    [[RouteRuleCode.tooMany, 'routes[500]']],
  )
  const service = compileRouteRules([{ service: 's'.repeat(129), pattern: '/a' }])
  assert.deepEqual(
    service.diagnostics.map(({ code, place }) => [code, place]),
    [[RouteRuleCode.service, 'route_rules[0].service']],
  )
})

test('a service has the rules that are for it, in their order', () => {
  const { value } = compileRouteRules([
    { service: 'shop-*', pattern: '/a' },
    { pattern: '/b' },
    { service: 'pay', pattern: '/c' },
    { service: '', pattern: '/d' },
  ])
  assert.deepEqual(
    rulesOfService(value, 'shop-cart').map(({ route }) => route),
    ['/a', '/b', '/d'],
  )
})

test('whatever the pattern, it is read or refused', () => {
  const pattern = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(fc.string({ unit: fc.constantFrom(...'a1{}:*.%~_é') }), { maxLength: 14 })
      .map((parts) => `/${parts.join('/')}`),
  )
  fc.assert(
    fc.property(pattern, fc.string({ maxLength: 40 }), (text, path) => {
      const { value, diagnostics } = compileRouteRules([{ pattern: text }])
      assert.equal(value.length, diagnostics.length === 0 ? 1 : 0)
      for (const rule of value) matchesRule(rule, literalsOf(`/${path}`))
      for (const { range } of diagnostics) assert.ok(range!.start < range!.end && range!.start <= text.length)
    }),
    { seed: 9, numRuns: 200 },
  )
})
