import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { QuadrantService } from '@quadrant/proto'

type Answers = Partial<ServiceImpl<typeof QuadrantService>>

/** A server of the API that answers as told, on loopback, with its address in a data directory of its own. */
export class MadeServer implements AsyncDisposable {
  /** For `--data`. */
  readonly data = mkdtempSync(join(tmpdir(), 'quadrant-made-'))
  readonly #answers: Answers
  #server: Server | undefined

  private constructor(answers: Answers) {
    this.#answers = answers
  }

  static async start(answers: Answers): Promise<MadeServer> {
    const server = new MadeServer(answers)
    await server.listen()
    return server
  }

  /** Begins to listen, or does so again, on another port and with another token. */
  async listen(): Promise<void> {
    const token = `token-${Math.random()}`
    const authorized = (header: string | null) => {
      if (header !== `Bearer ${token}`) throw new ConnectError('wrong token', Code.Unauthenticated)
    }
    const server = createServer(
      connectNodeAdapter({
        interceptors: [
          (next) => (request) => {
            authorized(request.header.get('authorization'))
            return next(request)
          },
        ],
        routes: (router) => router.service(QuadrantService, this.#answers),
      }),
    ).listen({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    this.#server = server
    const { port } = server.address() as AddressInfo
    writeFileSync(
      join(this.data, 'server.json'),
      JSON.stringify({ address: `http://127.0.0.1:${port}`, token, pid: process.pid, version: 'made' }),
    )
  }

  /** Ends as a killed server does: its connections break. */
  async break(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.break()
    rmSync(this.data, { recursive: true, force: true })
  }
}
