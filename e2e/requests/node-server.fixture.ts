/** Node's server: prints its address, then method, path and status of each request that it has answered. */
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    response.statusCode = request.url!.startsWith('/missing') ? 404 : 200
    response.on('finish', () => {
      process.stdout.write(`${request.method} ${request.url!.split('?')[0]} ${response.statusCode}\n`)
    })
    // Two writes without a length: chunked. They look like messages, which nobody must take them for.
    response.write('GET /decoy HTTP/1.1\r\n\r\n')
    response.end('HTTP/1.1 500 Decoy\r\n\r\n')
  })
})
server.keepAliveTimeout = 60_000

server.listen(0, '127.0.0.1', () => {
  const { address, port } = server.address() as { address: string; port: number }
  process.stdout.write(`${address}:${port}\n`)
})
