import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { PipelineListener } from '@quadrant/observe'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { ServerError } from '../error.ts'

/** A request's head, and the whole of it, have to be here by then. */
const REQUEST_TIMEOUT_MS = 60_000
/** Each may hold a request of some MiB in memory that nobody has counted yet. */
const HTTP_CONNECTIONS_MAX = 256
const GRPC_STREAMS_MAX = 64

export type ReadCertificate = (path: string) => Buffer

/** Listens for a receiver, or for whoever scrapes. @throws {ServerError} `address-in-use` or `permission` */
export async function openListener(listener: PipelineListener, read: ReadCertificate): Promise<Disposable> {
  try {
    return listener.kind === 'grpc' ? await openGrpc(listener, read) : await openHttp(listener, read)
  } catch (error) {
    const { component, host, port } = listener
    const isDenied = (error as NodeJS.ErrnoException).code === 'EACCES'
    throw new ServerError(
      isDenied ? 'permission' : 'address-in-use',
      `${component} cannot listen on ${host}:${port}: ${(error as Error).message}`,
      { fix: 'give another endpoint in the pipeline file', cause: error },
    )
  }
}

async function openGrpc(
  listener: Extract<PipelineListener, { kind: 'grpc' }>,
  read: ReadCertificate,
): Promise<Disposable> {
  const server = new Server({
    'grpc.max_receive_message_length': listener.messageBytesMax,
    'grpc.max_concurrent_streams': GRPC_STREAMS_MAX,
  })
  listener.addServices(server)
  const tls = certificates(listener, read)
  const credentials = tls
    ? ServerCredentials.createSsl(
        tls.ca ?? null,
        [{ cert_chain: tls.cert, private_key: tls.key }],
        tls.ca !== undefined,
      )
    : ServerCredentials.createInsecure()
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const host = listener.host.includes(':') ? `[${listener.host}]` : listener.host
  server.bindAsync(`${host}:${listener.port}`, credentials, (error, port) =>
    error ? reject(error) : resolve(port),
  )
  await promise
  return { [Symbol.dispose]: () => server.forceShutdown() }
}

async function openHttp(
  listener: Extract<PipelineListener, { kind: 'http' }>,
  read: ReadCertificate,
): Promise<Disposable> {
  const tls = certificates(listener, read)
  const server = tls
    ? createHttpsServer({
        ...tls,
        requestCert: tls.ca !== undefined,
        rejectUnauthorized: tls.ca !== undefined,
      })
    : createHttpServer()
  server.requestTimeout = REQUEST_TIMEOUT_MS
  server.maxConnections = HTTP_CONNECTIONS_MAX
  server.on('request', (request, response) => {
    // What one request cannot be given must not end the server: a scrape may be longer than a string can be.
    Promise.resolve(listener.handler(request, response)).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { 'content-type': 'text/plain' }).end(`${(error as Error).message}\n`)
    })
  })
  server.listen(listener.port, listener.host)
  await once(server, 'listening')
  return {
    [Symbol.dispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function certificates({ tls }: PipelineListener, read: ReadCertificate) {
  if (!tls?.cert || !tls.key) return undefined
  return {
    cert: read(tls.cert),
    key: read(tls.key),
    ...(tls.ca === undefined ? {} : { ca: read(tls.ca) }),
  }
}
