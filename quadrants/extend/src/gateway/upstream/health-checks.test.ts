import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import { createServer, type AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { exchangeBytes } from '../testing/raw-client.ts'
import { rawUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'

const GET = 'GET /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'
const THRESHOLDS = 'interval: 100ms, timeout: 100ms, unhealthy_threshold: 1, healthy_threshold: 1'
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** What a cluster of one endpoint finds of it, once it has changed to that. */
async function becomes(t: TestContext, yaml: string): Promise<(healthy: number) => Promise<void>> {
  const { gateway } = await testGateway(t, yaml)
  return async (healthy) => {
    while (gateway.stats().clusters['up']?.endpointsHealthy !== healthy) await later(10)
  }
}

test('by TCP: whether it accepts connections', async (t) => {
  const server = createServer((socket) => socket.on('error', () => {}).resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const find = await becomes(
    t,
    simpleYaml(port, { cluster: `, health_checks: [{ tcp: {}, ${THRESHOLDS} }]` }),
  )
  await find(1)
  server.close()
  await find(0)
  server.listen(port, '127.0.0.1')
  await find(1)
  server.close()
})

test('by gRPC: what grpc.health.v1 says of the service', async (t) => {
  let answer: 'serving' | 'not-serving' | 'unimplemented' | 'silent' = 'serving'
  let asked = ''
  const server = createHttp2Server()
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', (session) => sessions.add(session))
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {})
    stream.on('data', (bytes: Buffer) => (asked = `${String(headers[':path'])} ${bytes.toString('hex')}`))
    if (answer === 'silent') return
    const code = answer === 'unimplemented' ? '12' : '0'
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': code }))
    if (answer === 'unimplemented') stream.end()
    else stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, answer === 'serving' ? 1 : 2]))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const session of sessions) session.destroy()
  })
  const { port } = server.address() as AddressInfo
  const check = `, protocol: http2, health_checks: [{ grpc: { service: shop }, ${THRESHOLDS} }]`
  const find = await becomes(t, simpleYaml(port, { cluster: check }))
  await find(1)
  for (const sick of ['not-serving', 'unimplemented', 'silent'] as const) {
    answer = sick
    await find(0)
    answer = 'serving'
    await find(1)
  }
  // HealthCheckRequest{service: "shop"} behind its length.
  assert.equal(asked, '/grpc.health.v1.Health/Check 00000000060a0473686f70')
})

test('an endpoint that fails its requests is left alone for a while', async (t) => {
  let status = '500 No'
  const { port: upstreamPort } = await rawUpstream(t, (socket) =>
    socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`),
  )
  const outliers =
    ', outlier_detection: { consecutive_5xx: 3, interval: 100ms, base_ejection: 300ms, max_ejected_percent: 100 }, panic_threshold: 0'
  const { port, gateway, lines } = await testGateway(t, simpleYaml(upstreamPort, { cluster: outliers }))
  for (let i = 0; i < 3; i++) await exchangeBytes(port, GET)
  assert.equal(gateway.stats().clusters['up']?.endpointsEjected, 1)
  assert.match(await exchangeBytes(port, GET), /no healthy upstream$/)
  assert.equal(lines.at(-1), '503 UH no_healthy_upstream')
  status = '200 OK'
  while (gateway.stats().clusters['up']?.endpointsEjected !== 0) await later(20)
  assert.match(await exchangeBytes(port, GET), /^HTTP\/1\.1 200 /)
})
