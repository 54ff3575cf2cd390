import { createServer, type AddressInfo, type Server } from 'node:net'
import { CliError } from '../cli-error.ts'
import type { ListenAddress } from './grants.ts'

/** A server that listens, for a guest to accept its connections. @throws {CliError} QDR-C006 where it cannot listen */
export async function listen(at: ListenAddress): Promise<{ server: Server; address: string }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  return { server, address: await listenOn(server, at) }
}

/** Has a server listen, and says where it does. @throws {CliError} QDR-C006 where it cannot */
export async function listenOn(server: Server, { host, port }: ListenAddress): Promise<string> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (cause) {
    throw cannotListen(new Error(`cannot listen on ${host}:${port}: ${(cause as Error).message}`, { cause }))
  }
  const bound = server.address() as AddressInfo
  return `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
}

export function cannotListen(cause: Error): CliError {
  return new CliError('QDR-C006', cause.message, {
    cause,
    fix: 'choose another one: --listen PORT, or 0 for any that is free',
  })
}
