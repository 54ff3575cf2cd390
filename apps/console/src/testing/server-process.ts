import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { FilterService, QuadrantService } from '@quadrant/proto'

const MAIN = fileURLToPath(new URL('../../../server/src/main.ts', import.meta.url))

/** The real server, as a process of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly address: string
  readonly token: string

  private constructor(child: ChildProcess, ready: { address: string; token: string }) {
    this.#child = child
    this.address = ready.address
    this.token = ready.token
  }

  /** @throws {Error} with what it printed, where it does not start. */
  static async start(dataDir: string, port = 0): Promise<ServerProcess> {
    const child = spawn(process.execPath, [MAIN, '--data', dataDir, '--port', String(port)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let log = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
    const ready = await Promise.race([
      once(child.stdout, 'data').then(
        ([line]) => JSON.parse(String(line)) as { address: string; token: string },
      ),
      once(child, 'close').then(([code]) => {
        throw new Error(`the server ended with ${String(code)}: ${log}`)
      }),
    ])
    return new ServerProcess(child, ready)
  }

  get port(): number {
    return Number(new URL(this.address).port)
  }

  /** The page with the token, as `quadrant up` prints it. */
  url(path = '/'): string {
    return `${this.address}${path}${path.includes('?') ? '&' : '?'}token=${this.token}`
  }

  get api() {
    return createClient(QuadrantService, this.#transport())
  }

  get filters() {
    return createClient(FilterService, this.#transport())
  }

  #transport() {
    return createConnectTransport({
      baseUrl: this.address,
      useBinaryFormat: true,
      interceptors: [
        (next) => (request) => {
          request.header.set('authorization', `Bearer ${this.token}`)
          return next(request)
        },
      ],
    })
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}
