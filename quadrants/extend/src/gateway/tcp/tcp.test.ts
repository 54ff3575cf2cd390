import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { connect as connectTls, createServer as createTls } from 'node:tls'
import { readFileSync } from 'node:fs'
import { NEEDS_OPENSSL, TestAuthority } from '../testing/certificates.ts'
import { RawClient } from '../testing/raw-client.ts'
import { rawUpstream } from '../testing/raw-upstream.ts'
import { testGateway } from '../testing/test-gateway.ts'

const LOG =
  '%BYTES_RECEIVED% %BYTES_SENT% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %UPSTREAM_CLUSTER% %PROTOCOL%'

function yamlOf(port: number, { tcp = '', listener = '', cluster = '' } = {}): string {
  return `listeners: [{ name: main, address: 127.0.0.1:0, tcp: { cluster: up${tcp} }${listener} }]
clusters: [{ name: up, endpoints: [127.0.0.1:${port}]${cluster} }]
access_logs: [{ stdout: true, text: '${LOG}' }]
`
}

/** Says what it heard. */
const echo = (t: TestContext) => rawUpstream(t, (socket, received) => void socket.write(`<${received}>`))

async function listening(t: TestContext, onSocket: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

/** One where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('bytes go to the cluster and back, and each end may end first', async (t) => {
  const upstream = await echo(t)
  const { port, line, gateway } = await testGateway(t, yamlOf(upstream.port))
  using client = new RawClient(port)
  client.send('one')
  await client.until((received) => received === '<one>')
  client.socket.end()
  assert.equal(await client.end(), '<one>')
  assert.equal(await line(), '3 5 - - up -')
  const { main } = gateway.stats().listeners
  assert.deepEqual(
    [main?.connections, main?.connectionsActive, main?.bytesReceived, main?.bytesSent],
    [1, 0, 3, 5],
  )
  const { up } = gateway.stats().clusters
  assert.deepEqual([up?.connectionsActive, up?.requestsActive, up?.pendingActive], [0, 0, 0])
})

test('the upstream speaks first, and ends while the client goes on', async (t) => {
  let heard = ''
  const { promise, resolve } = Promise.withResolvers<void>()
  const upstreamPort = await listening(t, (socket) => {
    socket.end('hello')
    socket.on('data', (bytes) => (heard += bytes.toString()))
    socket.on('end', resolve)
  })
  const { port, line } = await testGateway(t, yamlOf(upstreamPort))
  using client = new RawClient(port)
  await client.end()
  assert.equal(client.received, 'hello')
  client.socket.end('late')
  await promise
  assert.equal(heard, 'late')
  assert.equal(await line(), '4 5 - - up -')
})

test('no connection in time, or none at all, closes that of the client', async (t) => {
  // In the handshake, which somebody who says nothing does not end.
  const silent = await listening(t, () => {})
  const rows = [
    [await closedPort(), '', 'remote_connection_failure'],
    [silent, ', connect_timeout: 50ms, tls: { verify: false }', 'connection_timeout'],
  ] as const
  for (const [upstreamPort, cluster, details] of rows) {
    const { port, line, gateway } = await testGateway(t, yamlOf(upstreamPort, { cluster }))
    using client = new RawClient(port)
    assert.equal(await client.end(), '')
    assert.equal(await line(), `0 0 UF,URX ${details} up -`)
    const { up } = gateway.stats().clusters
    assert.deepEqual(
      [up?.connectFailures, up?.connectionsActive, up?.requestsActive, up?.pendingActive],
      [1, 0, 0, 0],
    )
  }
})

test('another endpoint is tried where one refuses, and one that refuses is ejected', async (t) => {
  const upstream = await echo(t)
  const refused = await closedPort()
  const yaml = yamlOf(upstream.port, {
    tcp: ', connect_attempts: 2',
    cluster: ', outlier_detection: { consecutive_local_failures: 1, max_ejected_percent: 50 }',
  }).replace('endpoints: [', `endpoints: [127.0.0.1:${refused}, `)
  const { port, gateway } = await testGateway(t, yaml)
  for (let count = 0; count < 4; count++) {
    using client = new RawClient(port)
    client.send('x')
    await client.until((received) => received !== '')
    assert.equal(client.received, '<x>')
  }
  const { up } = gateway.stats().clusters
  assert.deepEqual([up?.connectFailures, up?.endpointsEjected], [1, 1])
})

test('a cluster without endpoints, one that is full, and a listener that is full close', async (t) => {
  const upstream = await echo(t)
  const none = await testGateway(
    t,
    yamlOf(1).replace('endpoints: [127.0.0.1:1]', 'endpoints: [nowhere.invalid:1]'),
  )
  using first = new RawClient(none.port)
  assert.equal(await first.end(), '')
  assert.equal(await none.line(), '0 0 UH no_healthy_upstream up -')

  const full = await testGateway(
    t,
    yamlOf(upstream.port, { cluster: ', circuit_breakers: { connections: 1 }' }),
  )
  using second = new RawClient(full.port)
  second.send('x')
  await second.until((received) => received !== '')
  using third = new RawClient(full.port)
  assert.equal(await third.end(), '')
  assert.equal(await full.line(), '0 0 UO overflow up -')

  const small = await testGateway(t, yamlOf(upstream.port, { listener: ', limits: { connections: 1 }' }))
  using fourth = new RawClient(small.port)
  fourth.send('x')
  await fourth.until((received) => received !== '')
  using fifth = new RawClient(small.port)
  assert.equal(await fifth.end(), '')
  assert.equal(small.gateway.stats().listeners['main']?.connectionsOverLimit, 1)
})

test('what is idle is closed, and so is what is reset', async (t) => {
  const upstream = await echo(t)
  const idle = await testGateway(t, yamlOf(upstream.port, { tcp: ', idle_timeout: 60ms' }))
  using first = new RawClient(idle.port)
  first.send('x')
  assert.equal(await first.end(), '<x>')
  assert.equal(await idle.line(), '1 3 - tcp_session_idle_timeout up -')

  const reset = await rawUpstream(t, (socket) => void socket.resetAndDestroy())
  const broken = await testGateway(t, yamlOf(reset.port))
  using second = new RawClient(broken.port)
  second.send('x')
  await second.end()
  assert.equal(await broken.line(), '1 0 UR upstream_remote_reset up -')

  using third = new RawClient(idle.port)
  third.send('x')
  await third.until((received) => received !== '')
  third.socket.resetAndDestroy()
  assert.equal(await idle.line(), '1 3 - downstream_remote_reset up -')
})

test('clusters get connections by their weights', async (t) => {
  const [one, other] = [await echo(t), await echo(t)]
  const yaml = `listeners:
  - { name: main, address: 127.0.0.1:0, tcp: { clusters: [{ name: a, weight: 1 }, { name: b, weight: 0 }, { name: c, weight: 9 }] } }
clusters:
  - { name: a, endpoints: [127.0.0.1:${one.port}] }
  - { name: b, endpoints: [127.0.0.1:1] }
  - { name: c, endpoints: [127.0.0.1:${other.port}] }
`
  const { port } = await testGateway(t, yaml)
  for (let count = 0; count < 60; count++) {
    using client = new RawClient(port)
    client.send('x')
    await client.until((received) => received !== '')
    assert.equal(client.received, '<x>')
  }
  assert.equal(one.sockets.length + other.sockets.length, 60)
  assert.ok(other.sockets.length > one.sockets.length, String(one.sockets.length))
})

test(
  'TLS ends here, with and without what the client offers, and goes on to the upstream',
  NEEDS_OPENSSL,
  async (t) => {
    const authority = new TestAuthority(t)
    const own = authority.issue('gateway', 'DNS:shop.example')
    const theirs = authority.issue('upstream', 'DNS:up.example')
    const upstream = createTls(
      { cert: readFileSync(theirs.cert), key: readFileSync(theirs.key), ALPNProtocols: ['h2'] },
      (socket) => {
        socket.on('error', () => {})
        socket.on('data', (bytes) => socket.write(`<${bytes.toString()}>${String(socket.alpnProtocol)}`))
        socket.on('end', () => socket.end())
      },
    )
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    t.after(() => upstream.close())
    const { port, line } = await testGateway(
      t,
      yamlOf((upstream.address() as AddressInfo).port, {
        listener: `, tls: { certificates: [{ cert_file: ${own.cert}, key_file: ${own.key} }] }`,
        cluster: `, tls: { ca_file: ${authority.ca}, server_name: up.example }`,
      }),
    )
    for (const alpn of [undefined, ['h2', 'http/1.1']]) {
      const client = connectTls({
        port,
        host: '127.0.0.1',
        ca: readFileSync(authority.ca),
        servername: 'shop.example',
        ...(alpn && { ALPNProtocols: alpn }),
      })
      let received = ''
      client.on('data', (bytes) => (received += bytes.toString()))
      await once(client, 'secureConnect')
      assert.equal(client.alpnProtocol, false)
      client.write('one')
      await once(client, 'data')
      client.end()
      await once(client, 'close')
      assert.equal(received, '<one>false')
      assert.equal(await line(), '3 10 - - up -')
    }
  },
)

test('a slow reader at either end holds up the other, and nothing is lost', async (t) => {
  const total = 24 << 20
  let heard = 0
  const sockets: Socket[] = []
  const upstreamPort = await listening(t, (socket) => {
    sockets.push(socket)
    socket.pause()
    socket.on('data', (bytes) => (heard += bytes.length))
    socket.on('end', () => socket.end())
    socket.end(Buffer.alloc(total, 'u'))
  })
  const { port, gateway } = await testGateway(t, yamlOf(upstreamPort))
  using client = new RawClient(port)
  client.socket.removeAllListeners('data')
  client.socket.pause()
  client.socket.end(Buffer.alloc(total, 'c'))
  // What the kernel does not take any more waits at its sender, not here: it stands still far below the whole.
  const held = await standing(() => {
    const { main } = gateway.stats().listeners
    return [main?.bytesReceived ?? 0, main?.bytesSent ?? 0]
  })
  for (const bytes of held) assert.ok(bytes > 0 && bytes < total - (8 << 20), String(bytes))
  let received = 0
  client.socket.on('data', (bytes) => (received += bytes.length))
  client.socket.resume()
  sockets[0]?.resume()
  await Promise.all([once(client.socket, 'close'), once(sockets[0]!, 'close')])
  assert.deepEqual([received, heard], [total, total])
})

/** What it says once that stays the same. */
async function standing(read: () => readonly number[]): Promise<readonly number[]> {
  let last = read()
  for (let same = 0; same < 5;) {
    await new Promise((resolve) => setTimeout(resolve, 40))
    const now = read()
    same = now.join() === last.join() && now.every((count) => count > 0) ? same + 1 : 0
    last = now
  }
  return last
}

test('a drain waits for connections, takes no more, and closes what is left', async (t) => {
  const upstream = await echo(t)
  const { port, gateway, line } = await testGateway(t, yamlOf(upstream.port))
  using client = new RawClient(port)
  client.send('one')
  await client.until((received) => received !== '')
  const drained = gateway.drain(5000)
  using late = new RawClient(port)
  assert.equal(await late.end(), '')
  client.send('two')
  await client.until((received) => received.includes('two'))
  client.socket.end()
  assert.equal(await drained, true)
  assert.equal(await line(), '6 13 - - up -')

  const other = await testGateway(t, yamlOf(upstream.port))
  using stays = new RawClient(other.port)
  stays.send('x')
  await stays.until((received) => received !== '')
  assert.equal(await other.gateway.drain(30), false)
  await stays.end()
  assert.equal(await other.line(), '1 3 - listener_closed up -')
})
