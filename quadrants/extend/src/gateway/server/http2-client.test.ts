import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  connect,
  constants,
  createServer,
  type ClientHttp2Session,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import { connect as connectTcp, type AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { http2Frame } from '../testing/http2-frame.ts'
import { helloUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'

async function http2Upstream(
  t: TestContext,
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): Promise<{ readonly port: number; readonly server: Http2Server }> {
  const server = createServer()
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', (session) => sessions.add(session))
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {})
    onStream(stream, headers)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const session of sessions) session.destroy()
  })
  return { port: (server.address() as AddressInfo).port, server }
}

function client(t: TestContext, port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  t.after(() => session.destroy())
  return session
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly trailers: IncomingHttpHeaders | undefined
  readonly body: string
  readonly code: number
}

async function ask(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body?: readonly string[],
): Promise<Answer> {
  const stream = session.request(headers, { endStream: body === undefined })
  let head: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders | undefined
  let text = ''
  stream.on('response', (fields) => (head = fields))
  stream.on('trailers', (fields) => (trailers = fields))
  stream.on('data', (bytes: Buffer) => (text += bytes.toString()))
  stream.on('error', () => {})
  if (body !== undefined) {
    for (const part of body) stream.write(part)
    stream.end()
  }
  // An error comes first, and is told by the code.
  await new Promise((resolve) => stream.on('close', resolve))
  return { status: Number(head[':status']), headers: head, trailers, body: text, code: stream.rstCode ?? 0 }
}

test('requests of HTTP/2 go to an upstream of HTTP/1.1, many at once', async (t) => {
  const upstream = await helloUpstream(t)
  const { port, gateway } = await testGateway(t, simpleYaml(upstream.port))
  const session = client(t, port)
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => ask(session, { ':path': `/${i}`, cookie: 'a=1', te: 'trailers' })),
  )
  for (const [i, { status, body, headers }] of answers.entries()) {
    assert.equal(status, 200)
    assert.equal(body, `hello /${i}`)
    assert.equal(headers['server'], 'quadrant')
  }
  assert.match(upstream.received.join(''), /\r\nhost: 127\.0\.0\.1:\d+\r\n/)
  assert.equal(gateway.stats().listeners['main']?.requests, 50)
})

test('both sides speak at once, message by message, and trailers come last', async (t) => {
  const { port: upstreamPort } = await http2Upstream(t, (stream, headers) => {
    assert.equal(headers['te'], 'trailers')
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }))
    stream.on('data', (bytes: Buffer) => stream.write(`<${bytes.toString()}>`))
    stream.on('end', () => stream.end())
  })
  const { port, line } = await testGateway(t, simpleYaml(upstreamPort, { cluster: ', protocol: http2' }))
  const stream = client(t, port).request(
    { ':path': '/s', ':method': 'POST', te: 'trailers', 'content-type': 'application/grpc' },
    { endStream: false },
  )
  stream.setEncoding('utf8')
  let trailers: IncomingHttpHeaders = {}
  stream.on('trailers', (fields) => (trailers = fields))
  for (const word of ['one', 'two', 'three']) {
    stream.write(word)
    const [answer] = (await once(stream, 'data')) as [string]
    assert.equal(answer, `<${word}>`, 'it waits for the end of the request')
  }
  stream.end()
  await once(stream, 'end')
  assert.deepEqual([trailers['grpc-status'], trailers['grpc-message']], ['0', 'fine'])
  assert.equal(await line(), '200 - via_upstream')
})

test('a response that has trailers only stays one', async (t) => {
  const { port: upstreamPort } = await http2Upstream(t, (stream) =>
    stream.respond({ ':status': 200, 'grpc-status': '5' }, { endStream: true }),
  )
  const { port } = await testGateway(t, simpleYaml(upstreamPort, { cluster: ', protocol: http2' }))
  const { headers, body, trailers } = await ask(client(t, port), { ':path': '/' })
  assert.deepEqual([headers['grpc-status'], body, trailers], ['5', '', undefined])
})

test('an answer that does not wait for the request is heard to its end', async (t) => {
  const { port: upstreamPort } = await http2Upstream(t, (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '8' }))
    stream.end('why')
  })
  const { port, line } = await testGateway(t, simpleYaml(upstreamPort, { cluster: ', protocol: http2' }))
  const stream = client(t, port).request({ ':path': '/', ':method': 'POST' }, { endStream: false })
  stream.setEncoding('utf8')
  stream.on('error', () => {})
  let text = ''
  let trailers: IncomingHttpHeaders = {}
  stream.on('data', (part: string) => (text += part))
  stream.on('trailers', (fields) => (trailers = fields))
  // Its own side stays open.
  stream.write('x')
  await new Promise((resolve) => stream.on('close', resolve))
  assert.deepEqual([text, trailers['grpc-status'], stream.rstCode], ['why', '8', constants.NGHTTP2_NO_ERROR])
  assert.equal(await line(), '200 - via_upstream')
})

