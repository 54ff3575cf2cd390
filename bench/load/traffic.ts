import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LineProcess } from '../line-process.ts'
import { cpuSeconds } from './cpu.ts'

export type Mode = 'http' | 'echo' | 'short' | 'udp'

export interface Slice {
  readonly operations: number
  readonly seconds: number
  /** CPU of client, server and the watched processes, seconds. */
  readonly cpuSeconds: number
}

/** The Go program of bench/load, built once for a run. */
export class LoadProgram implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-'))
  readonly path = join(this.#folder, 'load')

  constructor() {
    execFileSync('go', ['build', '-o', this.path, '.'], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export interface Ports {
  readonly http: number
  readonly echo: number
  readonly udp: number
}

export class LoadServer implements AsyncDisposable {
  readonly #process: LineProcess
  readonly ports: Ports

  private constructor(process: LineProcess, ports: Ports) {
    this.#process = process
    this.ports = ports
  }

  static async start(program: LoadProgram): Promise<LoadServer> {
    const process = new LineProcess([program.path, 'server'])
    return new LoadServer(process, await process.read<Ports>())
  }

  get pid(): number {
    return this.#process.pid
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]()
  }
}

/** A client with its connections open, that runs one slice at a time. */
export class LoadClient implements AsyncDisposable {
  readonly #process: LineProcess
  readonly #serverPid: number

  private constructor(process: LineProcess, serverPid: number) {
    this.#process = process
    this.#serverPid = serverPid
  }

  static async start(
    program: LoadProgram,
    server: LoadServer,
    mode: Mode,
    options: { readonly connections: number; readonly port?: number },
  ): Promise<LoadClient> {
    const port = options.port ?? server.ports[mode === 'short' ? 'echo' : mode]
    const args = [
      'client',
      '--mode',
      mode,
      '--to',
      `127.0.0.1:${port}`,
      '--connections',
      String(options.connections),
    ]
    const process = new LineProcess([program.path, ...args])
    await process.read()
    return new LoadClient(process, server.pid)
  }

  /** Runs for so long; CPU is that of both ends and of the processes watched besides. */
  async slice(milliseconds: number, watchedPids: readonly number[] = []): Promise<Slice> {
    const pids = [this.#process.pid, this.#serverPid, ...watchedPids]
    const before = cpuSeconds(pids)
    const { operations, seconds } = await this.#process.ask<{ operations: number; seconds: number }>(
      String(milliseconds),
    )
    return { operations, seconds, cpuSeconds: cpuSeconds(pids) - before }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]()
  }
}

/** Connections that stay open until this is disposed. */
export interface Hold extends AsyncDisposable {
  readonly pid: number
}

/** Keeps connections of one process to itself open, in a named network namespace where one is given. Each is two sockets. */
export async function holdConnections(
  program: LoadProgram,
  count: number,
  args: readonly string[] = [],
  namespace?: string,
): Promise<Hold> {
  const command = [program.path, 'hold', '--count', String(count), ...args]
  const entered = namespace === undefined ? command : ['ip', 'netns', 'exec', namespace, ...command]
  const process = new LineProcess(entered)
  await process.read()
  return { pid: process.pid, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() }
}
