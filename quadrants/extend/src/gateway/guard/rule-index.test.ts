import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { ENVOY_STREAM_INFO } from '../../testing/envoy-stream.ts'
import type { AuthorizationRuleSpec } from '../config/guard-spec.ts'
import type { RouteMatchSpec } from '../config/route-spec.ts'
import { compileCondition } from './condition.ts'
import { ExchangeView } from './exchange-view.ts'
import { compileExpression } from './expression/expression.ts'
import { type IndexedRule, RuleIndex } from './rule-index.ts'

const PATHS = ['/', '/cart', '/cart/1', '/carts', '/shop/cart', '/shop'] as const
const EXPRESSIONS = [
  "request.method == 'GET'",
  "request.url_path == '/cart' && request.method == 'PUT'",
  "'1' == request.headers['x-a'] && request.path.startsWith('/')",
  "request.headers.x_b == '1' || request.method == 'GET'",
  "request.host == 'shop.example'",
]

test('the index finds the first rule that fits, whatever the rules are', () => {
  let state = 11
  const one = <T>(values: readonly T[]): T => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return values[(state >>> 10) % values.length]!
  }
  const match = (): RouteMatchSpec => {
    const path = one(PATHS)
    return {
      path: one([
        { kind: 'exact', path },
        { kind: 'prefix', path, isSegment: one([true, true, false]) },
        { kind: 'regex', pattern: '/c.*' },
      ] as const),
      isCaseSensitive: one([true, true, false]),
      methods: one([[], [], ['GET']]),
      headers: [],
      query: [],
    }
  }
  const rule = (index: number): IndexedRule => {
    const when = one([undefined, ...EXPRESSIONS])
    const matches = one([[], [match()], [match(), match()]])
    const spec: AuthorizationRuleSpec = {
      name: `r${index}`,
      action: 'allow',
      from: [],
      condition: { matches, when },
    }
    return {
      spec,
      fits: compileCondition(spec.condition) ?? (() => true),
      ast: when === undefined ? undefined : compileExpression(when).ast,
    }
  }
  let foundCount = 0
  for (let set = 0; set < 300; set++) {
    const rules = Array.from({ length: 1 + (set % 12) }, (_, index) => rule(index))
    const index = new RuleIndex(rules)
    for (let round = 0; round < 20; round++) {
      const view = new ExchangeView(
        ENVOY_STREAM_INFO,
        HeaderMap.of([
          [':method', one(['GET', 'PUT', 'POST'])],
          [':scheme', 'http'],
          [':authority', one(['shop.example', 'other.example'])],
          [':path', one(PATHS) + one(['', '?a=1'])],
          ...one([[], [['x-a', '1']], [['x-a', '2']]] as [string, string][][]),
        ]),
      )
      const wanted = rules.find(({ fits }) => fits(view))
      assert.equal(
        index.find(view)?.spec.name,
        wanted?.spec.name,
        JSON.stringify(rules.map(({ spec }) => spec)),
      )
      assert.deepEqual(
        [...index.findAll(view)].map(({ spec }) => spec.name).toSorted((a, b) => (a < b ? -1 : 1)),
        rules
          .filter(({ fits }) => fits(view))
          .map(({ spec }) => spec.name)
          .toSorted((a, b) => (a < b ? -1 : 1)),
      )
      if (wanted) foundCount++
    }
  }
  assert.ok(foundCount > 1000)
})
