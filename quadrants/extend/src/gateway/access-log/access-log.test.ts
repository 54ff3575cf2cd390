import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import fc from 'fast-check'
import { DEFAULT_LOG_FORMAT } from '../config/output-fields.ts'
import { type EntryParts, logEntryOf } from '../testing/log-entry.ts'
import { compileAccessLog } from './compile-access-log.ts'
import { parseFormat } from './format-parser.ts'
import { OPERATOR_VALUES } from './operator-value.ts'

function line(text: string, parts: EntryParts = {}): string {
  return compileAccessLog({ kind: 'text', text })(logEntryOf(parts)).slice(0, -1)
}

const AGENT = [['user-agent', 'curl/8']] as const

const LINES: readonly (readonly [format: string, expected: string, parts?: EntryParts])[] = [
  ['plain 100%%', 'plain 100%'],
  ['%START_TIME%', '2026-11-27T09:08:07.065Z'],
  ['%START_TIME(%Y/%m/%d %H:%M:%S.%6f %z)%', '2026/11/27 09:08:07.065432 +0000'],
  ['%START_TIME(%s.%3f|%F %T|%%)%', '1795770487.065|2026-11-27 09:08:07|%'],
  ['%REQ(:METHOD)% %REQ(:path)%', 'GET /cart?x=1'],
  ['%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%', '/cart?x=1'],
  ['%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%', '/old', { request: [['x-envoy-original-path', '/old']] }],
  ['%REQ(:PATH):4%', '/car'],
  ['%REQ(NONE)% %REQ(NONE?ALSO):3% %RESP(NONE)% %TRAILER(NONE)%', '- - - -'],
  [
    '%RESP(X-A)%/%TRAILER(GRPC-STATUS)%',
    'b/14',
    { response: [['x-a', 'b']], entry: { responseTrailers: HeaderMap.of([['grpc-status', '14']]) } },
  ],
  ['%GRPC_STATUS_NUMBER%', '14', { entry: { responseTrailers: HeaderMap.of([['grpc-status', '14']]) } }],
  ['%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%', '503 UC,URX upstream_reset_before_response'],
  ['%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%', '- -', { info: { responseFlags: 0, responseDetails: '' } }],
  ['%BYTES_RECEIVED% %BYTES_SENT% %REQUEST_HEADERS_BYTES% %RESPONSE_HEADERS_BYTES%', '12 3456 300 99'],
  [
    '%DURATION% %REQUEST_DURATION% %REQUEST_TX_DURATION% %RESPONSE_DURATION% %RESPONSE_TX_DURATION%',
    '12 1 3 9 2',
  ],
  ['%DURATION%', '-', { info: { durationNs: undefined } }],
  ['%UPSTREAM_HOST% %UPSTREAM_CLUSTER% %UPSTREAM_REQUEST_ATTEMPT_COUNT%', '10.0.0.2:80 cart-v1 2'],
  ['%UPSTREAM_HOST% %ROUTE_NAME%', '- -', { info: { upstreamAddress: undefined, routeName: '' } }],
  ['%LISTENER_NAME%/%VIRTUAL_HOST_NAME%/%ROUTE_NAME%', 'web/shop/cart'],
  ['%PROTOCOL% %REQUEST_ID% %CONNECTION_ID%', 'HTTP/2 r-1 7'],
  [
    '%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT%',
    '203.0.113.9:50123 203.0.113.9 50123',
  ],
  ['%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%', '[::1]:8443 ::1'],
  [
    '%DOWNSTREAM_TLS_VERSION% %REQUESTED_SERVER_NAME% %DOWNSTREAM_PEER_SUBJECT%',
    'TLSv1.3 shop.example CN=client',
  ],
  ['%DOWNSTREAM_PEER_URI_SAN% %DOWNSTREAM_PEER_DNS_SAN%', 'spiffe://example/client -'],
  ['%PROTOCOL:4%|%START_TIME:10%', 'HTTP|2026-11-27'],
  // What a client says can end neither the line nor a quotation.
  [
    '"%REQ(USER-AGENT)%"',
    '"a\\x22 b\\x5c \\x0a\\x1b[31m\\xc3\\xa4"',
    { request: [['user-agent', 'a" b\\ \n\u001b[31m\xc3\xa4']] },
  ],
  ['%UPSTREAM_TRANSPORT_FAILURE_REASON%', 'a\\x0d\\x0ab', { info: { upstreamTransportFailure: 'a\r\nb' } }],
  // Secrets.
  ['%REQ(AUTHORIZATION)%', 'Bearer ***', { request: [['authorization', 'Bearer eyJhbGciOi']] }],
  ['%REQ(AUTHORIZATION)%', '***', { request: [['authorization', 'eyJhbGciOi']] }],
  ['%REQ(X-NONE?AUTHORIZATION):6%', 'Basic ', { request: [['authorization', 'Basic dTpw']] }],
  ['%REQ(COOKIE)%', 'sid=***; theme=***;***', { request: [['cookie', 'sid=1234; theme=dark;opaque']] }],
  [
    '%RESP(SET-COOKIE)%',
    'sid=***; Path=/; HttpOnly',
    { response: [['set-cookie', 'sid=1234; Path=/; HttpOnly']] },
  ],
  ['%REQ(X-API-KEY)%', '***', { request: [['x-api-key', 'abc']] }],
  [
    '%REQ(REFERER)%',
    'https://a/?access_token=***&x=1',
    { request: [['referer', 'https://a/?access_token=abc&x=1']] },
  ],
  [
    '%REQ(X-ENVOY-ORIGINAL-PATH)%',
    '/a?a=b&Api_Key=***',
    { request: [['x-envoy-original-path', '/a?a=b&Api_Key=x']] },
  ],
]

