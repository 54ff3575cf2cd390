import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { FiltersSummary } from '@quadrant/extend/gateway'

const PROGRAM = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url))

/** `quadrant gateway` on one worker, as a process of its own. */
export class GatewayProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #killAtExit: () => void
  readonly #ports = new Map<string, number>()
  readonly #written: string[] = []

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#folder = folder
    this.#killAtExit = () => child.kill('SIGKILL')
    process.once('exit', this.#killAtExit)
  }

  /**
   * @param configuration what its file says, without the admin interface
   * @throws {Error} with what it wrote, where it does not serve
   */
  static async start(configuration: object): Promise<GatewayProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-gateway-'))
    const file = join(folder, FILE)
    writeFileSync(file, textOf(configuration))
    const args = [PROGRAM, 'gateway', '--config', file, '--workers', '1']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const gateway = new GatewayProcess(child, folder)
    const serving = Promise.withResolvers<void>()
    createInterface({ input: child.stderr })
      .on('line', (line) => {
        gateway.#written.push(line)
        const [, name, port] = /([\w-]+) listens on .*:(\d+)$/.exec(line) ?? []
        if (name !== undefined) gateway.#ports.set(name, Number(port))
        // It is the last that listens.
        if (name === 'admin') serving.resolve()
      })
      .on('close', () => serving.reject(new Error(`the gateway has ended: ${gateway.log.join('\n')}`)))
    await serving.promise
    return gateway
  }

  /** What it wrote of itself, by lines. */
  get log(): readonly string[] {
    return this.#written
  }

  /** Asks the administration interface. */
  async admin(path: string): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${this.port('admin')}${path}`)).text()
  }

  /** What it tells of its filters. */
  async filters(): Promise<FiltersSummary> {
    return JSON.parse(await this.admin('/filters')) as FiltersSummary
  }

  url(listener: string): string {
    return `http://127.0.0.1:${this.port(listener)}/`
  }

  /** Has it take another configuration; whether it does is in the log. */
  reload(configuration: object): void {
    const next = join(this.#folder, `next-${FILE}`)
    writeFileSync(next, textOf(configuration))
    renameSync(next, join(this.#folder, FILE))
    this.#child.kill('SIGHUP')
  }

  /** Lets what is under way end. The exit code. */
  async end(): Promise<number | null> {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const [code] = (await exited) as [number | null]
    return code
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Where a listener listens, on the loopback address. */
  port(listener: string): number {
    const port = this.#ports.get(listener)
    if (port === undefined) throw new Error(`no listener ${listener}`)
    return port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#killAtExit)
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await exited
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const FILE = 'gateway.yaml'

/** JSON is YAML. */
function textOf(configuration: object): string {
  return JSON.stringify({ ...configuration, admin: { address: '127.0.0.1:0' } })
}
