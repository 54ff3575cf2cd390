// Streams of HTTP/2 whose other end says or takes all but the last of what there is.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { rawUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'

test('a client that never takes the last of a response is not waited for', { timeout: 30_000 }, async (t) => {
  const body = 'x'.repeat(20_000)
  const upstream = await rawUpstream(t, (socket) =>
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
  )
  const yaml = simpleYaml(upstream.port, { listener: ', timeouts: { stream_idle: 200ms }' })
  const { port, gateway } = await testGateway(t, yaml)
  // Room for half of it, and nothing reads.
  const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 10_000 } })
  t.after(() => session.destroy())
  const stream = session.request({ ':path': '/' }).on('error', () => {})
  const [headers] = await once(stream, 'response')
  assert.equal(headers[':status'], 200)
  await new Promise((resolve) => stream.on('close', resolve))
  assert.notEqual(stream.rstCode, 0)
  const { flushTimeouts, requestsActive } = gateway.stats().listeners['main']!
  assert.deepEqual([flushTimeouts, requestsActive], [1, 0])
})

test('the scheme is that of the connection, whatever a client says', async (t) => {
  const schemes: (string | undefined)[] = []
  const server = createServer((request, response) => {
    schemes.push(request.headers[':scheme'])
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const yaml = simpleYaml((server.address() as AddressInfo).port, { cluster: ', protocol: http2' })
  const { port } = await testGateway(t, yaml)
  const session = connect(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  for (const scheme of ['https', 'file']) {
    const stream = session.request({ ':path': '/', ':scheme': scheme }).resume()
    await once(stream, 'end')
  }
  assert.deepEqual(schemes, ['http', 'http'])
})

test('an endpoint that never ends a stream loses it', { timeout: 30_000 }, async (t) => {
  const codes: number[] = []
  const server = createServer((_, response) => {
    const { stream } = response
    response.writeHead(200, { 'content-length': '2' }).write('ok')
    stream.on('error', () => {}).on('close', () => codes.push(stream.rstCode))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const yaml = simpleYaml((server.address() as AddressInfo).port, {
    // A second request would not be served otherwise.
    cluster:
      ', protocol: http2, circuit_breakers: { connections: 1 }, keep_alive: { streams_per_connection: 1 }',
  })
  const { port } = await testGateway(t, yaml)
  for (let index = 0; index < 2; index++) {
    const response = await fetch(`http://127.0.0.1:${port}/`)
    assert.equal(await response.text(), 'ok')
  }
  while (codes.length === 0) await sleep(20)
  assert.deepEqual(codes.slice(0, 1), [8])
})
