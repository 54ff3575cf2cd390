import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { CliError } from '../cli-error.ts'

const PORT_DEFAULT = 7700
const LOOPBACK = '127.0.0.1'

/** The port to use: the one asked for, else the default one, else a free one. @throws {CliError} QDR-C006 where the one asked for is taken */
export async function choosePort(asked: number | undefined): Promise<number> {
  const port = await tryPort(asked ?? PORT_DEFAULT)
  if (port !== undefined) return port
  if (asked !== undefined)
    throw new CliError('QDR-C006', `port ${asked} on ${LOOPBACK} is taken or not allowed`, {
      fix: `give another one, or 0 for any: --port 0 (who has it: ss -ltnp sport = :${asked})`,
    })
  const free = await tryPort(0)
  if (free === undefined) throw new CliError('QDR-C006', `no port on ${LOOPBACK} can be listened on`)
  return free
}

/** Listens for a moment; the number, or undefined where that is not possible. */
async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer()
  try {
    server.listen({ host: LOOPBACK, port, exclusive: true })
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  } catch {
    return undefined
  } finally {
    if (server.listening) {
      const closed = once(server, 'close')
      server.close()
      await closed
    }
  }
}
