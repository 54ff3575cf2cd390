import { chmodSync, rmSync } from 'node:fs'
import { createServer } from 'node:http2'
import { once } from 'node:events'
import type { Server } from 'node:net'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import type { ConnectRouter } from '@connectrpc/connect'
import { ServerError } from '../error.ts'

/** Largest message of an agent. */
const FRAME_BYTES_MAX = 4 << 20
const CONNECTIONS_MAX = 64

/** Opens the agents' socket, for its owner only. @throws {ServerError} when it can't be made. */
export async function listenForAgents(
  path: string,
  routes: (router: ConnectRouter) => void,
): Promise<Server> {
  const handler = connectNodeAdapter({
    routes,
    readMaxBytes: FRAME_BYTES_MAX,
    // Local and already compact; and nothing can be made large by decompressing it.
    acceptCompression: [],
    // What no check knows is not kept in memory, and not told on.
    binaryOptions: { readUnknownFields: false },
    connect: false,
    grpcWeb: false,
  })
  const server = createServer(
    { maxSessionMemory: 32, settings: { maxConcurrentStreams: 8, initialWindowSize: 1 << 20 } },
    handler,
  )
  server.maxConnections = CONNECTIONS_MAX
  // A peer that talks no HTTP/2 breaks its own connection only.
  server.on('sessionError', () => undefined)
  rmSync(path, { force: true })
  // Between bind and chmod nobody else may connect.
  const umask = process.umask(0o177)
  try {
    server.listen(path)
    await once(server, 'listening')
  } catch (error) {
    throw new ServerError('permission', `${path}: ${(error as Error).message}`, { cause: error })
  } finally {
    process.umask(umask)
  }
  chmodSync(path, 0o600)
  return server
}
