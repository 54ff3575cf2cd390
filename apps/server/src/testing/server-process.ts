import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createClient, type Client, type Transport } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-node'
import { FilterService, QuadrantService } from '@quadrant/proto'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** The real server, as a process of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly child: ChildProcess
  readonly address: string
  readonly token: string
  readonly #log: string[]

  private constructor(child: ChildProcess, log: string[], ready: { address: string; token: string }) {
    this.child = child
    this.#log = log
    this.address = ready.address
    this.token = ready.token
  }

  /** @throws {Error} with what it printed where it did not start. */
  /** @param through a command that starts it, as `setpriv` with its options */
  static async start(
    dataDir: string,
    args: readonly string[] = [],
    through: readonly string[] = [],
  ): Promise<ServerProcess> {
    const [command, ...rest] = [...through, process.execPath, MAIN, '--data', dataDir, ...args]
    const child = spawn(command!, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const log: string[] = []
    child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text))
    const ready = await Promise.race([
      once(child.stdout, 'data').then(
        ([line]) => JSON.parse(String(line)) as { address: string; token: string },
      ),
      once(child, 'close').then(([code]) => {
        throw new Error(`exit ${String(code)}: ${log.join('')}`)
      }),
    ])
    return new ServerProcess(child, log, ready)
  }

  get port(): number {
    return Number(new URL(this.address).port)
  }

  get log(): string {
    return this.#log.join('')
  }

  get api(): Client<typeof QuadrantService> {
    return createClient(QuadrantService, this.#transport())
  }

  get filters(): Client<typeof FilterService> {
    return createClient(FilterService, this.#transport())
  }

  /** Ends it; gives its exit code, or its signal. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    if (this.child.exitCode !== null) return this.child.exitCode
    if (this.child.signalCode !== null) return this.child.signalCode
    this.child.kill(signal)
    const [code, by] = (await once(this.child, 'exit')) as [number | null, string | null]
    return code ?? by!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL')
  }

  #transport(): Transport {
    return createConnectTransport({
      baseUrl: this.address,
      httpVersion: '1.1',
      interceptors: [
        (next) => (request) => {
          request.header.set('authorization', `Bearer ${this.token}`)
          return next(request)
        },
      ],
    })
  }
}
