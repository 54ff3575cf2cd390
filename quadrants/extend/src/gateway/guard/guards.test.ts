import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gatewaySpec, testGateway } from '../testing/test-gateway.ts'

/** An upstream that says what it was asked, and keeps it. */
async function echo(t: TestContext) {
  const seen: {
    readonly url: string
    readonly host: string
    readonly body: string
    readonly headers: IncomingMessage['headers']
  }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      seen.push({ url: request.url!, host: request.headers.host!, body, headers: request.headers })
      if (request.url === '/keys') response.end(KEYS)
      else response.end('upstream')
    })
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => server.close())
  return { port: (server.address() as AddressInfo).port, seen }
}

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const KEYS = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }] })

function token(
  claims: object,
  { key = privateKey, alg = 'ES256' }: { key?: KeyObject; alg?: string } = {},
): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg, kid: 'one' })}.${part(claims)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

async function guarded(t: TestContext, route: string, port: number) {
  const yaml = `listeners: [{ name: web, address: 127.0.0.1:0 }]
virtual_hosts:
  - name: host
    domains: ['*']
    routes:
      - { name: one, match: { prefix: /when }, only: { when: "request.headers['x-a'] == '1'" }, respond: { status: 201 } }
      - { name: two, match: { prefix: /when }, only: { when: "['1', '2'].exists(n, n == request.headers['x-a'])" }, respond: { status: 202 } }
      - { name: all, match: { prefix: / }, ${route.replaceAll(/\s+/g, ' ')} }
clusters:
  - { name: up, endpoints: [127.0.0.1:${port}] }
  - { name: shadow, endpoints: [127.0.0.1:${port}] }
access_logs: [{ stdout: true, text: '%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%' }]`
  const { port: own, lines, gateway } = await testGateway(t, yaml)
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`http://127.0.0.1:${own}${path}`, init)
    return { status: answer.status, headers: answer.headers, body: await answer.text() }
  }
  return { ask, lines, gateway, yaml }
}

const FORWARD = 'forward: { cluster: up }'

test('authorization: rules that deny, then those that allow, then what holds otherwise', async (t) => {
  const { port } = await echo(t)
  const { ask, lines, gateway } = await guarded(
    t,
    `${FORWARD}, authorization: { rules: [
      { name: secret, action: deny, matches: [{ prefix: /secret }] },
      { name: local, action: allow, from: [{ addresses: [127.0.0.0/8] }], when: "request.headers['x-team'] == 'shop'" },
      { name: read, action: allow, when: "request.method == 'GET' && request.path.startsWith('/public')" },
      { name: seen, action: log }] }`,
    port,
  )
  const status = async (path: string, headers: Record<string, string> = {}) =>
    (await ask(path, { headers })).status
  assert.equal(await status('/secret/a', { 'x-team': 'shop' }), 403)
  assert.equal(await status('/a', { 'x-team': 'shop' }), 200)
  assert.equal(await status('/a'), 403)
  assert.equal(await status('/public/a'), 200)
  assert.match(lines[0]!, /^403 - rbac_access_denied_matched_policy\[secret\]/)
  assert.match(lines[2]!, /^403 - rbac_access_denied_matched_policy\[none\]/)
  assert.deepEqual(gateway.stats().listeners['web']!.guardDecisions, {
    'logged seen': 4,
    'denied secret': 1,
    'allowed local': 1,
    'denied none': 1,
    'allowed read': 1,
  })
})

test('authorization: a shadow counts what it would deny', async (t) => {
  const { port } = await echo(t)
  const { ask, gateway } = await guarded(t, `${FORWARD}, authorization: { shadow: true }`, port)
  assert.equal((await ask('/')).status, 200)
  assert.deepEqual(gateway.stats().listeners['web']!.guardDecisions, { 'shadow-denied none': 1 })
})

