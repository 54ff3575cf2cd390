import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync, deflateSync } from 'node:zlib'
import { Ledger } from '../ledger.ts'
import { madeBytes } from '../testing/made-spans.ts'
import { openListeners } from '../testing/open-listeners.ts'
import { OtlpIntake } from './otlp-intake.ts'
import { otlpHttpHandler } from './otlp-http.ts'

const BODY_BYTES_MAX = 100_000
const ledger = new Ledger().stage('receiver')
const intake = new OtlpIntake({ traces: { consume: () => undefined } }, ledger)
let address = ''
let opened: Awaited<ReturnType<typeof openListeners>>

before(async () => {
  opened = await openListeners([
    {
      kind: 'http',
      component: 'it',
      host: '',
      port: 0,
      tls: undefined,
      handler: otlpHttpHandler(intake, { bodyBytesMax: BODY_BYTES_MAX }),
    },
  ])
  address = `http://${opened.addresses.get('it/http')!}`
})
after(() => opened[Symbol.dispose]())

const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

for (const [name, path, init, status] of [
  ['protobuf', '/v1/traces', { headers: PROTOBUF, body: madeBytes(3) }, 200],
  ['nothing', '/v1/traces', { headers: PROTOBUF, body: '' }, 200],
  [
    'gzip',
    '/v1/traces',
    { headers: { ...PROTOBUF, 'content-encoding': 'gzip' }, body: gzipSync(madeBytes(3)) },
    200,
  ],
  [
    'deflate',
    '/v1/traces',
    { headers: { ...PROTOBUF, 'content-encoding': 'deflate' }, body: deflateSync(madeBytes(3)) },
    200,
  ],
  ['JSON', '/v1/traces', { headers: JSON_TYPE, body: '{"resourceSpans":[],"later":1}' }, 200],
  ['another method', '/v1/traces', { method: 'PUT', headers: PROTOBUF, body: '' }, 405],
  ['another path', '/v1/logs', { headers: PROTOBUF, body: '' }, 404],
  ['a signal that no pipeline has', '/v1/metrics', { headers: PROTOBUF, body: '' }, 404],
  ['another type', '/v1/traces', { headers: { 'content-type': 'text/plain' }, body: '' }, 415],
  [
    'another compression',
    '/v1/traces',
    { headers: { ...PROTOBUF, 'content-encoding': 'br' }, body: '' },
    415,
  ],
  ['no protobuf', '/v1/traces', { headers: PROTOBUF, body: 'hello' }, 400],
  ['no JSON', '/v1/traces', { headers: JSON_TYPE, body: '{' }, 400],
  ['no gzip', '/v1/traces', { headers: { ...PROTOBUF, 'content-encoding': 'gzip' }, body: 'hello' }, 400],
  ['too large', '/v1/traces', { headers: PROTOBUF, body: new Uint8Array(BODY_BYTES_MAX + 1) }, 413],
  [
    'a bomb',
    '/v1/traces',
    { headers: { ...PROTOBUF, 'content-encoding': 'gzip' }, body: gzipSync(new Uint8Array(50 << 20)) },
    413,
  ],
] as const)
  test(`${name}: ${status}`, async () => {
    const response = await fetch(`${address}${path}`, { method: 'POST', ...init })
    assert.equal(response.status, status, await response.text())
  })

test('each request that could not be read is counted, and every span that could', () => {
  const { seen, kept, dropped } = ledger.counts()
  assert.deepEqual(
    { seen, kept, dropped: Object.fromEntries(dropped.map(({ reason, count }) => [reason, count])) },
    {
      seen: 14,
      kept: 9,
      dropped: { malformed: 3, 'too-large': 2 },
    },
  )
})
