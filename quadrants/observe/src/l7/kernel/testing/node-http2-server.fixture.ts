/** Node's server of HTTP/2 as a peer, with padding: prints its address. */
import { constants, createServer, type ServerHttp2Stream } from 'node:http2'

const server = createServer({ paddingStrategy: constants.PADDING_STRATEGY_MAX })

server.on('stream', (stream: ServerHttp2Stream, headers) => {
  stream.on('error', () => {})
  const path = headers[':path']!
  if (path === '/push')
    stream.pushStream({ ':path': '/pushed' }, (_error, pushed) => {
      pushed.respond({ ':status': 203 })
      pushed.end('x'.repeat(1000))
    })
  if (path === '/reset') {
    stream.respond({ ':status': 200 })
    stream.write('abc', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
    return
  }
  let bytes = 0
  stream.on('data', (data: Buffer) => (bytes += data.length))
  stream.on('end', () => {
    stream.additionalHeaders({ ':status': 102 })
    stream.respond({ ':status': path.startsWith('/missing') ? 404 : 200 })
    stream.end('y'.repeat(2 * bytes))
  })
})

server.listen(0, '127.0.0.1', () => {
  const { address, port } = server.address() as { address: string; port: number }
  process.stdout.write(`${address}:${port}\n`)
})
