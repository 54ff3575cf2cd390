// Streams of HTTP/2 to an endpoint that end otherwise than by a request and its response.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import { connect, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { http2Frame } from '../testing/http2-frame.ts'
import { rawUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway, type TestGateway } from '../testing/test-gateway.ts'

/** A gateway before a server that does with each stream what the test says. */
async function http2Gateway(
  t: TestContext,
  onStream: (stream: ServerHttp2Stream) => void,
  cluster = '',
): Promise<TestGateway> {
  const server = createServer()
    .on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => {})
      onStream(stream)
    })
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return testGateway(t, simpleYaml(port, { cluster: `, protocol: http2${cluster}` }))
}

/** All that comes of a request until the gateway closes. */
async function received(port: number, request: string): Promise<string> {
  const client = connect(port, '127.0.0.1').on('error', () => {})
  let text = ''
  client.on('data', (bytes) => (text += String(bytes)))
  client.write(request)
  await once(client, 'close')
  return text
}

const GET = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'

/** `:status: 413` by HPACK, and the end of stream 1. */
const REFUSED = http2Frame(1, 5, 1, [0x08, 3, ...Buffer.from('413')])
const SETTINGS = http2Frame(4, 0, 0, [])

for (const { what, framing, body } of [
  { what: 'has not ended', framing: 'transfer-encoding: chunked', body: '1\r\nx\r\n' },
  // More than the windows that the endpoint gives.
  { what: 'finds no room', framing: 'content-length: 100000', body: 'x'.repeat(100_000) },
])
  test(`an answer to a request that ${what} keeps no stream`, { timeout: 20_000 }, async (t) => {
    const reset = http2Frame(3, 0, 1, []).toString('latin1').slice(3)
    const ended = Promise.withResolvers<void>()
    const upstream = await rawUpstream(t, (socket, text) => {
      // A client's preface, its settings, its head: it is answered once some of the body has come.
      if (text.includes('x') && socket.bytesWritten === 0) socket.write(Buffer.concat([SETTINGS, REFUSED]))
      if (text.includes(reset)) ended.resolve()
    })
    const { port, line } = await testGateway(t, simpleYaml(upstream.port, { cluster: ', protocol: http2' }))
    const text = received(
      port,
      `POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${framing}\r\n\r\n${body}`,
    )
    assert.equal(await line(), '413 - via_upstream')
    await ended.promise
    assert.match(await text, /^HTTP\/1.1 413 /)
  })

test('a stream that is reset in the middle of a body is no whole answer, whatever the reason', async (t) => {
  const { port, line } = await http2Gateway(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('half', () => stream.destroy())
  })
  const text = await received(port, GET)
  assert.match(text, /half/)
  assert.ok(!text.endsWith('0\r\n\r\n'), text)
  assert.match(await line(), /^200 U/)
})

for (const body of ['o', 'ok and more'])
  test(`a body of ${body.length} bytes where 2 were said is none`, async (t) => {
    const { port, line } = await http2Gateway(t, (stream) => {
      stream.respond({ ':status': 200, 'content-length': '2' })
      stream.end(body)
    })
    const text = await received(port, GET)
    assert.ok(!text.includes('and more'), text)
    assert.match(await line(), /^200 (?:UPE|UC) /)
  })