test('limits: each value of a key has its own, and what is over has the answer that was written', async (t) => {
  const { port } = await echo(t)
  const { ask, lines, gateway, yaml } = await guarded(
    t,
    `${FORWARD}, limits: { limits: [
      { name: tenant, requests: 2, per: 1h, by: [{ header: x-tenant }] },
      { name: writes, requests: 1, per: 1h, when: "request.method == 'POST'" }],
      status: 430, headers: { retry-after: '9' }, body: later }`,
    port,
  )
  const statuses: number[] = []
  for (const tenant of ['a', 'a', 'b', 'a', 'b', undefined, undefined, undefined])
    statuses.push((await ask('/', { headers: tenant ? { 'x-tenant': tenant } : {} })).status)
  assert.deepEqual(statuses, [200, 200, 200, 430, 200, 200, 200, 200])
  await gateway.reload(gatewaySpec(yaml.replace('address: 127.0.0.1:0', 'address: 127.0.0.1:0')))
  const over = await ask('/', { headers: { 'x-tenant': 'a' } })
  assert.equal(over.status, 430, 'a new generation of the same limit goes on counting')
  assert.deepEqual([over.body, over.headers.get('retry-after')], ['later', '9'])
  assert.match(lines.at(-1)!, /^430 RL local_rate_limited/)
  assert.equal((await ask('/', { method: 'POST' })).status, 200)
  assert.equal((await ask('/', { method: 'POST' })).status, 430)
})

test('faults: requests wait, with their bodies, and are aborted', async (t) => {
  const { port, seen } = await echo(t)
  const { ask, lines } = await guarded(
    t,
    `${FORWARD}, fault: { delay: { duration: 80ms }, abort: { status: 418, percent: 100 }, matches: [{ prefix: /slow }] }`,
    port,
  )
  const begin = performance.now()
  const answer = await ask('/slow', { method: 'POST', body: 'x'.repeat(100_000) })
  assert.ok(performance.now() - begin >= 80)
  assert.deepEqual([answer.status, answer.body], [418, 'fault filter abort'])
  assert.match(lines[0]!, /^418 DI,FI fault_filter_abort/)
  assert.equal((await ask('/fast', { method: 'POST', body: 'abc' })).status, 200)
  assert.equal(seen[0]!.body, 'abc')
})

test('a request that waits reaches its upstream whole', async (t) => {
  const { port, seen } = await echo(t)
  const { ask } = await guarded(t, `${FORWARD}, fault: { delay: { duration: 60ms } }`, port)
  const body = 'y'.repeat(3_000_000)
  assert.equal((await ask('/', { method: 'POST', body })).status, 200)
  assert.equal(seen[0]!.body.length, body.length)
})

test('mirrors: a copy goes elsewhere, as a copy, with its body', async (t) => {
  const { port, seen } = await echo(t)
  const { ask, gateway } = await guarded(
    t,
    `forward: { cluster: up, mirrors: [{ cluster: shadow, when: "request.method == 'POST'" }] }`,
    port,
  )
  await ask('/a')
  const body = 'z'.repeat(200_000)
  assert.equal((await ask('/b', { method: 'POST', body })).body, 'upstream')
  while (seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual(
    seen
      .slice(1)
      .map(({ url, host, body: got }) => [url, host.includes('-shadow'), got.length])
      .toSorted((a, b) => Number(a[1]) - Number(b[1])),
    [
      ['/b', false, body.length],
      ['/b', true, body.length],
    ],
  )
  assert.equal(gateway.stats().listeners['web']!.guardDecisions['mirrored shadow'], 1)
})

test('CORS: preflights are answered, answers say who may read them', async (t) => {
  const { port, seen } = await echo(t)
  const { ask } = await guarded(
    t,
    `${FORWARD}, cors: { allow_origins: ['https://*.shop.example'], allow_methods: [GET, PUT], allow_headers: [x-a], expose_headers: [x-b], allow_credentials: true, max_age: 60s }, authorization: { otherwise: deny, rules: [{ name: get, action: allow, when: "request.method == 'GET'" }] }`,
    port,
  )
  const origin = 'https://www.shop.example'
  const preflight = await ask('/', {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'PUT' },
  })
  assert.equal(preflight.status, 200)
  const said = (headers: Headers, name: string) => headers.get(`access-control-${name}`)
  assert.deepEqual(
    ['allow-origin', 'allow-methods', 'allow-headers', 'allow-credentials', 'max-age'].map((name) =>
      said(preflight.headers, name),
    ),
    [origin, 'GET, PUT', 'x-a', 'true', '60'],
  )
  assert.equal(seen.length, 0)
  const answer = await ask('/', { headers: { origin } })
  assert.deepEqual(
    [said(answer.headers, 'allow-origin'), said(answer.headers, 'expose-headers')],
    [origin, 'x-b'],
  )
  const foreign = await ask('/', { headers: { origin: 'https://evil.example' } })
  assert.equal(said(foreign.headers, 'allow-origin'), null)
  const denied = await ask('/', { method: 'DELETE', headers: { origin } })
  assert.deepEqual([denied.status, said(denied.headers, 'allow-origin')], [403, origin])
})

