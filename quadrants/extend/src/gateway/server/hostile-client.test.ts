// What clients say of themselves, or in frames that node:http2 would not send.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { type TestContext, test } from 'node:test'
import { http2Frame } from '../testing/http2-frame.ts'
import { exchangeBytes } from '../testing/raw-client.ts'
import { helloUpstream, rawUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'

const FACTS = [
  'x-forwarded-client-cert: By=spiffe://a;Hash=00;Subject="CN=admin"',
  'x-envoy-internal: true',
  'x-envoy-external-address: 10.0.0.1',
  'x-envoy-original-path: /public',
]

for (const trustedHopCount of [0, 1])
  test(`what only a proxy can know is believed of ${trustedHopCount} proxies in front`, async (t) => {
    const upstream = await helloUpstream(t)
    const { port } = await testGateway(
      t,
      simpleYaml(upstream.port, { listener: `, trusted_hops: ${trustedHopCount}` }),
    )
    await exchangeBytes(
      port,
      `GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${FACTS.join('\r\n')}\r\n\r\n`,
    )
    const [sent = ''] = upstream.received
    for (const fact of FACTS) assert.equal(sent.includes(`\r\n${fact}\r\n`), trustedHopCount > 0, fact)
  })

test('what is no address is nobody', async (t) => {
  const upstream = await helloUpstream(t)
  const addresses: unknown[] = []
  const yaml = simpleYaml(upstream.port, { listener: ', trusted_hops: 1' })
  const { port, line } = await testGateway(
    t,
    `${yaml}tracing: { endpoint: http://127.0.0.1:9/v1/traces, sample_ratio: 1 }\n`,
    {
      writeSpan: ({ kind, attributes }) => {
        if (kind === 'server') addresses.push(attributes['client.address'])
      },
    },
  )
  for (const said of ['9.9.9.9, 8.8.8.8', '2001:db8::1', 'unknown', '8.8.8.8, 999.1.1.1', 'x'.repeat(9000)]) {
    await exchangeBytes(
      port,
      `GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-forwarded-for: ${said}\r\n\r\n`,
    )
    await line()
  }
  assert.deepEqual(addresses, ['8.8.8.8', '2001:db8::1', '127.0.0.1', '127.0.0.1', '127.0.0.1'])
})

test('trailers of HTTP/2 cannot say who asks, or whom', { timeout: 20_000 }, async (t) => {
  const upstream = await rawUpstream(t, (socket, text) => {
    if (text.includes('\r\n0\r\n')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
  })
  const { port } = await testGateway(t, simpleYaml(upstream.port))
  const session = connect(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  const stream = session.request({ ':path': '/', ':method': 'POST' }, { waitForTrailers: true })
  stream.on('wantTrailers', () =>
    stream.sendTrailers({
      'x-sum': '1',
      host: 'evil',
      authorization: 'Basic eDp5',
      'x-forwarded-for': '1.1.1.1',
    }),
  )
  stream.end('abc')
  const [head] = await once(stream, 'response')
  assert.equal(head[':status'], 200)
  const [sent = ''] = upstream.received
  assert.match(sent, /\r\n0\r\nx-sum: 1\r\n\r\n$/)
  assert.doesNotMatch(sent, /evil|authorization|1\.1\.1\.1/)
})

/** Fields as literals of HPACK without indexing. */
function fields(...pairs: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    pairs.map(([name, value]) =>
      Buffer.concat([
        Buffer.from([0, name.length]),
        Buffer.from(name, 'latin1'),
        Buffer.from([value.length]),
        Buffer.from(value, 'latin1'),
      ]),
    ),
  )
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const [DATA, HEADERS, PRIORITY, SETTINGS, WINDOW_UPDATE] = [0, 1, 2, 4, 8]
const METHOD = [':method', 'GET'] as const
const SCHEME = [':scheme', 'http'] as const
const AUTHORITY = [':authority', 'a'] as const
const PATH = [':path', '/'] as const
const PSEUDO = [METHOD, SCHEME, AUTHORITY, PATH] as const

async function attack(t: TestContext, port: number, bytes: Buffer, waitMs = 300): Promise<Buffer> {
  const socket = connectTcp(port, '127.0.0.1')
  t.after(() => socket.destroy())
  let answer = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (part: Buffer) => (answer = Buffer.concat([answer, part])))
  socket.write(Buffer.concat([PREFACE, http2Frame(SETTINGS, 0, 0), bytes]))
  await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, waitMs))])
  return answer
}

