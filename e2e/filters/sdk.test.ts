// The filters of examples/filters, and two of them in Rust, do in real Envoy what they promise.
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { after, before, test } from 'node:test'
import { NEEDS_GO } from '../../quadrants/extend/src/testing/go-guest.ts'
import { goFilterFile } from '../../quadrants/extend/src/testing/go-filter.ts'
import { needsRust, rustFilterFile } from '../../quadrants/extend/src/testing/rust-filter.ts'
import { Envoy, NEEDS_ENVOY } from './envoy.ts'
import {
  bootstrap,
  cluster,
  httpListener,
  routeTo,
  tcpListener,
  wasmHttpFilter,
  wasmNetworkFilter,
  type Config,
} from './envoy-config.ts'
import { type Echoed, EchoUpstream } from './echo-upstream.ts'

const ISSUER = 'https://login.example'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('ed25519')
const secret = randomBytes(32)
const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid })

const ROUTING = {
  rules: [
    {
      header: 'x-version',
      value: '2',
      set: { 'x-route': 'blue', ':authority': 'two.example' },
      pathPrefix: '/v2',
    },
    { header: 'x-beta', set: { 'x-route': 'blue' } },
  ],
}

/** A listener for each filter. */
const LISTENERS = {
  'hello-header': undefined,
  'header-routing': ROUTING,
  'jwt-check': {
    issuer: ISSUER,
    audience: 'shop',
    leeway: '30s',
    subjectHeader: 'x-user',
    keys: [
      jwk(rsa.publicKey, 'rsa'),
      jwk(ec.publicKey, 'ec'),
      jwk(ed.publicKey, 'ed'),
      { kty: 'oct', kid: 'secret', k: secret.toString('base64url') },
    ],
  },
  // A bucket that no request of a test fills up again.
  'rate-limit': { requests: 1, per: '1h', burst: 5, by: 'x-api-key' },
  'body-rewrite': {
    redact: ['password'],
    replace: [{ find: 'internal.example', with: 'public' }],
    bodyBytesMax: 100_000,
  },
} as const

const RUST = needsRust('guest/rustfilter')
const NEEDS = { skip: NEEDS_ENVOY.skip || NEEDS_GO.skip }
const NEEDS_RUST = { skip: NEEDS_ENVOY.skip || RUST.skip }

const disposables = new AsyncDisposableStack()
let envoy: Envoy
let rustEnvoy: Envoy

/** Envoy with a listener of each of these filters, and two upstreams of which `x-route` chooses one. */
async function start(
  fileOf: (name: string) => string,
  configurations: Readonly<Record<string, object | undefined>>,
  workers: number,
  ofTcp: readonly Config[] = [],
): Promise<Envoy> {
  const green = disposables.use(await EchoUpstream.start('green'))
  const blue = disposables.use(await EchoUpstream.start('blue'))
  const isBlue = { prefix: '/', headers: [{ name: 'x-route', string_match: { exact: 'blue' } }] }
  const listeners = Object.entries(configurations).map(([name, configuration]) =>
    httpListener(name, {
      filters: [
        wasmHttpFilter({
          file: fileOf(name),
          rootId: name,
          vmId: name,
          ...(configuration === undefined ? {} : { configuration: JSON.stringify(configuration) }),
        }),
      ],
      routes: [routeTo('blue', isBlue), routeTo('green')],
      // Connections that a filter has cut off are not waited for.
      manager: { delayed_close_timeout: '0.05s' },
    }),
  )
  const clusters = [cluster('green', green.port), cluster('blue', blue.port)]
  return disposables.use(await Envoy.start(bootstrap([...listeners, ...ofTcp], clusters), { workers }))
}

before(async () => {
  if (NEEDS.skip === false) {
    const fileOf = (name: string) => goFilterFile(`examples/filters/${name}`)
    const rootId = 'hello-header'
    const filter = wasmNetworkFilter({ file: fileOf(rootId), rootId, vmId: rootId })
    envoy = await start(fileOf, LISTENERS, 2, [tcpListener('tcp', 'green', [filter])])
  }
  if (NEEDS_RUST.skip === false) {
    const file = rustFilterFile('guest/rustfilter')
    rustEnvoy = await start(() => file, { 'hello-header': undefined, 'header-routing': ROUTING }, 1)
  }
})
after(() => disposables.disposeAsync())

