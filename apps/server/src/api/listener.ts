import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { ConnectRouter } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { FilterService, QuadrantService } from '@quadrant/proto'
import { ServerError } from '../error.ts'
import { SECURITY_HEADERS, judge } from './gate.ts'
import type { StaticFiles } from './static.ts'

/** No request of the API is longer than a list of service rules, or a release with its configuration. */
const BODY_BYTES_MAX = 256 << 10
const HEADER_BYTES_MAX = 16 << 10
const CONNECTIONS_MAX = 256
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000

export interface ApiOptions {
  readonly port: number
  readonly token: string
  readonly files: StaticFiles
  readonly routes: (router: ConnectRouter) => void
}

/**
 * Listens on loopback only: 127.0.0.1, and [::1] where there is one.
 *
 * @throws {ServerError} `address-in-use` or `permission`.
 */
export async function listenForApi(options: ApiOptions): Promise<{ port: number; servers: Server[] }> {
  let { port } = options
  const api = connectNodeAdapter({
    routes: options.routes,
    readMaxBytes: BODY_BYTES_MAX,
    // On loopback compressing costs more than it saves, for each watcher and four times a second.
    acceptCompression: [],
    grpc: false,
    grpcWeb: false,
  })
  const apiPaths = [QuadrantService, FilterService].map(({ typeName }) => `/${typeName}/`)
  const handler = (request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
    const verdict = judge(request, { port, token: options.token })
    if (verdict.kind === 'refuse') {
      // Node reads the rest of the body and throws it away: were the connection closed under a client that still
      // writes, it would see a broken pipe and not why it was refused.
      response.writeHead(verdict.status, { 'content-type': 'text/plain; charset=utf-8', ...verdict.headers })
      response.end(verdict.message)
    } else if (verdict.kind === 'redirect')
      response.writeHead(303, { location: verdict.location, 'set-cookie': verdict.cookie }).end()
    else if (apiPaths.some((path) => request.url!.startsWith(path))) api(request, response)
    else if (request.method === 'POST')
      response
        .writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain; charset=utf-8' })
        .end('GET or HEAD.\n')
    else options.files.answer(request, response)
  }
  const first = await listen(handler, '127.0.0.1', port)
  port = (first.address() as { port: number }).port
  const servers = [first]
  // A machine without IPv6 is a machine without [::1]; and who holds that port there holds no address we print.
  const second = await listen(handler, '::1', port).catch(() => undefined)
  if (second) servers.push(second)
  return { port, servers }
}

async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  host: string,
  port: number,
): Promise<Server> {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
    },
    handler,
  )
  server.maxConnections = CONNECTIONS_MAX
  server.listen({ host, port, exclusive: true })
  try {
    await once(server, 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new ServerError('address-in-use', `port ${port} on ${host} is taken`, {
        fix: `stop what listens there (ss -ltnp 'sport = :${port}'), or start with another --port, or --port 0 for any`,
        cause: error,
      })
    throw new ServerError('permission', `can't listen on ${host}:${port}: ${message}`, { cause: error })
  }
  return server
}
