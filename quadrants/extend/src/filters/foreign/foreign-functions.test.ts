import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { Result, type Properties } from '@quadrant/wasm/proxy-wasm'
import fc from 'fast-check'
import { envoyPlugin, envoyStream } from '../../testing/envoy-stream.ts'
import { FilterState } from './filter-state.ts'
import { FOREIGN_LIMITS } from './foreign-limits.ts'
import { bytesField, lengthField, readProtoFields, scalarField, varintField } from './proto-fields.ts'

const NAMES = [
  'compress',
  'uncompress',
  'verify_signature',
  'sign',
  'set_envoy_filter_state',
  'clear_route_cache',
  'expr_create',
  'expr_evaluate',
  'expr_delete',
  'declare_property',
]

function evaluate(properties: Properties, expression: string): Uint8Array | Result {
  const token = properties.callForeign('expr_create', Buffer.from(expression))
  return typeof token === 'number' ? token : properties.callForeign('expr_evaluate', token)
}

test('what is compressed to nothing does not come out as everything', () => {
  const plugin = envoyPlugin()
  const bytes = new Uint8Array(FOREIGN_LIMITS.uncompressedBytesMax)
  assert.deepEqual(plugin.callForeign('uncompress', deflateSync(bytes)), Buffer.from(bytes))
  const bomb = deflateSync(new Uint8Array(FOREIGN_LIMITS.uncompressedBytesMax + 1))
  assert.ok(bomb.length < 10_000)
  assert.equal(plugin.callForeign('uncompress', bomb), Result.SERIALIZATION_FAILURE)
  assert.equal(plugin.callForeign('uncompress', Buffer.from('bomb')), Result.SERIALIZATION_FAILURE)
  assert.equal(plugin.refusedCount, 1)
  const large = new Uint8Array(FOREIGN_LIMITS.compressedBytesMax + 1)
  assert.equal(plugin.callForeign('compress', large), Result.SERIALIZATION_FAILURE)
  assert.equal(plugin.refusedCount, 2)
})

test('what ECDSA signs is signed', () => {
  for (const namedCurve of ['P-224', 'P-256', 'P-384', 'P-521']) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
    const key = privateKey.export({ type: 'pkcs8', format: 'der' })
    const call = Buffer.concat([scalarField(1, 'sha384'), scalarField(2, key), scalarField(3, 'text')])
    const answer = envoyPlugin().callForeign('sign', call)
    assert.ok(typeof answer !== 'number')
    const signature = bytesField(readProtoFields(answer) ?? new Map(), 2)
    assert.ok(
      verify(
        'sha384',
        Buffer.from('text'),
        createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
        signature,
      ),
    )
  }
})

test('keys whose work is without measure are none', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const plugin = envoyPlugin({ ...FOREIGN_LIMITS, signBitsMax: 1024, verifyBitsMax: 1024 })
  const sign = [scalarField(1, 'sha256'), scalarField(2, privateKey.export({ type: 'pkcs8', format: 'der' }))]
  const check = [scalarField(1, 'sha256'), scalarField(2, publicKey.export({ type: 'spki', format: 'der' }))]
  for (const [name, call] of [
    ['sign', sign],
    ['verify_signature', check],
  ] as const) {
    const answer = plugin.callForeign(name, Buffer.concat(call))
    assert.match(Buffer.from(answer as Uint8Array).toString(), /Invalid private key|Failed to initialize/)
  }
  assert.equal(plugin.refusedCount, 2)
})

test('expressions are bounded in what they are and what they do', () => {
  const plugin = envoyPlugin()
  const properties = plugin.ofStream(envoyStream())
  const list = `[${Array.from({ length: 100 }, (_, index) => index).join()}]`
  const rows: readonly (readonly [expression: string, result: Result])[] = [
    [`"${'x'.repeat(FOREIGN_LIMITS.expressionLengthMax)}"`, Result.BAD_ARGUMENT],
    ['['.repeat(40) + ']'.repeat(40), Result.BAD_ARGUMENT],
    [`${list}.all(a, ${list}.all(b, a + b >= 0))`, Result.INTERNAL_FAILURE],
    [`${list}.exists(a, ${list}.map(b, ${list}).size() < 0)`, Result.INTERNAL_FAILURE],
    [`"${'x'.repeat(2000)}".matches("(x{1000}){1,1000}y")`, Result.INTERNAL_FAILURE],
    [`"${'x'.repeat(3000)}".matches("${'(x*)*'.repeat(150)}y")`, Result.INTERNAL_FAILURE],
  ]
  for (const [expression, result] of rows) assert.equal(evaluate(properties, expression), result, expression)
  assert.equal(plugin.refusedCount, 5)
  for (let count = 0; count < 10; count++)
    assert.deepEqual(evaluate(properties, `${list}.all(a, a >= 0)`), Uint8Array.of(1))
})

test('text that an expression makes is bounded in all', () => {
  const path = `/${'x'.repeat(60_000)}`
  const headers = envoyStream().requestHeaders()
  headers?.set(':path', path)
  const properties = envoyPlugin().ofStream(envoyStream({ requestHeaders: () => headers }))
  const doubled = Array.from({ length: 4 }, () => 'request.path').join(' + ')
  assert.deepEqual(evaluate(properties, doubled), Buffer.from(path.repeat(4)))
  const twenty = Array.from({ length: 20 }, () => 'request.path').join(' + ')
  assert.equal(evaluate(properties, twenty), Result.INTERNAL_FAILURE)
  const wide = `[${Array.from({ length: 20 }, () => 'request.path').join()}]`
  assert.equal(evaluate(properties, wide), Result.SERIALIZATION_FAILURE)
})