const MALFORMED: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ['a name in capitals', [...PSEUDO, ['X-A', '1']]],
  ['Connection', [...PSEUDO, ['connection', 'close']]],
  ['Transfer-Encoding', [...PSEUDO, ['transfer-encoding', 'chunked']]],
  ['Upgrade', [...PSEUDO, ['upgrade', 'h2c']]],
  ['TE but for trailers', [...PSEUDO, ['te', 'gzip']]],
  ['a pseudo-header behind a field', [METHOD, SCHEME, AUTHORITY, ['x-a', '1'], PATH]],
  ['a pseudo-header twice', [...PSEUDO, PATH]],
  ['a pseudo-header of responses', [...PSEUDO, [':status', '200']]],
  ['no path', [METHOD, SCHEME, AUTHORITY]],
  ['an empty path', [METHOD, SCHEME, AUTHORITY, [':path', '']]],
  ['a line in the path', [METHOD, SCHEME, AUTHORITY, [':path', '/\r\nx: 1']]],
  ['a space in the path', [METHOD, SCHEME, AUTHORITY, [':path', '/ HTTP/1.1']]],
  ['a line in the method', [[':method', 'GET / HTTP/1.1\r\n'], SCHEME, AUTHORITY, PATH]],
  ['a user in the authority', [METHOD, SCHEME, [':authority', 'a@b'], PATH]],
  ['a path in the authority', [METHOD, SCHEME, [':authority', 'a/b'], PATH]],
  ['two lengths', [...PSEUDO, ['content-length', '0'], ['content-length', '1']]],
  ['CONNECT with a path', [[':method', 'CONNECT'], SCHEME, AUTHORITY, PATH]],
  ['an asterisk that is not for OPTIONS', [METHOD, SCHEME, AUTHORITY, [':path', '*']]],
  ['an asterisk of another scheme', [METHOD, [':scheme', 'ftp'], AUTHORITY, [':path', '*']]],
  ['a path without a slash of another scheme', [METHOD, [':scheme', 'ftp'], AUTHORITY, [':path', 'a']]],
]

/** nghttp2 leaves them out, and lets the rest of the request in. */
const LEFT_OUT: typeof MALFORMED = [
  ['no name', [...PSEUDO, ['', '1']]],
  ['a space in a name', [...PSEUDO, ['x a', '1']]],
  ['a colon in a name', [...PSEUDO, ['x:a', '1']]],
  ['a line in a value', [...PSEUDO, ['x-a', '1\r\nx-b: 2']]],
  ['a NUL in a value', [...PSEUDO, ['x-a', '1\0']]],
]

test('fields of HTTP/2 that are none do not reach anybody', { timeout: 20_000 }, async (t) => {
  const upstream = await helloUpstream(t)
  const { port } = await testGateway(t, simpleYaml(upstream.port))
  for (const [name, pairs] of LEFT_OUT) {
    await attack(t, port, http2Frame(HEADERS, 5, 1, fields(...pairs)), 100)
    const sent = upstream.received.map(String).join('')
    assert.doesNotMatch(sent, /x a|x:a|x-a|x-b|\0|^:/m, name)
  }
  assert.equal(upstream.received.length > 0, true)
})

test('requests of HTTP/2 that are none do not reach anybody', { timeout: 60_000 }, async (t) => {
  const upstream = await helloUpstream(t)
  const { port } = await testGateway(t, simpleYaml(upstream.port))
  for (const [name, pairs] of MALFORMED) {
    await attack(t, port, http2Frame(HEADERS, 5, 1, fields(...pairs)), 60)
    assert.deepEqual(upstream.received, [], name)
  }
  await attack(t, port, http2Frame(HEADERS, 5, 1, fields(...PSEUDO)), 1000)
  assert.equal(upstream.received.length, 1)
})

const COUNT = 20_000
const each = (make: (index: number) => readonly Buffer[]): Buffer =>
  Buffer.concat(Array.from({ length: COUNT }, (_, index) => make(index)).flat())
const POST = fields([':method', 'PUT'], SCHEME, AUTHORITY, PATH)

const FLOODS: readonly (readonly [string, Buffer])[] = [
  [
    'MadeYouReset by windows of nothing (CVE-2025-8671)',
    each((index) => [
      http2Frame(HEADERS, 4, 2 * index + 1, POST),
      http2Frame(WINDOW_UPDATE, 0, 2 * index + 1, Buffer.alloc(4)),
    ]),
  ],
  [
    'MadeYouReset by windows too large',
    each((index) => [
      http2Frame(HEADERS, 4, 2 * index + 1, POST),
      http2Frame(WINDOW_UPDATE, 0, 2 * index + 1, Buffer.from([0x7f, 0xff, 0xff, 0xff])),
    ]),
  ],
  [
    'MadeYouReset by data behind the end',
    each((index) => [
      http2Frame(HEADERS, 5, 2 * index + 1, POST),
      http2Frame(DATA, 0, 2 * index + 1, Buffer.from('x')),
    ]),
  ],
  [
    'MadeYouReset by priorities of a wrong size',
    each((index) => [
      http2Frame(HEADERS, 4, 2 * index + 1, POST),
      http2Frame(PRIORITY, 0, 2 * index + 1, Buffer.alloc(4)),
    ]),
  ],
  ['data of nothing', Buffer.concat([http2Frame(HEADERS, 4, 1, POST), each(() => [http2Frame(DATA, 0, 1)])])],
  [
    'priorities',
    Buffer.concat([
      http2Frame(HEADERS, 4, 1, POST),
      each(() => [http2Frame(PRIORITY, 0, 1, Buffer.from([0, 0, 0, 0, 1]))]),
    ]),
  ],
  [
    'frames of no known type',
    Buffer.concat([http2Frame(HEADERS, 4, 1, POST), each(() => [http2Frame(0x77, 0, 0)])]),
  ],
]

for (const [name, bytes] of FLOODS)
  test(`a flood of ${name} ends its connection`, { timeout: 20_000 }, async (t) => {
    const upstream = await helloUpstream(t)
    const { port, gateway } = await testGateway(t, simpleYaml(upstream.port))
    await attack(t, port, bytes, 5000)
    const stats = gateway.stats().listeners['main']!
    assert.ok(stats.requests < COUNT / 4, `${stats.requests} were served`)
    assert.equal(stats.connectionsActive, 0)
    assert.equal(stats.requestsActive, 0)
    assert.ok(stats.protocolErrors > 0)
  })
