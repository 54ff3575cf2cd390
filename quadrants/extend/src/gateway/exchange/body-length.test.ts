// What one side counts as a message is what the other gets, whatever a filter makes of a body, or a client leaves out.
import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import type { StreamChain, StreamFilters } from '../../filters/stream/stream-chain.ts'
import { rawUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'

/** Filters that put other bytes in place of bodies, and leave the length as it was. */
function replacing(request: string | undefined, response: string | undefined): StreamFilters {
  return {
    open: (sink): StreamChain => ({
      requestHead: (headers, isEnd) => sink.requestHead(headers, isEnd),
      requestBody: (chunk, isEnd) =>
        sink.requestBody(request === undefined ? chunk : Buffer.from(request), isEnd),
      requestTrailers: (trailers) => sink.requestTrailers(trailers),
      responseHead: (headers, isEnd) => sink.responseHead(headers, isEnd),
      responseBody: (chunk, isEnd) =>
        sink.responseBody(response === undefined ? chunk : Buffer.from(response), isEnd),
      responseTrailers: (trailers) => sink.responseTrailers(trailers),
      end: () => {},
    }),
  }
}

async function posted(t: TestContext, filters: StreamFilters) {
  const upstream = await rawUpstream(t, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes'),
  )
  const { port } = await testGateway(t, simpleYaml(upstream.port), { filtersOf: () => filters })
  const client = connect(port, '127.0.0.1').on('error', () => {})
  t.after(() => client.destroy())
  let received = ''
  let isClosed = false
  client.on('data', (bytes) => (received += String(bytes))).on('end', () => (isClosed = true))
  client.write('POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc')
  await sleep(200)
  return { sent: upstream.received.join(''), received, isClosed }
}

test('of a request that a filter made longer no more is sent than was said', async (t) => {
  const { sent } = await posted(t, replacing('abcGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n', undefined))
  assert.match(sent, /\r\n\r\nabc$/)
})

test('of a response that a filter made longer no more is sent, and the connection ends', async (t) => {
  const { received, isClosed } = await posted(t, replacing(undefined, 'yesHTTP/1.1 200 OK\r\n\r\n'))
  assert.match(received, /\r\n\r\nyes$/)
  assert.ok(isClosed)
})

test('a response that a filter made shorter ends with its connection', async (t) => {
  const { received, isClosed } = await posted(t, replacing(undefined, 'y'))
  assert.match(received, /\r\n\r\ny$/)
  assert.ok(isClosed)
})

test('a request that a filter made shorter is not sent as a whole one', async (t) => {
  const { received } = await posted(t, replacing('a', undefined))
  assert.match(received, /^HTTP\/1\.1 50[23] /)
})

test('a request of HTTP/2 whose connection goes in the middle of its body is not ended', async (t) => {
  const upstream = await rawUpstream(t, () => {})
  const { port } = await testGateway(t, simpleYaml(upstream.port))
  const session = connectHttp2(`http://127.0.0.1:${port}`).on('error', () => {})
  const stream = session
    .request({ ':method': 'POST', ':path': '/x' }, { endStream: false })
    .on('error', () => {})
  stream.write('hello')
  await sleep(150)
  session.destroy()
  await sleep(150)
  assert.match(upstream.received.join(''), /5\r\nhello\r\n$/)
})
