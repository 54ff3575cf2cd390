// The functions that Envoy has besides the ABI.
import { generateKeyPairSync, sign } from 'node:crypto'
import type { FilterCase } from '../filter-case.ts'
import { httpCase, type HttpCaseOptions } from './http-case.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PRIVATE_KEY = privateKey.export({ type: 'pkcs8', format: 'der' })
const PUBLIC_KEY = publicKey.export({ type: 'spki', format: 'der' })

/** A message of Protocol Buffers, as scripts write bytes. */
function message(fields: Readonly<Record<number, string | Buffer | number>>): string {
  const parts = Object.entries(fields).map(([number, value]) => {
    if (typeof value === 'number') return Buffer.from([(Number(number) << 3) | 0, value])
    const bytes = Buffer.from(value)
    return Buffer.concat([Buffer.from([(Number(number) << 3) | 2]), varint(bytes.length), bytes])
  })
  return `hex:${Buffer.concat(parts).toString('hex')}`
}

function varint(value: number): Buffer {
  return value < 128
    ? Buffer.from([value])
    : Buffer.concat([Buffer.from([(value & 127) | 128]), varint(value >> 7)])
}

/** Each is said by a register, as keys are others each time. */
const call = (name: string, argument: string, register = 'argument') =>
  `request_headers keep ${argument} >${register}\nrequest_headers foreign ${name} bytes:${register}`

const verified = (hash: string, signature: Buffer, text: string, key: Buffer = PUBLIC_KEY) =>
  call('verify_signature', message({ 1: hash, 2: key, 3: signature, 4: text }))
const signed = (hash: string, text: string, key: Buffer | string = PRIVATE_KEY) =>
  `request_headers keep ${message({ 1: hash, 2: key, 3: text })} >argument`

/** Envoy makes objects of what it knows by name. */
const KNOWN_STATE = 'envoy.network.upstream_server_name'

const REQUEST: HttpCaseOptions = { request: { path: '/path?q=1', headers: [['x-one', '1']] } }

const evaluate = (...expressions: readonly string[]) =>
  expressions
    .map(
      (text) =>
        `request_headers foreign expr_create hex:${Buffer.from(text).toString('hex')} >token\nrequest_headers foreign expr_evaluate bytes:token\nrequest_headers foreign expr_delete bytes:token`,
    )
    .join('\n')

