// The filters of examples/filters, and two of them in Rust, in our host: e2e/filters has them in Envoy.
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { inspectModule } from '@quadrant/wasm'
import { FilterHarness } from '../testing/filter-harness.ts'
import { NEEDS_GO } from '../testing/go-guest.ts'
import { goFilter } from '../testing/go-filter.ts'
import { needsRust, rustFilter } from '../testing/rust-filter.ts'

const example = (name: string, configuration?: object) =>
  FilterHarness.start(goFilter(`examples/filters/${name}`), {
    rootId: name,
    configuration: Buffer.from(configuration === undefined ? '' : JSON.stringify(configuration)),
  })

const ROUTING = {
  rules: [
    { header: 'x-version', value: '2', set: { ':authority': 'two.example' }, pathPrefix: '/v2' },
    { header: 'x-beta', set: { 'x-route': 'blue' } },
  ],
}

const rust = (name: string, configuration?: object) =>
  FilterHarness.start(rustFilter('guest/rustfilter'), {
    rootId: name,
    configuration: Buffer.from(configuration === undefined ? '' : JSON.stringify(configuration)),
  })

for (const [language, needs, start] of [
  ['Go', NEEDS_GO, example],
  ['Rust', needsRust('guest/rustfilter'), rust],
] as const) {
  test(`hello-header in ${language} adds its header`, needs, async () => {
    await using filter = await start('hello-header')
    for (let count = 0; count < 3; count++)
      assert.equal(filter.pass({ answer: { body: 'x' } }).response?.headers.get('x-envoy-wasm'), 'true')
    assert.deepEqual(filter.logged, [])
  })

  test(`header-routing in ${language} changes where requests go`, needs, async () => {
    await using filter = await start('header-routing', ROUTING)
    const check = (
      headers: Record<string, string>,
      expected: readonly string[],
      wasRouteCleared: boolean,
    ) => {
      const passed = filter.pass({ headers })
      const seen = [':authority', ':path', 'x-route'].map((name) => passed.request?.headers.get(name) ?? '')
      assert.deepEqual([seen, passed.wasRouteCleared], [expected, wasRouteCleared])
    }
    check({}, ['a.example', '/', ''], false)
    check({ 'x-version': '2', 'x-beta': '1' }, ['two.example', '/v2/', ''], true)
    check({ 'x-version': '3', 'x-beta': '1' }, ['a.example', '/', 'blue'], true)
    assert.deepEqual(filter.logged, [])
  })
}

test('jwt-check lets tokens of its keys pass, and no others', NEEDS_GO, async () => {
  const pairs = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: generateKeyPairSync('ed25519'),
  }
  const keys = Object.values(pairs).map(({ publicKey }) => publicKey.export({ format: 'jwk' }))
  await using filter = await example('jwt-check', { issuer: 'me', audience: 'shop', keys })
  const ask = (token: string) => filter.pass({ headers: { authorization: `Bearer ${token}` } })
  for (const [algorithm, { privateKey }] of Object.entries(pairs)) {
    const good = token(algorithm, privateKey)
    const passed = ask(good)
    assert.deepEqual(
      [algorithm, passed.response?.headers.get(':status'), filter.logged],
      [algorithm, '200', []],
    )
    const { response, request } = ask(good.slice(0, -8) + 'AAAAAAAA')
    assert.deepEqual([request, response?.headers.get(':status')], [undefined, '401'])
    assert.match(response?.headers.get('www-authenticate') ?? '', /no known key/)
  }
})

function token(algorithm: string, key: KeyObject): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: 'me', aud: 'shop', exp: Math.floor(Date.now() / 1000) + 300 }
  const signed = `${encode({ alg: algorithm })}.${encode(claims)}`
  const hash = algorithm === 'EdDSA' ? null : 'sha256'
  return `${signed}.${sign(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

test('rate-limit lets the burst pass, and counts the others', NEEDS_GO, async () => {
  await using filter = await example('rate-limit', { requests: 1, per: '1h', burst: 3, by: 'x-key' })
  const statuses = Array.from({ length: 5 }, () => filter.pass({ headers: { 'x-key': 'a' } }).response)
  assert.deepEqual(
    statuses.map((response) => response?.headers.get(':status')),
    ['200', '200', '200', '429', '429'],
  )
  assert.match(statuses[4]?.headers.get('retry-after') ?? '', /^3[56]\d\d$/)
  assert.equal(filter.pass({ headers: { 'x-key': 'b' } }).response?.headers.get(':status'), '200')
  assert.equal(filter.metrics.get('rate_limit.limited'), 2)
})

test('body-rewrite rewrites in both directions, and lets nothing else pass', NEEDS_GO, async () => {
  const configuration = {
    redact: ['password'],
    replace: [{ find: 'one', with: 'three' }],
    bodyBytesMax: 1000,
  }
  await using filter = await example('body-rewrite', configuration)
  const json = { 'content-type': 'application/json', 'content-length': '38' }
  const body = '{"a":[{"password":"one"}],"b":"one"}'
  const { request, response } = filter.pass({ headers: json, body, answer: { headers: json, body } })
  for (const message of [request, response]) {
    assert.equal(message?.body, '{"a":[{"password":"***"}],"b":"three"}')
    assert.equal(message.headers.get('content-length'), undefined)
  }
  const status = (text: string) => filter.pass({ headers: json, body: text }).response?.headers.get(':status')
  assert.deepEqual([status('{'.padEnd(10)), status('1'.repeat(1001))], ['400', '413'])
  assert.equal(filter.pass({ answer: { headers: json, body: '{"a":  ' } }).wasReset, true)
})

test('a panic of a filter is one line with its functions, and then a trap', NEEDS_GO, async () => {
  const bytes = goFilter('examples/filters/rate-limit')
  // It answers requests itself, and panics where it may not.
  const calls = inspectModule(bytes).capabilities.flatMap(({ imports }) =>
    imports.map((name) => name.slice(name.indexOf('.') + 1)),
  )
  await using filter = await FilterHarness.start(bytes, {
    configuration: Buffer.from('{"requests":1,"per":"1h"}'),
    capabilities: calls.filter((name) => name !== 'proxy_send_local_response'),
  })
  assert.equal(filter.pass({}).response?.headers.get(':status'), '200')
  assert.equal(filter.pass({}).response?.headers.get(':status'), '503')
  const [panic = '', trap, ...others] = filter.logged
  assert.match(panic, /^panic: proxywasm: internal failure\n\ngoroutine /)
  assert.match(panic, /main\.\(\*filter\)\.OnRequestHeaders/)
  assert.deepEqual([trap, others], ['trap: unreachable', []])
})

test('a filter whose configuration is none does not start, and says why', NEEDS_GO, async () => {
  const weak = { kty: 'RSA', n: 'AQ', e: 'AQAB' }
  await assert.rejects(example('header-routing', { rules: [{ value: '2' }] }), /a rule has no header/)
  await assert.rejects(example('jwt-check', { issuer: 'a', audience: 'b', keys: [weak] }), /2048 bits/)
  await assert.rejects(example('rate-limit', { requests: 1, per: '1n' }), /unit/)
})