for (const [format, expected, parts] of LINES)
  test(`${format} is ${expected}`, () => {
    assert.equal(line(format, parts), expected)
  })

test('the default is as Envoy’s', () => {
  assert.equal(
    line(DEFAULT_LOG_FORMAT, { request: [...AGENT, ['x-request-id', 'r-1']] }),
    '[2026-11-27T09:08:07.065Z] "GET /cart?x=1 HTTP/2" 503 UC,URX 12 3456 12 - "-" "curl/8" "r-1" "shop.example" "10.0.0.2:80"',
  )
})

const PROBLEMS: readonly (readonly [format: string, message: RegExp, offset: number, fix: string])[] = [
  ['a %RESPONSE_CODES%', /no operator/, 2, '%RESPONSE_CODE%'],
  ['100%', /begins no operator/, 3, '%%'],
  ['%REQ%', /name of a header/, 0, '%REQ(X-REQUEST-ID)%'],
  ['%REQ(a?b?c)%', /name of a header/, 0, '%REQ(X-REQUEST-ID)%'],
  ['%PROTOCOL(x)%', /no argument/, 0, '%PROTOCOL%'],
  ['%START_TIME(%Q)%', /not understood in a time/, 0, '%Y-%m-%dT%H:%M:%S.%3f'],
  ['%constructor%', /begins no operator/, 0, '%%'],
  ['a\nb', /control character/, 1, 'remove it'],
]

for (const [format, message, offset, fix] of PROBLEMS)
  test(`${JSON.stringify(format)} is refused: ${message.source}`, () => {
    const [problem] = parseFormat(format, { isMasked: true }).problems
    assert.match(problem?.message ?? '', message)
    assert.deepEqual([problem?.offset, problem?.fix, problem?.isWarning], [offset, fix, false])
    assert.throws(() => compileAccessLog({ kind: 'text', text: format }), { code: 'argument' })
  })

