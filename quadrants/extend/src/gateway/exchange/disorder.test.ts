import assert from 'node:assert/strict'
import { connect as connectHttp2, constants } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { rawUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Numbers from 0 up to `end`, the same for the same seed (mulberry32). */
function generator(seed: number): (end: number) => number {
  let state = seed
  return (end) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % end
  }
}

const WHOLE = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'

/** All that an upstream can do to a request. */
function misbehave(socket: Socket, pick: (end: number) => number): void {
  switch (pick(10)) {
    case 0:
      socket.end()
      return
    case 1:
      socket.resetAndDestroy()
      return
    case 2:
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe')
      setTimeout(() => socket.destroy(), pick(5))
      return
    case 3:
      socket.write('garbage\r\n\r\n')
      return
    case 4:
      // Never.
      return
    case 5:
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n')
      setTimeout(() => socket.write('0\r\n\r\n'), pick(5))
      return
    case 6:
      socket.write(`HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n`)
      return
    case 7:
      socket.write(`${WHOLE}${WHOLE}`)
      return
    default:
      socket.write(WHOLE)
  }
}

const REQUESTS = [
  'GET / HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET / HTTP/1.1\r\nhost: a\r\n\r\nGET /direct HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n',
  'PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody',
  'PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 400\r\n\r\nbody',
  'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab',
  'GET / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n',
  'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  'GET / HTTP/1.1\r\nho',
  'NONSENSE\r\n\r\n',
] as const

async function oneHttp1(port: number, pick: (end: number) => number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.resume()
  socket.write(REQUESTS[pick(REQUESTS.length)]!)
  await Promise.race([closed, later(pick(30))])
  if (pick(3) === 0) socket.end()
  await Promise.race([closed, later(pick(60))])
  if (pick(2) === 0) socket.resetAndDestroy()
  else socket.destroy()
  await closed
}

async function oneHttp2(port: number, pick: (end: number) => number): Promise<void> {
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  const closed = new Promise<void>((resolve) => session.on('close', () => resolve()))
  const count = 1 + pick(8)
  for (let i = 0; i < count; i++) {
    const hasBody = pick(2) === 0
    const stream = session.request(
      { ':path': '/', ':method': hasBody ? 'PUT' : 'GET' },
      { endStream: !hasBody },
    )
    stream.on('error', () => {})
    stream.resume()
    if (hasBody) {
      stream.write('abc')
      if (pick(2) === 0) stream.end()
    }
    if (pick(3) === 0) setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), pick(20))
  }
  await Promise.race([closed, later(pick(80))])
  session.destroy()
  await closed
}

test('whatever clients and upstreams do, nothing is left behind and nobody else is harmed', async (t) => {
  const pickUpstream = generator(11)
  const seen: number[] = []
  const upstream = await rawUpstream(t, (socket, received, connection) => {
    if (received.length === (seen[connection] ?? 0)) return
    seen[connection] = received.length
    misbehave(socket, pickUpstream)
  })
  const retry = ', retry: { on: [reset, connect-failure, 5xx], retries: 1, backoff: { base: 1ms, max: 2ms } }'
  const { port, gateway } = await testGateway(
    t,
    simpleYaml(upstream.port, {
      route: `, timeout: 100ms, websocket: true${retry}`,
      listener: ', timeouts: { head: 200ms, request: 300ms, idle: 400ms, stream_idle: 200ms }',
    }),
  )
  const pick = generator(42)
  for (let round = 0; round < 30; round++) {
    const clients = Array.from({ length: 16 }, () =>
      pick(3) === 0 ? oneHttp2(port, pick) : oneHttp1(port, pick),
    )
    await Promise.all(clients)
  }
  const counts = () => {
    const { listeners, clusters } = gateway.stats()
    const { connectionsActive, requestsActive, upgradesActive } = listeners['main']!
    const { requestsActive: tried, pendingActive, retriesActive } = clusters['up']!
    return { connectionsActive, requestsActive, upgradesActive, tried, pendingActive, retriesActive }
  }
  const nothing = {
    connectionsActive: 0,
    requestsActive: 0,
    upgradesActive: 0,
    tried: 0,
    pendingActive: 0,
    retriesActive: 0,
  }
  // What waits for a client that has gone ends by its own times.
  for (let i = 0; i < 40 && JSON.stringify(counts()) !== JSON.stringify(nothing); i++) await later(50)
  assert.deepEqual(counts(), nothing)
  const { listeners, clusters } = gateway.stats()
  assert.ok((listeners['main']?.responses2xx ?? 0) > 100)
  assert.ok((listeners['main']?.protocolErrors ?? 0) > 10)
  assert.ok((clusters['up']?.retries ?? 0) > 10)
  const active = Object.values(clusters['up']!.byEndpoint).map((endpoint) => endpoint.activeRequests)
  assert.deepEqual(active, [0])
  assert.equal(await gateway.drain(1000), true)
  for (let i = 0; i < 40 && upstream.sockets.some((socket) => !socket.destroyed); i++) await later(20)
  assert.ok(
    upstream.sockets.every((socket) => socket.destroyed),
    'connections to the upstream are left',
  )
})
