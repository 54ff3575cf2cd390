import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url))

/** `quadrant gateway` on one worker, as a process of its own. */
export class GatewayProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #ports = new Map<string, number>()

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#folder = folder
  }

  /** @param configuration what its file says, with the admin interface @throws {Error} with what it wrote, where it does not serve */
  static async start(configuration: object): Promise<GatewayProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-gateway-'))
    const file = join(folder, 'gateway.yaml')
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ ...configuration, admin: { address: '127.0.0.1:0' } }))
    const args = [PROGRAM, 'gateway', '--config', file, '--workers', '1']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const gateway = new GatewayProcess(child, folder)
    const written: string[] = []
    const serving = Promise.withResolvers<void>()
    createInterface({ input: child.stderr })
      .on('line', (line) => {
        written.push(line)
        const [, name, port] = /([\w-]+) listens on .*:(\d+)$/.exec(line) ?? []
        if (name !== undefined) gateway.#ports.set(name, Number(port))
        // It is the last that listens.
        if (name === 'admin') serving.resolve()
      })
      .on('close', () => serving.reject(new Error(`the gateway has ended: ${written.slice(-20).join('\n')}`)))
    await serving.promise
    return gateway
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
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await exited
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