async function echo(url: string, init: RequestInit = {}): Promise<Echoed> {
  const response = await fetch(url, init)
  assert.equal(response.status, 200)
  return (await response.json()) as Echoed
}

for (const [language, needs, host] of [
  ['Go', NEEDS, () => envoy],
  ['Rust', NEEDS_RUST, () => rustEnvoy],
] as const) {
  test(`hello-header in ${language}: every response has x-envoy-wasm`, needs, async () => {
    for (const path of ['/', '/a?b=c']) {
      const response = await fetch(host().url('hello-header', path), {
        headers: { 'x-answer': 'text/plain' },
      })
      assert.deepEqual([response.status, response.headers.get('x-envoy-wasm')], [200, 'true'])
    }
  })

  test(`header-routing in ${language}: the first rule that matches chooses the route`, needs, async () => {
    const url = host().url('header-routing', '/a?b=c')
    const check = async (
      headers: Record<string, string>,
      upstream: string,
      path: string,
      authority?: string,
    ) => {
      const seen = await echo(url, { headers })
      assert.deepEqual([seen.upstream, seen.path], [upstream, path])
      if (authority !== undefined) assert.equal(seen.headers['host'], authority)
    }
    await check({}, 'green', '/a?b=c')
    await check({ 'x-version': '2' }, 'blue', '/v2/a?b=c', 'two.example')
    await check({ 'x-version': '3' }, 'green', '/a?b=c')
    await check({ 'x-version': '3', 'x-beta': 'any' }, 'blue', '/a?b=c')
    await check({ 'x-version': '2', 'x-beta': 'any' }, 'blue', '/v2/a?b=c')
  })
}

test('a connection that no filter follows passes as it is', NEEDS, async () => {
  const response = await fetch(envoy.url('tcp'))
  assert.deepEqual([response.status, response.headers.get('x-envoy-wasm')], [200, null])
})

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = () => Math.floor(Date.now() / 1000)
const claims = (more: object = {}) => ({ iss: ISSUER, sub: 'ann', aud: 'shop', exp: now() + 300, ...more })

function token(alg: string, body: object, key: KeyObject | Buffer, header: object = {}): string {
  const signed = `${encode({ alg, typ: 'JWT', ...header })}.${encode(body)}`
  return `${signed}.${signatureOf(alg, Buffer.from(signed), key).toString('base64url')}`
}

function signatureOf(alg: string, signed: Buffer, key: KeyObject | Buffer): Buffer {
  if (Buffer.isBuffer(key)) return createHmac('sha256', key).update(signed).digest()
  if (alg === 'none') return Buffer.alloc(0)
  return sign(alg === 'EdDSA' ? null : 'sha256', signed, { key, dsaEncoding: 'ieee-p1363' })
}

test('jwt-check: a token that a known key has signed passes, and says who it is', NEEDS, async () => {
  const accepted = [
    token('RS256', claims(), rsa.privateKey, { kid: 'rsa' }),
    token('ES256', claims({ aud: ['mail', 'shop'] }), ec.privateKey, { kid: 'ec' }),
    token('EdDSA', claims({ nbf: now() - 5 }), ed.privateKey, { kid: 'ed' }),
    token('HS256', claims(), secret, { kid: 'secret' }),
    // Without kid all keys of its kind are tried; clocks may differ by 30 s.
    token('EdDSA', claims({ exp: now() - 5 }), ed.privateKey),
  ]
  for (const one of accepted) {
    const headers = { authorization: `Bearer ${one}`, 'x-user': 'mallory' }
    const seen = await echo(envoy.url('jwt-check'), { headers })
    assert.equal(seen.headers['x-user'], 'ann')
  }
})

