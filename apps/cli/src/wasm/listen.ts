import { createServer, type AddressInfo, type Server } from 'node:net'
import { CliError } from '../cli-error.ts'
import type { ListenAddress } from './grants.ts'

/** A server that listens, for a guest to accept its connections. @throws {CliError} QDR-C006 where it cannot listen */
export async function listen({ host, port }: ListenAddress): Promise<{ server: Server; address: string }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (cause) {
    throw cannotListen(new Error(`cannot listen on ${host}:${port}: ${(cause as Error).message}`, { cause }))
  }
  const bound = server.address() as AddressInfo
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return { server, address: `${name}:${bound.port}` }
}

export function cannotListen(cause: Error): CliError {
  return new CliError('QDR-C006', cause.message, {
    cause,
    fix: 'choose another one: --listen PORT, or 0 for any that is free',
  })
}