test('a plugin has so many expressions at one time, and tokens of its own', () => {
  const [plugin, other] = [envoyPlugin(), envoyPlugin()]
  const tokens = Array.from({ length: FOREIGN_LIMITS.expressionsMax }, () =>
    plugin.callForeign('expr_create', Buffer.from('1')),
  )
  assert.equal(plugin.callForeign('expr_create', Buffer.from('1')), Result.BAD_ARGUMENT)
  assert.equal(plugin.refusedCount, 1)
  plugin.callForeign('expr_delete', tokens[7] as Uint8Array)
  const next = plugin.callForeign('expr_create', Buffer.from('2'))
  assert.ok(typeof next !== 'number')
  assert.equal(plugin.callForeign('expr_evaluate', tokens[7] as Uint8Array), Result.NOT_FOUND)
  assert.equal(other.callForeign('expr_evaluate', next), Result.NOT_FOUND)
})

test('what the root context declares counts for all of its streams', () => {
  const plugin = envoyPlugin()
  const declaration = Buffer.concat([
    scalarField(1, 'once'),
    varintField(2, 1),
    varintField(3, 1),
    varintField(5, 2),
  ])
  assert.deepEqual(plugin.callForeign('declare_property', declaration), new Uint8Array())
  assert.equal(plugin.set('once', Buffer.from('x')), Result.NOT_FOUND)
  const connection = new FilterState(FOREIGN_LIMITS)
  const streams = [0, 1].map(() =>
    plugin.ofStream(envoyStream({ state: new FilterState(FOREIGN_LIMITS, connection) })),
  )
  assert.equal(streams[0]?.set('once', Buffer.from('first')), Result.OK)
  assert.equal(streams[0]?.set('once', Buffer.from('second')), Result.BAD_ARGUMENT)
  // It lasts as long as the connection.
  assert.equal(streams[1]?.get('once'), 'first')
  assert.equal(streams[1]?.set('once', Buffer.from('second')), Result.BAD_ARGUMENT)
})

test('state is bounded by stream', () => {
  const plugin = envoyPlugin()
  const properties = plugin.ofStream(envoyStream())
  let count = 0
  while (properties.set(`property ${count}`, new Uint8Array(10)) === Result.OK) count++
  assert.equal(count, FOREIGN_LIMITS.stateEntriesMax)
  assert.equal(
    properties.set('property 0', new Uint8Array(FOREIGN_LIMITS.stateBytesMax)),
    Result.INTERNAL_FAILURE,
  )
  assert.equal(properties.set('property 0', new Uint8Array(1000)), Result.OK)
  assert.equal(plugin.refusedCount, 2)
})

test('the route is looked for again when a stream says so', () => {
  let count = 0
  const stream = envoyStream({ clearRouteCache: () => count++ })
  const plugin = envoyPlugin()
  plugin.ofStream(stream).callForeign('clear_route_cache', new Uint8Array())
  plugin.callForeign('clear_route_cache', new Uint8Array())
  assert.equal(count, 1)
})

const message = fc
  .array(
    fc.oneof(
      fc
        .tuple(fc.integer({ min: 1, max: 6 }), fc.uint8Array({ maxLength: 30 }))
        .map(([n, bytes]) => lengthField(n, bytes)),
      fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(9)).map(([n, value]) => varintField(n, value)),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)))

const WORDS =
  `request . headers [ ] ( ) "a" 1 + - ! && == { } : , ? .map(x,x) .exists(y,y) has( size( xds.node type null 1u b"x"
.matches("(a|") in`.split(/\s/)

const words = fc
  .array(fc.constantFrom(...WORDS), { maxLength: 12 })
  .map((parts) => new TextEncoder().encode(parts.join(' ')))

test('whatever the bytes, there is an answer', () => {
  const plugin = envoyPlugin()
  const properties = plugin.ofStream(envoyStream())
  const known = new Set<number>(Object.values(Result))
  fc.assert(
    fc.property(
      fc.constantFrom(...NAMES, 'nothing'),
      fc.oneof(message, words, fc.uint8Array({ maxLength: 200 })),
      (name, bytes) => {
        const answer = properties.callForeign(name, bytes)
        if (typeof answer === 'number') return assert.ok(known.has(answer) && answer !== Result.OK)
        assert.ok(answer instanceof Uint8Array)
        if (name !== 'expr_create') return
        const value = properties.callForeign('expr_evaluate', answer)
        assert.ok(typeof value !== 'number' || known.has(value))
        properties.callForeign('expr_delete', answer)
      },
    ),
    { numRuns: 3000, seed: 5 },
  )
})

test('whatever the path, there is an answer', () => {
  const part = fc.oneof(
    fc.constantFrom(
      'request',
      'headers',
      'xds',
      'node',
      'metadata',
      'nested',
      'a',
      '0',
      '',
      '__proto__',
      'constructor',
    ),
    fc.constantFrom(
      'filter_state',
      'route_metadata',
      'filter_metadata',
      'rm',
      'source',
      'plugin_name',
      'wasm.a',
    ),
    fc.string({ maxLength: 5, unit: 'binary-ascii' }),
  )
  const properties = envoyPlugin().ofStream(envoyStream())
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const answer = properties.get(parts.join('\0'))
      assert.ok(typeof answer !== 'object' || answer instanceof Uint8Array)
      if (/^(__proto__|constructor)$/.test(parts.at(-1) ?? '')) assert.equal(answer, Result.NOT_FOUND)
    }),
    { numRuns: 3000, seed: 6 },
  )
})