test('JSON has numbers where they are, and null where there is nothing', () => {
  const format = compileAccessLog({
    kind: 'json',
    fields: {
      status: '%RESPONSE_CODE%',
      time: '%START_TIME%',
      none: '%REQ(NONE)%',
      both: '%REQ(NONE)% ä %RESPONSE_CODE%',
      request: { agent: '%REQ(USER-AGENT)%', bytes: '%BYTES_RECEIVED%', fixed: 'x', empty: '' },
      'a"b': '%PROTOCOL%',
    },
  })
  const written = format(logEntryOf({ request: [['user-agent', '\xc3\xa4"\n\u0085\xff']] }))
  assert.doesNotMatch(written.slice(0, -1), /(?!\t)\p{Cc}/u)
  assert.deepEqual(JSON.parse(written), {
    status: 503,
    time: '2026-11-27T09:08:07.065Z',
    none: null,
    both: '- ä 503',
    // No UTF-8, so each byte is a character.
    request: { agent: '\xc3\xa4"\n\u0085\xff', bytes: 12, fixed: 'x', empty: '' },
    'a"b': 'HTTP/2',
  })
  const utf8 = compileAccessLog({ kind: 'json', fields: { agent: '%REQ(USER-AGENT)%' } })
  assert.deepEqual(JSON.parse(utf8(logEntryOf({ request: [['user-agent', '\xc3\xa4']] }))), { agent: 'ä' })
})

const bytes = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 40,
})

test('whatever a client says, there is one line, its quotations close, and it is printable', () => {
  const text = compileAccessLog({
    kind: 'text',
    text: `${DEFAULT_LOG_FORMAT} "%REQ(X)%" %REQ(COOKIE)% %RESP(Y)%`,
  })
  const json = compileAccessLog({
    kind: 'json',
    fields: { x: '%REQ(X)%', y: 'a %REQ(USER-AGENT)%', z: '%REQ(:PATH)%' },
  })
  fc.assert(
    fc.property(bytes, bytes, bytes, (a, b, c) => {
      const entry = logEntryOf({
        info: { responseDetails: c, upstreamTransportFailure: a },
        request: [
          ['x', a],
          ['user-agent', b],
          ['cookie', c],
        ],
        response: [['y', b]],
      })
      const written = text(entry)
      assert.match(written, /^[ -~]*\n$/)
      assert.equal(written.split('"').length, 15)
      const parsed = json(entry)
      assert.match(parsed, /^\P{Cc}*\n$/u)
      JSON.parse(parsed)
    }),
    { seed: 1, numRuns: 1000 },
  )
})

test('whatever follows the scheme or the name, none of a secret is logged', () => {
  const secret = fc.stringMatching(/^[0-9]{6,20}$/)
  const format = compileAccessLog({
    kind: 'text',
    text: '%REQ(AUTHORIZATION)% %REQ(COOKIE)% %RESP(SET-COOKIE)% %REQ(:PATH)% %REQ(X-VAULT-TOKEN)%',
  })
  fc.assert(
    fc.property(secret, (value) => {
      const entry = logEntryOf({
        entry: {
          requestHeaders: HeaderMap.of([
            [':path', `/?token=${value}`],
            ['authorization', `Digest username="x", response="${value}"`],
            ['cookie', `a=b=${value}; c=${value}`],
            ['x-vault-token', value],
          ]),
        },
        response: [['set-cookie', `sid=${value}`]],
      })
      assert.ok(!format(entry).includes(value))
    }),
    { seed: 2, numRuns: 100 },
  )
})

test('whatever text is called a format, it is taken or refused', () => {
  const unit = fc.constantFrom(
    '%',
    '(',
    ')',
    ':',
    '?',
    '3',
    'REQ',
    'START_TIME',
    'RESPONSE_CODE',
    'x',
    ' ',
    ...Object.keys(OPERATOR_VALUES).slice(0, 5),
  )
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('')
      const { problems } = parseFormat(text, { isMasked: true })
      if (problems.every(({ isWarning }) => isWarning)) assert.match(line(text), /^[ -~]*$/)
    }),
    { seed: 3, numRuns: 2000 },
  )
})
