import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { exchangeBytes, RawClient } from '../testing/raw-client.ts'
import { rawUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'

const GET = 'GET /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

interface Row {
  readonly name: string
  /** What the upstream does with each connection, by how many there were; undefined: nobody listens. */
  readonly upstream?: (socket: Socket, connection: number, received: string) => void
  readonly options?: Parameters<typeof simpleYaml>[1]
  readonly request?: string
  /** Status, flags and details, as Envoy has them. */
  readonly log: string
  /** Of the whole answer. */
  readonly answer?: RegExp
}

const BEFORE = 'upstream_reset_before_response_started'
const RETRY = ', retry: { on: [reset, connect-failure, 5xx], retries: 2, backoff: { base: 1ms, max: 2ms } }'

const ROWS: readonly Row[] = [
  {
    name: 'NR: no route',
    request: 'GET /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: 1\r\n\r\n',
    options: { route: '' },
    log: '404 NR route_not_found',
  },
  {
    name: 'UF: nobody listens',
    log: `503 UF ${BEFORE}{remote_connection_failure}`,
    answer: /remote connection failure, transport failure reason: ECONNREFUSED$/,
  },
  {
    name: 'UC: closed instead of an answer',
    upstream: (socket) => socket.end(),
    log: `503 UC ${BEFORE}{connection_termination}`,
    answer: /reset reason: connection termination$/,
  },
  {
    name: 'UC: reset instead of an answer',
    upstream: (socket) => socket.resetAndDestroy(),
    log: `503 UC ${BEFORE}{connection_termination}`,
  },
  {
    name: 'UC: closed in the middle of an answer',
    upstream: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'),
    log: '200 UC upstream_reset_after_response_started{connection_termination}',
    answer: /\r\n\r\nabc$/,
  },
  {
    name: 'UPE: no HTTP',
    upstream: (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
    log: `502 UPE ${BEFORE}{protocol_error}`,
  },
  {
    name: 'UPE: two lengths',
    upstream: (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'),
    log: `502 UPE ${BEFORE}{protocol_error}`,
  },
  {
    name: 'UT: too slow',
    upstream: () => {},
    options: { route: ', timeout: 60ms' },
    log: '504 UT response_timeout',
    answer: /\r\n\r\nupstream request timeout$/,
  },
  {
    name: 'UT: each try is too slow',
    upstream: () => {},
    options: { route: ', retry: { on: [connect-failure], retries: 1, per_try_timeout: 60ms }' },
    log: '504 UT upstream_per_try_timeout',
  },
  {
    name: 'UT: in the middle of an answer',
    upstream: (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'),
    options: { route: ', timeout: 60ms' },
    log: '200 UT response_timeout',
    answer: /\r\n\r\nabc$/,
  },
  {
    name: 'SI: nothing comes or goes',
    upstream: () => {},
    options: { route: ', idle_timeout: 60ms, timeout: 0' },
    log: '504 SI stream_idle_timeout',
  },
  {
    name: 'SI: the client does not go on',
    upstream: () => {},
    request: 'POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nab',
    options: { route: ', idle_timeout: 60ms' },
    log: '408 SI stream_idle_timeout',
  },
  {
    name: 'URX: tried again, in vain',
    upstream: (socket) => socket.end(),
    options: { route: RETRY },
    log: `503 UC,URX ${BEFORE}{connection_termination}`,
  },
  {
    name: 'tried again, with the body, and well',
    upstream: (socket, connection, received) => {
      if (!received.endsWith('body')) return
      if (connection < 2) socket.end()
      else socket.write(OK)
    },
    request: 'PUT /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbody',
    options: { route: RETRY },
    log: '200 - via_upstream',
    answer: /\r\n\r\nok$/,
  },
  {
    name: 'an answer that says to try again is not passed on',
    upstream: (socket, connection) =>
      socket.write(connection === 0 ? 'HTTP/1.1 503 No\r\ncontent-length: 3\r\n\r\n' : OK),
    options: { route: RETRY },
    log: '200 - via_upstream',
    answer: /\r\n\r\nok$/,
  },
  {
    name: 'RL: over the limit of the cluster',
    upstream: (socket) => socket.write(OK),
    options: { cluster: ', rate_limit: { requests: 1, per: 1h }' },
    log: '429 RL local_rate_limited',
    answer: /^HTTP\/1\.1 200 [^]*local_rate_limited$/,
    request: `GET /a HTTP/1.1\r\nhost: a\r\n\r\n${GET}`,
  },
]

for (const { name, upstream, options = {}, request = GET, log, answer } of ROWS)
  test(name, async (t) => {
    const counts: number[] = []
    const { port: upstreamPort } =
      upstream === undefined
        ? { port: await freePort() }
        : await rawUpstream(t, (socket, received, connection) => {
            counts[connection] = received.length
            upstream(socket, connection, received)
          })
    const yaml = simpleYaml(upstreamPort, options)
    const { port, lines, line } = await testGateway(
      t,
      log.includes('NR') ? yaml.replace('match: { prefix: / }', 'match: { prefix: /no }') : yaml,
    )
    const received = await exchangeBytes(port, request)
    while (lines.length < request.split(' HTTP/1.1').length - 1) await line()
    assert.equal(lines.at(-1), log)
    if (answer !== undefined) assert.match(received, answer)
    // An answer that was cut off does not look whole.
    if (!log.startsWith('200')) assert.match(received, /^HTTP\/1\.1 [45]\d\d |429/)
  })

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

test('UF: no connection in time', async (t) => {
  // Nobody accepts, and the queue of connections is full: what comes now gets no answer at all.
  const { port: upstreamPort, release } = await deafPort(t)
  const yaml = simpleYaml(upstreamPort, { cluster: ', connect_timeout: 100ms' })
  const { port, line, gateway } = await testGateway(t, yaml)
  await exchangeBytes(port, GET)
  assert.equal(await line(), `503 UF ${BEFORE}{connection_timeout}`)
  assert.equal(gateway.stats().clusters['up']?.connectTimeouts, 1)
  release()
})

test('UH: nobody to ask', async (t) => {
  const yaml = simpleYaml(1).replace('127.0.0.1:1', 'nobody.invalid:80')
  const { port, line } = await testGateway(t, yaml)
  assert.match(await exchangeBytes(port, GET), /\r\n\r\nno healthy upstream$/)
  assert.equal(await line(), '503 UH no_healthy_upstream')
})

test('UO: circuit breakers', async (t) => {
  const upstream = await rawUpstream(t, () => {})
  const yaml = simpleYaml(upstream.port, { cluster: ', circuit_breakers: { requests: 1 }' })
  const { port, line, gateway } = await testGateway(t, yaml)
  using first = new RawClient(port)
  first.send(GET)
  while (upstream.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const answer = await exchangeBytes(port, GET)
  assert.match(answer, /\r\nx-envoy-overloaded: true\r\n[^]*reset reason: overflow$/)
  assert.equal(await line(), `503 UO ${BEFORE}{overflow}`)
  assert.equal(gateway.stats().clusters['up']?.droppedRequestsMax, 1)
})

test('DC: the client goes, and the upstream is not kept', async (t) => {
  const upstream = await rawUpstream(t, () => {})
  const { port, line, gateway } = await testGateway(t, simpleYaml(upstream.port))
  using client = new RawClient(port)
  client.send('GET /a HTTP/1.1\r\nhost: a\r\n\r\n')
  while (upstream.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const closed = once(upstream.sockets[0]!, 'close')
  client.socket.resetAndDestroy()
  await closed
  assert.equal(await line(), '0 DC downstream_remote_disconnect')
  assert.equal(gateway.stats().clusters['up']?.requestsActive, 0)
  while (gateway.stats().clusters['up']?.connectionsActive !== 0)
    await new Promise((resolve) => setTimeout(resolve, 5))
})

test('a gRPC client is told in its own words', async (t) => {
  const { port } = await testGateway(t, simpleYaml(await freePort()))
  const answer = await exchangeBytes(
    port,
    'POST /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/grpc\r\ncontent-length: 0\r\n\r\n',
  )
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*grpc-status: 14\r\ngrpc-message: upstream connect error/)
})

test('a slow reader holds up the upstream, and nothing piles up', async (t) => {
  const chunk = Buffer.alloc(64 << 10, 'x')
  const count = 1024
  let written = 0
  const upstream = await rawUpstream(t, (socket, received) => {
    if (!received.endsWith('\r\n\r\n')) return
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${chunk.length * count}\r\n\r\n`)
    const more = () => {
      while (written < count) {
        written++
        if (!socket.write(chunk)) {
          socket.once('drain', more)
          return
        }
      }
    }
    more()
  })
  const { port } = await testGateway(t, simpleYaml(upstream.port))
  using client = new RawClient(port)
  client.socket.on('data', () => {})
  client.send(GET)
  client.socket.pause()
  await standstill(() => written)
  assert.ok(written < count, 'all of it was taken in')
  client.socket.resume()
  const all = await client.end()
  assert.equal(all.length - all.indexOf('\r\n\r\n') - 4, chunk.length * count)
})

test('a slow upstream holds up the client', async (t) => {
  const { port: upstreamPort, sockets } = await rawUpstream(t, (socket) => socket.pause())
  const { port } = await testGateway(t, simpleYaml(upstreamPort))
  using client = new RawClient(port)
  const chunk = Buffer.alloc(64 << 10, 'x')
  const count = 1024
  client.send(`POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: ${chunk.length * count}\r\n\r\n`)
  let written = 0
  const more = () => {
    while (written < count) {
      written++
      if (!client.socket.write(chunk)) {
        client.socket.once('drain', more)
        return
      }
    }
  }
  more()
  await standstill(() => (sockets.length === 0 ? 0 : written))
  assert.ok(written < count, 'all of it was taken in')
})

/** Ends when that is more than 0, and has been the same for a while. */
async function standstill(read: () => number): Promise<void> {
  let before = 0
  for (let now = read(); now === 0 || now !== before; now = read()) {
    before = now
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

interface DeafPort {
  readonly port: number
  readonly release: () => void
}

/** A port that answers no SYN any more. */
async function deafPort(t: TestContext): Promise<DeafPort> {
  // A thread that listens and then never looks again: its queue holds two connections.
  const { Worker } = await import('node:worker_threads')
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
     const server = require('node:net').createServer()
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port)
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000))
     })`,
    { eval: true },
  )
  t.after(() => worker.terminate())
  const [port] = (await once(worker, 'message')) as [number]
  const { connect } = await import('node:net')
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  await new Promise((resolve) => setTimeout(resolve, 100))
  return { port, release: () => fillers.forEach((one) => one.destroy()) }
}
