// Interim responses on their way to clients (RFC 9110 15.2: a proxy has to forward them).
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2, createServer, type IncomingHttpHeaders } from 'node:http2'
import { connect, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { rawUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'

const HINTS =
  'HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\nconnection: x-hop\r\nx-hop: 1\r\n\r\n'
const GO_ON = 'HTTP/1.1 100 Continue\r\n\r\n'
const FINAL = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

async function received(port: number, request: string): Promise<string> {
  const client = connect(port, '127.0.0.1')
  let text = ''
  client.on('data', (bytes) => (text += String(bytes)))
  client.write(request)
  await once(client, 'close')
  return text
}

test('clients of HTTP/1.1 have them in their order, but 100, and older ones none', async (t) => {
  const upstream = await rawUpstream(t, (socket) => socket.write(GO_ON + HINTS + HINTS + FINAL))
  const { port } = await testGateway(t, simpleYaml(upstream.port))
  const text = await received(port, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n'
  assert.ok(text.startsWith(`${hint}${hint}HTTP/1.1 200 OK\r\n`), text)
  const old = await received(port, 'GET / HTTP/1.0\r\nhost: a\r\n\r\n')
  assert.match(old, /^HTTP\/1\.1 200 OK\r\n/)
})

test('a flood of them is a broken response', async (t) => {
  const upstream = await rawUpstream(t, (socket) => socket.write(HINTS.repeat(100) + FINAL))
  const { port, line } = await testGateway(t, simpleYaml(upstream.port))
  const text = await received(port, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  assert.equal(text.split('HTTP/1.1 103').length - 1, 32)
  assert.match(text, /HTTP\/1\.1 502 /)
  assert.match(await line(), /^502 UPE /)
})

test('they pass from HTTP/2 to HTTP/2', async (t) => {
  const server = createServer((_, response) => {
    response.stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' })
    response.end('ok')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const yaml = simpleYaml((server.address() as AddressInfo).port, { cluster: ', protocol: http2' })
  const { port } = await testGateway(t, yaml)
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  const stream = session.request({ ':path': '/' })
  const seen: (number | string | undefined)[] = []
  const see = (headers: IncomingHttpHeaders) =>
    seen.push(headers[':status'] as never, headers['link'] as never)
  stream.on('headers', see).on('response', see).resume()
  await once(stream, 'end')
  assert.deepEqual(seen, [103, '</a.css>; rel=preload', 200, undefined])
})