const RESETS = [
  [constants.NGHTTP2_INTERNAL_ERROR, '503 UR upstream_reset_before_response_started{remote_reset}'],
  [
    constants.NGHTTP2_REFUSED_STREAM,
    '503 UR upstream_reset_before_response_started{remote_refused_stream_reset}',
  ],
] as const

for (const [code, log] of RESETS)
  test(`UR: a stream that is reset with ${code}`, async (t) => {
    const { port: upstreamPort } = await http2Upstream(t, (stream) => stream.close(code))
    const { port, line } = await testGateway(t, simpleYaml(upstreamPort, { cluster: ', protocol: http2' }))
    assert.equal((await ask(client(t, port), { ':path': '/' })).status, 503)
    assert.equal(await line(), log)
  })

test('a stream that is cut off does not look whole', async (t) => {
  const { port: upstreamPort } = await http2Upstream(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('abc')
    setTimeout(() => stream.destroy(new Error('cut off')), 30)
  })
  const { port, line } = await testGateway(t, simpleYaml(upstreamPort, { cluster: ', protocol: http2' }))
  const { body, code } = await ask(client(t, port), { ':path': '/' })
  assert.equal(body, 'abc')
  assert.notEqual(code, constants.NGHTTP2_NO_ERROR)
  assert.equal(await line(), '200 UR upstream_reset_after_response_started{remote_reset}')
})

test('a client that gives up has the upstream give up', async (t) => {
  const closed = Promise.withResolvers<number>()
  const asked = Promise.withResolvers<void>()
  const { port: upstreamPort } = await http2Upstream(t, (stream) => {
    asked.resolve()
    stream.on('close', () => closed.resolve(stream.rstCode ?? 0))
  })
  const { port, line } = await testGateway(t, simpleYaml(upstreamPort, { cluster: ', protocol: http2' }))
  const stream = client(t, port).request({ ':path': '/' })
  stream.on('error', () => {})
  await asked.promise
  stream.close(constants.NGHTTP2_CANCEL)
  assert.equal(await closed.promise, constants.NGHTTP2_CANCEL)
  assert.equal(await line(), '0 DR http2.remote_reset')
})

test('after a GOAWAY of the upstream a new connection is opened, and nothing fails', async (t) => {
  let sessionCount = 0
  const { port: upstreamPort, server } = await http2Upstream(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.end(String(sessionCount))
  })
  server.on('session', (session) => {
    sessionCount++
    let count = 0
    session.on('stream', () => {
      if (++count === 5) session.close()
    })
  })
  const { port } = await testGateway(t, simpleYaml(upstreamPort, { cluster: ', protocol: http2' }))
  const session = client(t, port)
  for (let i = 0; i < 20; i++) assert.equal((await ask(session, { ':path': '/' })).status, 200)
  assert.ok(sessionCount >= 3)
})

test('a body of HTTP/2 without a length goes to HTTP/1.1 in chunks', async (t) => {
  const upstream = await helloUpstream(t)
  const { port } = await testGateway(t, simpleYaml(upstream.port, { route: ', timeout: 200ms' }))
  await ask(client(t, port), { ':path': '/', ':method': 'PUT' }, ['abc', 'def'])
  assert.match(upstream.received[0]!, /transfer-encoding: chunked\r\n\r\n[^]*abc[^]*def\r\n0\r\n\r\n$/)
})

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** `:method GET, :scheme http, :path /, :authority a` by HPACK's static table. */
const GET = Buffer.from([0x82, 0x86, 0x84, 0x41, 0x01, 0x61])
const [HEADERS, RST_STREAM, SETTINGS, PING, CONTINUATION] = [1, 3, 4, 6, 9]
const FLOOD_COUNT = 20_000

/** An entry of HPACK's table that each of its fields is read from again: 4 kB of header for each byte. */
function bomb(): Buffer {
  const value = Buffer.alloc(4000, 'x')
  const literal = Buffer.from([0x40, 0x01, 0x62, 0x7f, 0xa1, 0x1e])
  return Buffer.concat([GET, literal, value, Buffer.alloc(4000, 0xbe)])
}