for (const keys of ['inline', 'remote'] as const)
  test(`JWT: tokens are checked by ${keys} keys, and claims told`, async (t) => {
    const { port, seen } = await echo(t)
    const source =
      keys === 'inline'
        ? `{ inline: '${KEYS}' }`
        : `{ remote: { uri: http://keys.example/keys, cluster: shadow } }`
    const { ask, lines } = await guarded(
      t,
      `${FORWARD}, jwt: { providers: [{ name: login, issuer: me, audiences: [shop], keys: ${source}, claim_headers: [{ claim: user.name, header: x-user }] }] }`,
      port,
    )
    const exp = Date.now() / 1000 + 60
    const whole = { iss: 'me', aud: ['shop', 'other'], exp, user: { name: 'ann' } }
    const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}`, 'x-user': 'forged' } })
    const rows: [string, RequestInit, number, string][] = [
      ['right', bearer(token(whole)), 200, 'upstream'],
      ['right again', bearer(token(whole)), 200, 'upstream'],
      ['missing', {}, 401, 'Jwt is missing'],
      ['no token', bearer('abc'), 401, 'Jwt is not in the form of Header.Payload.Signature'],
      ['expired', bearer(token({ ...whole, exp: exp - 600 })), 401, 'Jwt is expired'],
      ['not yet', bearer(token({ ...whole, nbf: exp + 600 })), 401, 'Jwt not yet valid'],
      ['other issuer', bearer(token({ ...whole, iss: 'you' })), 401, 'Jwt issuer is not configured'],
      ['other audience', bearer(token({ ...whole, aud: 'bank' })), 403, 'Audiences in Jwt are not allowed'],
      [
        'other key',
        bearer(token(whole, { key: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey })),
        401,
        'Jwt verification fails',
      ],
      ['no algorithm', bearer(token(whole, { alg: 'none' })), 401, 'Jwt verification fails'],
      ['public key as a secret', bearer(token(whole, { alg: 'HS256' })), 401, 'Jwt verification fails'],
    ]
    for (const [name, init, status, body] of rows) {
      const answer = await ask('/', init)
      assert.deepEqual([name, answer.status, answer.body], [name, status, body])
    }
    assert.match(lines[2]!, /^401 - jwt_authn_access_denied\{Jwt_is_missing\}/)
    const told = seen.filter(({ url }) => url === '/')
    assert.deepEqual(
      told.map(({ headers }) => [headers['x-user'], headers.authorization]),
      [
        ['ann', undefined],
        ['ann', undefined],
      ],
    )
    assert.equal(seen.filter(({ url }) => url === '/keys').length, keys === 'remote' ? 1 : 0)
  })

test('routes may ask for expressions, plain ones and others', async (t) => {
  const { port } = await echo(t)
  const { ask } = await guarded(t, FORWARD, port)
  const status = async (value?: string) =>
    (await ask('/when', { headers: value === undefined ? {} : { 'x-a': value } })).status
  assert.deepEqual(
    [await status('1'), await status('2'), await status('3'), await status()],
    [201, 202, 200, 200],
  )
})

test('a client stays with the cluster that it got first', async (t) => {
  const { port, seen } = await echo(t)
  const { ask } = await guarded(
    t,
    `forward: { clusters: [{ name: up, weight: 50 }, { name: shadow, weight: 50 }], host_rewrite: { endpoint: true }, sticky: true, hash: [{ cookie: { name: stay, ttl: 1h } }] }, response_headers: { set: { x-cluster: '%UPSTREAM_CLUSTER%' } }`,
    port,
  )
  const clusters = new Set<string | null>()
  for (let client = 0; client < 16; client++) {
    const first = await ask('/')
    const cookie = first.headers.get('set-cookie')!.split(';', 1)[0]!
    const cluster = first.headers.get('x-cluster')
    clusters.add(cluster)
    for (let again = 0; again < 4; again++) {
      const next = await ask('/', { headers: { cookie } })
      assert.deepEqual([next.headers.get('x-cluster'), next.headers.get('set-cookie')], [cluster, null])
    }
  }
  assert.deepEqual(clusters, new Set(['shadow', 'up']))
  assert.equal(seen.length, 80)
})