test('jwt-check: any other token is refused, with the reason', NEEDS, async () => {
  const good = token('EdDSA', claims(), ed.privateKey, { kid: 'ed' })
  const [head, body, signature] = good.split('.') as [string, string, string]
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' })
  const refused: readonly (readonly [string | undefined, RegExp])[] = [
    [undefined, /^Bearer$/],
    ['Basic YTpi', /^Bearer$/],
    [`Bearer ${head}.${encode(claims({ sub: 'bob' }))}.${signature}`, /no known key/],
    [`Bearer ${token('EdDSA', claims(), stranger.privateKey, { kid: 'ed' })}`, /no known key/],
    [`Bearer ${token('EdDSA', claims(), ed.privateKey, { kid: 'ec' })}`, /no known key/],
    [`Bearer ${token('none', claims(), ed.privateKey)}`, /no known key/],
    // The public key of RSA as a secret: the token does not choose what keys are for.
    [`Bearer ${token('HS256', claims(), Buffer.from(pem), { kid: 'rsa' })}`, /no known key/],
    [`Bearer ${token('EdDSA', claims({ exp: now() - 40 }), ed.privateKey)}`, /expired/],
    [`Bearer ${token('EdDSA', { ...claims(), exp: undefined }, ed.privateKey)}`, /does not expire/],
    [`Bearer ${token('EdDSA', claims({ nbf: now() + 100 }), ed.privateKey)}`, /not valid yet/],
    [`Bearer ${token('EdDSA', claims({ iss: 'https://other' }), ed.privateKey)}`, /issuer/],
    [`Bearer ${token('EdDSA', claims({ aud: 'mail' }), ed.privateKey)}`, /audience/],
    [`Bearer ${token('EdDSA', claims(), ed.privateKey, { crit: ['b64'], b64: false })}`, /malformed/],
    [`Bearer ${head}.${body}`, /malformed|no known key/],
    ['Bearer a.b.c', /malformed/],
    ['Bearer ', /^Bearer|malformed/],
  ]
  for (const [authorization, challenge] of refused) {
    const response = await fetch(envoy.url('jwt-check'), authorization ? { headers: { authorization } } : {})
    assert.equal(response.status, 401, String(authorization))
    assert.match(response.headers.get('www-authenticate') ?? '', challenge)
  }
})

test('rate-limit: the burst passes on all workers together, then 429', NEEDS, async () => {
  const ask = (key: string) => fetch(envoy.url('rate-limit'), { headers: { 'x-api-key': key } })
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask('a')))
  const passed = answers.filter(({ status }) => status === 200).length
  // Of two workers that see an empty bucket at the same time one may be forgotten.
  assert.ok(passed === 5 || passed === 6, `${passed}`)
  const limited = answers.filter(({ status }) => status === 429)
  assert.equal(limited.length, 20 - passed)
  for (const { headers } of limited) {
    const seconds = Number(headers.get('retry-after'))
    assert.ok(seconds > 3500 && seconds <= 3600, `${seconds}`)
  }
  assert.equal((await ask('b')).status, 200)
  const counted = await envoy.statistics(/rate_limit\.limited$/)
  assert.deepEqual([...counted.values()], [20 - passed])
})

async function rewritten(body: string, type: string) {
  const url = envoy.url('body-rewrite')
  const request = { method: 'POST', body, headers: { 'content-type': type } }
  const asked = await echo(url, request)
  const answer = await fetch(url, {
    ...request,
    headers: { 'content-type': 'application/x', 'x-answer': type },
  })
  return { asked, answered: await answer.text(), length: answer.headers.get('content-length') }
}

test('body-rewrite: JSON and text are rewritten, in requests and in responses', NEEDS, async () => {
  const json = '{"user":"ann","password":"hunter2","in":[{"password":{"a":1}}],"n":12345678901234567890}'
  const hidden = '{"in":[{"password":"***"}],"n":12345678901234567890,"password":"***","user":"ann"}'
  const text = 'see http://internal.example/password and internal.example'
  for (const [type, body, expected] of [
    ['application/json', json, hidden],
    ['application/problem+json; charset=utf-8', json, hidden],
    ['text/plain', text, 'see http://public/password and public'],
    ['text/plain', 'x'.repeat(90_000) + text, `${'x'.repeat(90_000)}see http://public/password and public`],
    ['application/octet-stream', text, text],
  ] as const) {
    const { asked, answered, length } = await rewritten(body, type)
    assert.equal(asked.body, expected)
    assert.equal(answered, expected)
    assert.ok(length === null || Number(length) === expected.length, type)
  }
})

test('body-rewrite: what cannot be rewritten does not pass', NEEDS, async () => {
  const url = envoy.url('body-rewrite')
  const json = { 'content-type': 'application/json' }
  const post = (body: string, headers: Record<string, string>) =>
    fetch(url, { method: 'POST', body, headers })
  assert.equal((await post('{"password":', json)).status, 400)
  assert.equal((await post('1'.repeat(100_001), json)).status, 413)
  await assert.rejects(async () => {
    const response = await post('{"password":', { 'x-answer': 'application/json' })
    await response.text()
  })
})
