import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { ENVOY_STREAM_INFO } from '../../../testing/envoy-stream.ts'
import { ExchangeView } from '../exchange-view.ts'
import { compileExpression, ExpressionError } from './expression.ts'

const ATOMS = [
  "request.method == 'GET'",
  "request.method != 'PUT'",
  "request.method in ['GET', 'PUT']",
  "request.path.startsWith('/cart')",
  "request.url_path == '/cart'",
  "request.url_path.endsWith('/1')",
  "request.query.contains('q=1')",
  "request.url_path.matches('^/c[a-z]+')",
  "request.path.matches('[0-9]')",
  "request.headers['x-a'] == '1'",
  "request.headers['X-A'] == '1'",
  'request.headers.tenant == request.headers.other',
  "'x-a' in request.headers",
  'has(request.headers.tenant)',
  'has(request.headers.host)',
  "size(request.headers['tenant']) > 2",
  "request.headers['tenant'].size() <= 4",
  "request.headers['tenant'] + '!' == 'größe!'",
  "request.host.startsWith('shop')",
  "source.address.startsWith('127.')",
  'source.port > 1024',
  'destination.port == 8080',
  'connection.mtls',
  'true',
  "request.scheme == 'http' ? request.method == 'GET' : false",
] as const

const VIEWS = [
  {
    method: 'GET',
    path: '/cart?q=1',
    headers: [
      ['x-a', '1'],
      ['tenant', 'shop'],
      ['other', 'shop'],
    ],
  },
  { method: 'PUT', path: '/cart/1', headers: [['tenant', 'gr\u00c3\u00b6\u00c3\u009fe']] },
  {
    method: 'POST',
    path: '/',
    headers: [
      ['x-a', '1'],
      ['x-a', '2'],
    ],
  },
].map(({ method, path, headers }) => {
  const map = HeaderMap.of([
    [':method', method],
    [':scheme', 'http'],
    [':authority', 'shop.example'],
    [':path', path],
    ...(headers as [string, string][]),
  ])
  return new ExchangeView(ENVOY_STREAM_INFO, map)
})

test('closures say what CEL’s own planner says, errors included', () => {
  let state = 7
  const random = (count: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % count
  }
  const made = (depth: number): string => {
    if (depth === 0) return ATOMS[random(ATOMS.length)]!
    switch (random(4)) {
      case 0:
        return `!(${made(depth - 1)})`
      case 1:
        return `(${made(depth - 1)}) && (${made(depth - 1)})`
      case 2:
        return `(${made(depth - 1)}) || (${made(depth - 1)})`
      default:
        return `(${made(depth - 1)}) ? (${made(depth - 1)}) : (${made(depth - 1)})`
    }
  }
  const sources = [...ATOMS, ...Array.from({ length: 600 }, (_, index) => made(1 + (index % 3)))]
  let trueCount = 0
  for (const source of sources) {
    const compiled = compileExpression(source)
    // A list of one is nothing that a closure is made of.
    const planned = compileExpression(`[${source}][0]`)
    for (const [index, view] of VIEWS.entries()) {
      const value = compiled.isTrue(view)
      if (value) trueCount++
      assert.equal(value, planned.isTrue(view), `${source} of request ${index}`)
    }
  }
  assert.ok(trueCount > 300 && trueCount < sources.length * VIEWS.length - 300)
})

test('what is no expression is said', () => {
  for (const source of ['', 'request.', "f('x')", '('.repeat(40), 'x'.repeat(70_000)])
    assert.throws(() => compileExpression(source), ExpressionError, source.slice(0, 20))
})

test('loops are bounded', () => {
  const list = `[${Array.from({ length: 100 }, (_, index) => index).join(', ')}]`
  const endless = compileExpression(`${list}.all(a, ${list}.all(b, ${list}.all(c, true)))`)
  assert.equal(endless.isTrue(VIEWS[0]!), false)
})
