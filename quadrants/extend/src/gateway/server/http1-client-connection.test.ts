import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { exchangeBytes, RawClient } from '../testing/raw-client.ts'
import { helloUpstream, rawUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'

async function hello(t: TestContext, options: Parameters<typeof simpleYaml>[1] = {}) {
  const upstream = await helloUpstream(t)
  return { upstream, ...(await testGateway(t, simpleYaml(upstream.port, options))) }
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: a\r\n${more}\r\n`

test('a request goes on with what proxies say, and without what was for this connection', async (t) => {
  const { port, upstream } = await hello(t)
  const answer = await exchangeBytes(
    port,
    get(
      '/x',
      'connection: close, x-hop\r\nx-hop: 1\r\nx-end: 2\r\nkeep-alive: 5\r\nx-forwarded-for: 9.9.9.9\r\n',
    ),
  )
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
  assert.match(answer, /\r\nserver: quadrant\r\n/)
  assert.match(answer, /\r\ndate: \w{3}, /)
  assert.match(answer, /\r\nconnection: close\r\n/)
  assert.match(answer, /\r\n\r\nhello \/x$/)
  const [sent = ''] = upstream.received
  assert.match(sent, /^GET \/x HTTP\/1\.1\r\nhost: a\r\n/)
  assert.match(sent, /\r\nx-forwarded-for: 9\.9\.9\.9, 127\.0\.0\.1\r\n/)
  assert.match(sent, /\r\nx-forwarded-proto: http\r\n/)
  assert.match(sent, /\r\nx-request-id: [0-9a-f-]{36}\r\n/)
  assert.match(sent, /\r\nx-end: 2\r\n/)
  assert.doesNotMatch(sent, /x-hop|keep-alive|connection/)
})

test('requests that are sent ahead are answered in order, one upstream connection after the other', async (t) => {
  const { port, upstream, gateway } = await hello(t)
  using client = new RawClient(port)
  const count = 500
  client.send(Array.from({ length: count }, (_, i) => get(i % 3 === 0 ? `/direct/${i}` : `/${i}`)).join(''))
  const last = `hello /${count - 1}`
  const received = await client.until((text) => text.endsWith(last))
  const bodies = received.split(/HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)+\r\n/).slice(1)
  assert.deepEqual(
    bodies,
    Array.from({ length: count }, (_, i) => (i % 3 === 0 ? 'direct' : `hello /${i}`)),
  )
  assert.equal(upstream.sockets.length, 1, 'one at a time needs one connection')
  assert.equal(gateway.stats().listeners['main']?.requests, count)
})

interface Row {
  readonly name: string
  readonly request: string
  /** Of the answer, which ends the connection. */
  readonly answer: RegExp
  readonly log?: string
}

const ROWS: readonly Row[] = [
  {
    name: 'HTTP/1.0 ends with its answer',
    request: 'GET /a HTTP/1.0\r\nhost: a\r\n\r\n',
    answer: /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*hello \/a$/,
  },
  {
    name: 'a client that has closed its side gets its answer',
    request: `${get('/a')}\0END`,
    answer: /^HTTP\/1\.1 200 OK\r\n[^]*hello \/a$/,
  },
  {
    name: 'HEAD has no body, whatever its length',
    request: `HEAD /a HTTP/1.1\r\nhost: a\r\n\r\n${get('/direct', 'connection: close\r\n')}`,
    answer:
      /^HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)*content-length: 8\r\n(?:[^\r]+\r\n)*\r\nHTTP\/1\.1 200 OK\r\n[^]*direct$/,
  },
  {
    name: 'CONNECT is refused',
    request: 'CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\n\r\n',
    answer: /^HTTP\/1\.1 403 Forbidden\r\n/,
    log: '403 - upgrade_failed',
  },
  {
    name: 'an upgrade that no route allows is refused',
    request: get('/a', 'connection: upgrade, close\r\nupgrade: websocket\r\n'),
    answer: /^HTTP\/1\.1 403 Forbidden\r\n/,
    log: '403 - upgrade_failed',
  },
  {
    name: 'lengths that differ are refused',
    request: 'POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
    answer: /^HTTP\/1\.1 400 Bad Request\r\n[^]*connection: close\r\n/,
    log: '400 DPE http1.duplicate-content-length',
  },
  {
    name: 'chunks and a length are refused',
    request:
      'POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    answer: /^HTTP\/1\.1 400 Bad Request\r\n/,
    log: '400 DPE http1.te-and-cl',
  },
  {
    name: 'a head that is too large is refused',
    request: get('/a', `x: ${'y'.repeat(70_000)}\r\n`),
    answer: /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/,
    log: '431 DPE http1.head-too-large',
  },
  {
    name: 'a body that goes wrong is answered',
    request: 'POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabX',
    answer: /^HTTP\/1\.1 400 Bad Request\r\n/,
    log: '400 DPE http1.bad-chunk-end',
  },
  {
    name: 'a request that is answered at once, with a body that came with it, keeps the connection',
    request: `POST /direct HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc${get('/b', 'connection: close\r\n')}`,
    answer: /^HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)*\r\ndirectHTTP\/1\.1 200 OK\r\n[^]*hello \/b$/,
  },
]

for (const { name, request, answer, log } of ROWS)
  test(name, async (t) => {
    const { port, line } = await hello(t)
    using client = new RawClient(port)
    client.send(request.replace('\0END', ''))
    if (request.endsWith('\0END')) client.socket.end()
    assert.match(await client.end(), answer)
    if (log !== undefined) assert.equal(await line(), log)
  })

test('bodies go on in both directions as they come, framed by length or by chunks', async (t) => {
  const upstream = await rawUpstream(t, (socket, received) => {
    if (!received.endsWith('END') && !received.endsWith('0\r\nx-trailer: 1\r\n\r\n')) return
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n')
    setImmediate(() => socket.write('4\r\ndefg\r\n0\r\nx-sum: 7\r\n\r\n'))
  })
  const { port } = await testGateway(t, simpleYaml(upstream.port))
  using client = new RawClient(port)
  client.send('POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc')
  setTimeout(() => client.send('def'), 20)
  setTimeout(() => client.send('END'), 40)
  const first = await client.until((text) => text.endsWith('0\r\nx-sum: 7\r\n\r\n'))
  assert.match(first, /\r\ntransfer-encoding: chunked\r\n/)
  assert.match(first, /\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\nx-sum: 7\r\n\r\n$/)
  assert.match(upstream.received[0]!, /\r\ncontent-length: 9\r\n\r\nabcdefEND$/)
  client.send(
    'POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nq\r\n0\r\nx-trailer: 1\r\n\r\n',
  )
  await client.until((text) => text.length > first.length && text.endsWith('x-sum: 7\r\n\r\n'))
  assert.match(
    upstream.received[0]!,
    /transfer-encoding: chunked\r\n\r\n1\r\nq\r\n0\r\nx-trailer: 1\r\n\r\n$/,
  )
})

test('a client that waits for 100 is told to go on, and the upstream is not asked for it', async (t) => {
  const upstream = await rawUpstream(t, (socket, received) => {
    if (received.endsWith('body')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  })
  const { port } = await testGateway(t, simpleYaml(upstream.port))
  using client = new RawClient(port)
  client.send('POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n')
  assert.equal(await client.until((text) => text.includes('\r\n\r\n')), 'HTTP/1.1 100 Continue\r\n\r\n')
  client.send('body')
  assert.match(await client.until((text) => text.endsWith('ok')), /Continue\r\n\r\nHTTP\/1\.1 200 OK/)
  assert.doesNotMatch(upstream.received[0]!, /expect/)
  client.send('POST /direct HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n')
  // It does not send the body any more; then nobody may wait for it.
  assert.match(await client.end(), /connection: close\r\n[^]*direct$/)
})

test('after 101 bytes pass as they are, until either side closes', async (t) => {
  const upstream = await rawUpstream(t, (socket, received) => {
    if (received.endsWith('\r\n\r\n'))
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nfirst',
      )
    else if (received.endsWith('ping')) socket.write('pong')
    else if (received.endsWith('bye')) socket.end('see you')
  })
  const { port, gateway, line } = await testGateway(
    t,
    simpleYaml(upstream.port, { route: ', websocket: true' }),
  )
  using client = new RawClient(port)
  client.send(get('/chat', 'connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\n'))
  const head = await client.until((text) => text.endsWith('first'))
  assert.match(
    head,
    /^HTTP\/1\.1 101 Switching Protocols\r\n[^]*upgrade: websocket\r\n[^]*connection: upgrade\r\n/,
  )
  assert.match(upstream.received[0]!, /\r\nconnection: upgrade\r\n/)
  assert.match(upstream.received[0]!, /\r\nupgrade: websocket\r\n/)
  client.send('ping')
  await client.until((text) => text.endsWith('pong'))
  assert.equal(gateway.stats().listeners['main']?.upgradesActive, 1)
  client.send('bye')
  assert.match(await client.end(), /pongsee you$/)
  assert.equal(await line(), '101 - via_upstream')
  assert.equal(gateway.stats().listeners['main']?.upgradesActive, 0)
})

test('slow heads, slow bodies and idle connections are ended, each by its own time', async (t) => {
  const timeouts = ', timeouts: { head: 60ms, request: 120ms, idle: 100ms }'
  const { port, gateway, line } = await hello(t, { listener: timeouts })
  const [head, body, idle] = await Promise.all([
    exchangeBytes(port, 'GET / HTTP/1.1\r\nhos'),
    exchangeBytes(port, 'POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc'),
    exchangeBytes(port, get('/a')),
  ])
  assert.match(head, /^HTTP\/1\.1 408 /)
  assert.match(body, /^HTTP\/1\.1 408 /)
  assert.match(idle, /hello \/a$/)
  const stats = gateway.stats().listeners['main']
  assert.deepEqual([stats?.headTimeouts, stats?.requestTimeouts, stats?.idleTimeouts], [1, 1, 1])
  assert.deepEqual([await line(), await line(), await line()].sort(), [
    '200 - via_upstream',
    '408 - request_header_timeout',
    '408 - request_overall_timeout',
  ])
})

test('a body over the limit is refused, said or not', async (t) => {
  const { port, line } = await hello(t, { listener: ', limits: { body_bytes: 1KiB }' })
  const length = await exchangeBytes(
    port,
    `POST /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2000\r\n\r\n${'x'.repeat(2000)}`,
  )
  assert.match(length, /^HTTP\/1\.1 413 /)
  const chunk = `${(512).toString(16)}\r\n${'x'.repeat(512)}\r\n`
  const chunked = await exchangeBytes(
    port,
    `POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(3)}`,
  )
  assert.match(chunked, /^HTTP\/1\.1 413 /)
  assert.equal(await line(), '413 - request_payload_too_large')
  assert.equal(await line(), '413 - request_payload_too_large')
})

test('what a client sends ahead without reading is not taken in', async (t) => {
  const { port, gateway } = await hello(t)
  using client = new RawClient(port)
  client.socket.pause()
  const flood = Buffer.from(get('/direct').repeat(1000))
  let isFull = false
  for (let i = 0; i < 4000 && !isFull; i++) {
    isFull = !client.socket.write(flood)
    if (isFull) {
      isFull = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(resolve, 300, true)
        client.socket.once('drain', () => {
          clearTimeout(timer)
          resolve(false)
        })
      })
    }
  }
  assert.ok(isFull, 'it went on reading')
  assert.ok((gateway.stats().listeners['main']?.requests ?? 0) < 1_000_000)
})
