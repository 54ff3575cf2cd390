import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HeaderLimit, redactHeaders } from './redact-headers.ts'
import { redactTarget } from './redact-target.ts'
import { redactText } from './redact-text.ts'
import { isSecretHeader, isSecretParameter } from './secret-names.ts'

test('headers that carry secrets are known by their names', () => {
  for (const name of [
    'Authorization',
    'proxy-authorization',
    'Cookie',
    'SET-COOKIE',
    'X-Api-Key',
    'x-apikey',
    'X-Auth-Token',
    'x-auth-user',
    'X-Amz-Security-Token',
    'X-CSRF-Token',
    'x-vault-token',
    'authentication-info',
    'X-Hub-Signature-256',
    'x-forwarded-client-cert',
    'grpc-metadata-authorization',
    'Ocp-Apim-Subscription-Key',
    'x-session-id',
  ])
    assert.ok(isSecretHeader(name), name)
  for (const name of [
    'Host',
    'User-Agent',
    'Accept',
    'Content-Type',
    'traceparent',
    'tracestate',
    'X-Request-Id',
    'X-Trace-Sampling',
    'www-authenticate',
    'sec-websocket-key',
    'Idempotency-Key',
    'x-author',
    'keep-alive',
    'access-control-allow-credentials',
    ':authority',
  ])
    assert.ok(!isSecretHeader(name), name)
  assert.ok(isSecretHeader('X-Tenant', { headers: ['x-ten*'] }))
  assert.ok(isSecretHeader('idempotency-key', { headers: ['Idempotency-*'] }))
})

test('parameters that carry secrets are known by their names', () => {
  for (const name of [
    'token',
    'access_token',
    'X-Amz-Signature',
    'user[password]',
    'to%6Ben',
    'sig',
    'apiKey',
    'code',
  ])
    assert.ok(isSecretParameter(name), name)
  for (const name of ['page', 'q', 'sort', 'limit', 'user[name]', 'monkeys', 'zip'])
    assert.ok(!isSecretParameter(name), name)
  assert.ok(isSecretParameter('filter[ssn]', { parameters: ['SSN'] }))
})

test('a target keeps all but its secrets', () => {
  const check = (target: string, expected: string) => assert.equal(redactTarget(target), expected)
  check('/cart/12?page=2&sort=-created', '/cart/12?page=2&sort=-created')
  check('/a?token=abc&b=2', '/a?token=[redacted]&b=2')
  check('/a?b=2;key=abc', '/a?b=2;key=[redacted]')
  check('/a;jsessionid=ABC/x?y=1', '/a;jsessionid=[redacted]/x?y=1')
  check('/reset-password/3f9a8c7d6e5f1234', '/reset-password/[redacted]')
  check('/api/tokens/latest', '/api/tokens/latest')
  check('/r?next=https%3A%2F%2Fx%2F%3Ftoken%3Dabc', '/r?next=[redacted]')
  check('/r?next=%2Fcart%3Fpage%3D2', '/r?next=%2Fcart%3Fpage%3D2')
  check('/r?u=%252Fa%253Ftoken%253Dabc', '/r?u=[redacted]')
  check('http://me:pw@shop/x?q=a%20b', 'http://me:[redacted]@shop/x?q=a%20b')
  check('/x?user[password]=hunter2', '/x?user[password]=[redacted]')
  check('/x?to%6ben=zz', '/x?to%6ben=[redacted]')
  check('/x?data={"password":"zz"}', '/x?data={"password":[redacted]}')
  check('/search?q=bearer+of+bad+news', '/search?q=bearer+of+bad+news')
  check('/x?q=Bearer+abc.def', '/x?q=Bearer+[redacted]')
  check('/x#token=abc', '/x#token=[redacted]')
  check('*', '*')
  check('shop.example:443', 'shop.example:443')
})

test('a head keeps its order, lower-cased names and what is no secret', () => {
  const { fields, omitted } = redactHeaders(
    [
      [':path', '/x?token=abc'],
      ['Authorization', 'Bearer abc'],
      ['X-Trace-Sampling', 'high'],
      ['Referer', 'https://h/?access_token=zz&b=2'],
      ['baggage', 'user=1,session_token=abc'],
      ['X-Original', 'authorization: Bearer abc.def-123'],
      ['X-Tenant', 'blue'],
      ['Date', 'Thu, 26 Nov 2026 03:00:00 GMT'],
      ['Cookie', ''],
      ['X-Bell', 'a\u0007b'],
    ],
    { headers: ['x-TENANT'] },
  )
  assert.equal(omitted, 0)
  assert.deepEqual(
    fields.map(({ name, value }) => `${name}: ${value}`),
    [
      'authorization: [redacted]',
      'x-trace-sampling: high',
      'referer: https://h/?access_token=[redacted]&b=2',
      'baggage: user=1,session_token=[redacted]',
      'x-original: authorization: [redacted] [redacted]',
      'x-tenant: [redacted]',
      'date: Thu, 26 Nov 2026 03:00:00 GMT',
      'cookie: ',
      'x-bell: a\ufffdb',
    ],
  )
})

