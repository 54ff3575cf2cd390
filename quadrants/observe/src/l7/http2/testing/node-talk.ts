import { once } from 'node:events'
import { connect, constants, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { CaptureProxy, type Piece } from './capture.ts'

/** What Node's client and server say to each other: some exchanges, some at once, two of them reset. */
export async function captureTalk({ isPadded = false } = {}): Promise<readonly Piece[]> {
  const padding = isPadded ? { paddingStrategy: constants.PADDING_STRATEGY_MAX } : {}
  const server = createServer(padding)
  server.on('stream', (stream: ServerHttp2Stream, { ':path': path }) => {
    stream.on('error', () => {})
    stream.resume()
    if (path === '/reset') stream.close(constants.NGHTTP2_REFUSED_STREAM)
    else {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end('y'.repeat(100))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await using proxy = await CaptureProxy.start(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  const client = connect(`http://${proxy.address}`, padding)
  const send = (path: string, i: number) =>
    new Promise((resolve) => {
      const stream = client.request({
        ':path': path,
        ':method': 'POST',
        'x-trace-sampling': 'high',
        'x-number': String(i % 7),
      })
      stream.on('error', () => {})
      stream.once('close', resolve).resume().end('z'.repeat(i))
    })
  for (let i = 0; i < 6; i++) await send(i === 3 ? '/reset' : '/some/path', i)
  await Promise.all(Array.from({ length: 12 }, (_, i) => send(i === 5 ? '/reset' : `/${i}`, i * 10)))
  client.close()
  await proxy.idle()
  server.close()
  return proxy.connections[0]!
}