const FLOODS: readonly { readonly name: string; readonly attack: () => Buffer; readonly counter?: string }[] =
  [
    {
      name: 'rapid reset (CVE-2023-44487)',
      attack: () =>
        Buffer.concat(
          Array.from({ length: FLOOD_COUNT }, (_, i) => [
            http2Frame(HEADERS, 5, 2 * i + 1, GET),
            http2Frame(RST_STREAM, 0, 2 * i + 1, Buffer.from([0, 0, 0, 8])),
          ]).flat(),
        ),
    },
    {
      name: 'CONTINUATION flood (CVE-2024-27316)',
      attack: () =>
        Buffer.concat([
          http2Frame(HEADERS, 1, 1, GET),
          ...Array.from({ length: FLOOD_COUNT }, () =>
            http2Frame(CONTINUATION, 0, 1, Buffer.from([0, 1, 0x78, 1, 0x79])),
          ),
        ]),
    },
    {
      name: 'empty CONTINUATION flood',
      attack: () =>
        Buffer.concat([
          http2Frame(HEADERS, 1, 1, GET),
          ...Array.from({ length: FLOOD_COUNT }, () => http2Frame(CONTINUATION, 0, 1)),
        ]),
    },
    {
      name: 'ping flood (CVE-2019-9512)',
      attack: () =>
        Buffer.concat(Array.from({ length: FLOOD_COUNT }, () => http2Frame(PING, 0, 0, Buffer.alloc(8)))),
    },
    {
      name: 'settings flood (CVE-2019-9515)',
      attack: () => Buffer.concat(Array.from({ length: FLOOD_COUNT }, () => http2Frame(SETTINGS, 0, 0))),
    },
  ]

for (const { name, attack, counter } of FLOODS)
  test(`${name}: the connection is closed, others are served`, async (t) => {
    const upstream = await helloUpstream(t)
    const { port, gateway } = await testGateway(t, simpleYaml(upstream.port))
    const other = client(t, port)
    assert.equal((await ask(other, { ':path': '/a' })).status, 200)
    const attacker = connectTcp(port, '127.0.0.1')
    t.after(() => attacker.destroy())
    attacker.on('error', () => {})
    let answer = Buffer.alloc(0)
    attacker.on('data', (bytes: Buffer) => (answer = Buffer.concat([answer, bytes])))
    attacker.write(PREFACE)
    attacker.write(http2Frame(SETTINGS, 0, 0))
    attacker.write(attack())
    await once(attacker, 'close')
    assert.ok(answer.length < 1 << 20)
    assert.equal((await ask(other, { ':path': '/b' })).status, 200)
    const stats = gateway.stats().listeners['main']!
    assert.ok(stats.requests < FLOOD_COUNT / 4, `${stats.requests} of it were served`)
    if (counter !== undefined) assert.equal(stats.protocolErrorsBy[counter], 1)
    assert.ok(stats.protocolErrors > 0, 'it is not counted')
    assert.equal(stats.requestsActive, 0)
  })

test('streams that are given up one after the other count, however slowly', async (t) => {
  const upstream = await helloUpstream(t)
  const { port, gateway } = await testGateway(
    t,
    simpleYaml(upstream.port, { listener: ', limits: { resets_per_minute: 20 }' }),
  )
  const session = client(t, port)
  const goaway = once(session, 'goaway') as Promise<[number]>
  let count = 0
  while (!session.destroyed && count < 200) {
    count++
    // Nobody answers PUT.
    const stream = session.request({ ':path': '/', ':method': 'PUT' }, { endStream: true })
    stream.on('error', () => {})
    await new Promise((resolve) => setTimeout(resolve, 2))
    stream.close(constants.NGHTTP2_CANCEL)
  }
  const [code] = await goaway
  assert.equal(code, constants.NGHTTP2_ENHANCE_YOUR_CALM)
  assert.ok(count > 20 && count < 100, String(count))
  const { floods, protocolErrorsBy } = gateway.stats().listeners['main']!
  assert.deepEqual([floods, protocolErrorsBy], [1, { 'http2.reset-flood': 1 }])
})

test('HPACK bomb: what is small on the wire and large in memory is refused', async (t) => {
  const upstream = await helloUpstream(t)
  const { port, gateway } = await testGateway(t, simpleYaml(upstream.port))
  const attacker = connectTcp(port, '127.0.0.1')
  t.after(() => attacker.destroy())
  attacker.on('error', () => {})
  attacker.write(PREFACE)
  attacker.write(http2Frame(SETTINGS, 0, 0))
  attacker.write(http2Frame(HEADERS, 5, 1, bomb()))
  const answer = await new Promise<Buffer>((resolve) => {
    let all = Buffer.alloc(0)
    const look = (bytes: Buffer) => {
      all = Buffer.concat([all, bytes])
      // RST_STREAM of stream 1.
      if (all.includes(Buffer.from([0, 0, 4, RST_STREAM, 0, 0, 0, 0, 1]))) resolve(all)
    }
    attacker.on('data', look)
    attacker.on('close', () => resolve(all))
  })
  const at = answer.indexOf(Buffer.from([0, 0, 4, RST_STREAM, 0, 0, 0, 0, 1]))
  assert.ok(at === -1 || answer.readUInt32BE(at + 9) === constants.NGHTTP2_ENHANCE_YOUR_CALM)
  assert.equal(gateway.stats().listeners['main']?.requests, 0)
  assert.equal(upstream.received.length, 0)
})
