import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FiltersSummary } from '@quadrant/extend/gateway'

const QUADRANT = join(import.meta.dirname, '../../apps/cli/src/main.ts')
const START_MS_MAX = 60_000

/** `quadrant gateway` as a process of its own. */
export class GatewayProcess implements AsyncDisposable {
  readonly ports: ReadonlyMap<string, number>
  readonly #process: ChildProcess
  readonly #folder: string
  readonly #output: { text: string }

  private constructor(
    process: ChildProcess,
    folder: string,
    output: { text: string },
    ports: ReadonlyMap<string, number>,
  ) {
    this.#process = process
    this.#folder = folder
    this.#output = output
    this.ports = ports
  }

  /** @param file what its configuration file says; listeners and admin have any free port where they say 0 */
  static async start(file: object, workerCount = 1): Promise<GatewayProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-gateway-'))
    const config = join(folder, 'gateway.yaml')
    writeFileSync(config, JSON.stringify(file))
    const args = [QUADRANT, 'gateway', '--config', config, '--workers', String(workerCount)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const output = { text: '' }
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.text += text))
    const ended = once(child, 'exit')
    const signal = AbortSignal.timeout(START_MS_MAX)
    // Of all that it says the address of admin is the last.
    while (!output.text.includes('admin listens on')) {
      if (child.exitCode !== null || signal.aborted)
        throw new Error(`the gateway does not start: ${output.text}`)
      await Promise.race([once(child.stderr, 'data'), ended, once(signal, 'abort')])
    }
    const ports = new Map(
      [...output.text.matchAll(/^(\S+) listens on \S+:(\d+)$/gm)].map(([, name, port]) => [
        name!,
        Number(port),
      ]),
    )
    return new GatewayProcess(child, folder, output, ports)
  }

  get pid(): number {
    return this.#process.pid!
  }

  /** What it wrote for people. */
  get output(): string {
    return this.#output.text
  }

  url(listener: string, path = '/'): string {
    return `http://127.0.0.1:${this.ports.get(listener)}${path}`
  }

  async filters(): Promise<FiltersSummary> {
    const response = await fetch(this.url('admin', '/filters'))
    return (await response.json()) as FiltersSummary
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    if (this.#process.exitCode === null && this.#process.signalCode === null) await ended
    rmSync(this.#folder, { recursive: true })
  }
}

const ANY = '127.0.0.1:0'

/** A gateway's file: listeners, each with the names of its filters, and one cluster, where there is a port for it. */
export function gatewayFile(
  listeners: Readonly<Record<string, readonly string[]>>,
  filters: readonly object[],
  upstreamPort?: number,
): object {
  const isForwarded = upstreamPort !== undefined
  return {
    listeners: Object.entries(listeners).map(([name, names]) => ({ name, address: ANY, filters: names })),
    virtual_hosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: [
          {
            name: 'all',
            match: { prefix: '/' },
            ...(isForwarded
              ? { forward: { cluster: 'upstream' } }
              : { respond: { status: 200, body: 'hello' } }),
          },
        ],
      },
    ],
    clusters: isForwarded ? [{ name: 'upstream', endpoints: [`127.0.0.1:${upstreamPort}`] }] : [],
    filters,
    admin: { address: ANY },
  }
}