export const FOREIGN_FUNCTION_CASES: readonly FilterCase[] = [
  httpCase(
    'foreign-functions/unknown',
    'request_headers foreign no_such_function -\nrequest_headers foreign - -\nconfigure foreign no_such_function -',
  ),
  httpCase(
    'foreign-functions/compress',
    'request_headers foreign compress rep:1000:ab >packed\nrequest_headers foreign uncompress bytes:packed\nrequest_headers foreign compress - >packed\nrequest_headers foreign uncompress bytes:packed',
  ),
  httpCase(
    'foreign-functions/uncompress-what-is-not',
    'request_headers foreign uncompress text\nrequest_headers foreign uncompress -\nrequest_headers foreign compress abc >packed\nrequest_headers foreign uncompress bytes:packed+more\nrequest_headers foreign uncompress hex:789c',
  ),
  httpCase(
    'foreign-functions/verify-signature',
    [
      verified('sha256', sign('sha256', Buffer.from('text'), privateKey), 'text'),
      verified('sha1', sign('sha1', Buffer.from('text'), privateKey), 'text'),
      verified('sha512', sign('sha512', Buffer.from('text'), privateKey), 'text'),
      verified('sha256', sign('sha256', Buffer.from('text'), privateKey), 'other'),
      verified('sha256', Buffer.from('none'), 'text'),
      verified('md5', sign('md5', Buffer.from('text'), privateKey), 'text'),
      verified('nonsense', sign('sha256', Buffer.from('text'), privateKey), 'text'),
      verified('sha256', sign('sha256', Buffer.from('text'), privateKey), 'text', Buffer.from('no key')),
      'request_headers foreign verify_signature hex:ffff',
      'request_headers foreign verify_signature -',
    ].join('\n'),
  ),
  httpCase(
    'foreign-functions/sign',
    [
      signed('sha256', 'text'),
      'request_headers foreign sign bytes:argument >signed',
      // The signature is the second field, which is the third of what verifies it.
      `request_headers keep ${message({ 1: 'sha256', 2: PUBLIC_KEY, 4: 'text' })}+hex:1a+slice:3:signed >argument`,
      'request_headers foreign verify_signature bytes:argument',
      signed('nonsense', 'text'),
      'request_headers foreign sign bytes:argument',
      signed('sha256', 'text', 'no key'),
      'request_headers foreign sign bytes:argument',
      'request_headers foreign sign hex:ffff',
    ].join('\n'),
  ),
  httpCase(
    'foreign-functions/set-envoy-filter-state',
    `${call('set_envoy_filter_state', message({ 1: KNOWN_STATE, 2: 'sni.test' }))}
     request_headers property filter_state/${KNOWN_STATE}
     ${call('set_envoy_filter_state', message({ 1: 'state.of.case', 2: 'value' }))}
     request_headers property filter_state/state.of.case
     request_headers foreign set_envoy_filter_state hex:ffff
     request_headers foreign set_envoy_filter_state -
     log property filter_state/${KNOWN_STATE}`,
  ),
  httpCase(
    'foreign-functions/set-envoy-filter-state-in-configure',
    `configure foreign set_envoy_filter_state ${message({ 1: KNOWN_STATE, 2: 'sni.test' })}`,
  ),
  httpCase(
    'foreign-functions/clear-route-cache',
    'request_headers replace 0 x-route other\nrequest_headers foreign clear_route_cache -',
  ),
  httpCase('foreign-functions/route-without-clearing', 'request_headers replace 0 x-route other'),
  httpCase(
    'foreign-functions/route-that-was-looked-at',
    'request_headers property xds/route_name\nrequest_headers replace 0 x-route other\nrequest_headers property xds/route_name',
  ),
  httpCase(
    'foreign-functions/clear-route-cache-after-looking',
    'request_headers property xds/route_name\nrequest_headers replace 0 x-route other\nrequest_headers foreign clear_route_cache -\nrequest_headers property xds/route_name',
  ),
  httpCase(
    'foreign-functions/clear-route-cache-in-configure',
    'configure foreign clear_route_cache -\nresponse_headers foreign clear_route_cache -',
  ),
  httpCase(
    'foreign-functions/expressions',
    evaluate(
      'request.path',
      'request.method == "GET"',
      '1 + 2',
      'request.headers["x-one"]',
      'size(request.path)',
      '"a" + "b"',
      '1.5',
      'true && false',
      'request.size',
      'response.code',
    ),
    REQUEST,
  ),
  httpCase(
    'foreign-functions/expressions-that-fail',
    `${evaluate('request.nothing', 'nothing', 'request.headers["x-none"]', '1 / 0')}\nrequest_headers foreign expr_create hex:2b2b\nrequest_headers foreign expr_create -\nrequest_headers foreign expr_evaluate u32:999\nrequest_headers foreign expr_evaluate hex:01\nrequest_headers foreign expr_delete u32:999\nrequest_headers foreign expr_delete -`,
    REQUEST,
  ),
  httpCase(
    'foreign-functions/expression-in-configure',
    'configure foreign expr_create plugin_name >token\nrequest_headers foreign expr_evaluate bytes:token\nrequest_headers foreign expr_evaluate bytes:token',
    REQUEST,
  ),
  httpCase(
    'foreign-functions/declare-property',
    `configure foreign declare_property ${message({ 1: 'declared', 2: 0, 3: 1 })}\nconfigure foreign declare_property ${message({ 1: 'declared', 2: 0, 3: 1 })}\nconfigure foreign declare_property hex:ffff\nrequest_headers set_property declared value\nrequest_headers property declared\nrequest_headers property filter_state/wasm.declared`,
  ),
  httpCase(
    'foreign-functions/declare-read-only-property',
    `configure foreign declare_property ${message({ 1: 'read-only', 2: 1, 3: 1 })}\nrequest_headers set_property read-only one\nrequest_headers set_property read-only two\nrequest_headers property read-only`,
  ),
]