test('a token whose end was cut off is none the less hidden', () => {
  const token = `eyJhbGciOiJIUzI1NiJ9.${'c3ViSmVjdA'.repeat(400)}.c2ln`
  for (const length of [12, 30, 1000, 4000, token.length]) {
    const [field] = redactHeaders([['x-forwarded', `a ${token.slice(0, length)}`]]).fields
    assert.equal(field!.value, 'a [redacted]')
    assert.equal(redactTarget(`/x?q=${token.slice(0, length)}`), '/x?q=[redacted]')
  }
  const key = `AKIA${'Q'.repeat(16)}`
  for (let at = HeaderLimit.valueBytes - 30; at < HeaderLimit.valueBytes + 5; at++)
    assert.ok(
      !redactHeaders([['x-long', `${'-'.repeat(at)} ${key}`]]).fields[0]!.value.includes('AKIA'),
      `${at}`,
    )
})

test('what is kept of a head is bounded, and told', () => {
  const many = Array.from({ length: 100 }, (_, i) => [`n${i}`, 'é'.repeat(1000)] as const)
  const { fields, omitted } = redactHeaders([['N'.repeat(100), 'x'], ...many])
  assert.equal(fields.length, HeaderLimit.fields)
  assert.equal(omitted, 101 - HeaderLimit.fields)
  assert.deepEqual(fields[0], { name: 'n'.repeat(64), value: 'x', cutBytes: 0 })
  assert.deepEqual(fields[1], { name: 'n0', value: 'é'.repeat(512), cutBytes: 2000 })
  assert.equal(redactTarget(`/${'a/'.repeat(5000)}`).length, 2048)
})

/** What a secret may look like: no part of it is a word that stands in a request anyway. */
const secret = fc
  .string({ unit: fc.constantFrom(...'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'), minLength: 10, maxLength: 40 })
  .map((text) => `Zq${text}`)
const word = fc.constantFrom('shop', 'cart', 'v1', 'items', '12', 'page', 'x-y', 'é%20')
const encoded = (text: string, times: number) => {
  let out = text
  for (let i = 0; i < times; i++) out = encodeURIComponent(out)
  return out
}
const secretHeader = fc.constantFrom(
  'Authorization',
  'cookie',
  'Set-Cookie',
  'PROXY-AUTHORIZATION',
  'X-Api-Key',
  'x-goog-iam-authorization-token',
  'x-configured-one',
)
const secretParameter = fc.constantFrom('token', 'api_key', 'password', 'X-Amz-Signature', 'a[secret]', 'ssn')
const plainHeader = fc.constantFrom('referer', 'location', 'x-custom', 'grpc-message', 'link', 'baggage')

test('a planted secret is in nothing that comes out', () => {
  const names = { headers: ['x-configured-*'], parameters: ['ssn'] }
  fc.assert(
    fc.property(
      secret,
      secretHeader,
      secretParameter,
      plainHeader,
      fc.array(word, { maxLength: 5 }),
      fc.nat(3),
      fc.nat(1500),
      (planted, header, parameter, plain, words, times, padding) => {
        const path = `/${words.join('/')}`
        const assigned = `${parameter}=${planted}`
        const url = `https://h${path}?a=1&${assigned}&b=2`
        const jwt = `eyJhbGciOiJIUzI1NiJ9.${planted}.${planted}`
        const targets = [
          `${path}?${assigned}`,
          `${path};${assigned}/x`,
          `${path}?a=b&next=${encoded(url, times + 1)}`,
          `${path}/token/${planted}9`,
          `http://user:${planted}@h${path}`,
          `${path}?q=${encoded(`Bearer ${planted}`, times)}`,
          `${path}/${jwt}?t=${jwt}`,
          `${path}?a=${'x'.repeat(padding)}&${assigned}`,
        ]
        const fields: [string, string][] = [
          [header, planted],
          [header.toLowerCase(), `a=${planted}; b=${planted}`],
          [plain, url],
          [plain, encoded(url, times)],
          [plain, `Bearer ${planted}`],
          [plain, `{"${parameter}": "${planted}"}`],
          [plain, `${'x'.repeat(padding)} ${jwt}`],
          [plain, `${'y'.repeat(padding)}?${assigned}`],
          [plain, `${parameter}: ${planted}`],
        ]
        const out = JSON.stringify([
          targets.map((target) => redactTarget(target, names)),
          redactHeaders(fields, names),
          fields.map(([, value]) => redactText(value, names)).slice(2),
        ])
        // Half of a secret is too much, too.
        assert.ok(!out.includes(planted.slice(0, 8)), out)
      },
    ),
    { seed: 5, numRuns: 150 },
  )
})

test('any text is looked through soon, and twice is as good as once', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 2000 }),
      fc.string({ maxLength: 80 }),
      (value, name) => {
        const { fields } = redactHeaders([[name, value]])
        for (const field of fields) {
          assert.ok(Buffer.byteLength(field.value) <= HeaderLimit.valueBytes)
          assert.ok(Buffer.byteLength(field.name) <= HeaderLimit.nameBytes)
          assert.ok(field.value.isWellFormed() && field.name.isWellFormed())
        }
        const once = redactTarget(value)
        assert.ok(once.length <= 2048)
        assert.equal(redactTarget(once), once)
      },
    ),
    { seed: 6, numRuns: 100 },
  )
  for (const text of [
    'a=',
    '%25',
    '%25'.repeat(40),
    'bearer ',
    '{"token":"',
    'a'.repeat(64),
    '"',
    'a://',
    'eyJ',
    ';',
    '[',
    '&%3d',
  ])
    redactTarget(`/x?${text.repeat(4000)}`)
})
