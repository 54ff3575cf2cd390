import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'

const MAIN = fileURLToPath(new URL('../apps/cli/src/main.ts', import.meta.url))
const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 15_000

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command to its end. */
export async function quadrant(
  args: readonly string[],
  options: { readonly timeoutMs?: number; readonly under?: readonly string[] } = {},
): Promise<Finished> {
  const [program, argv] = commandLine(args, options.under)
  const child = spawn(program, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 120_000,
  })
  const out = collect(child.stdout)
  const err = collect(child.stderr)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: out(), stderr: err() }
}

function commandLine(args: readonly string[], under: readonly string[] = []): [string, string[]] {
  const [program, ...rest] = [...under, process.execPath, MAIN, ...args]
  return [program!, rest]
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}

export interface StartOptions {
  /** A folder that stays when the product ends, for another start on it. Default: one of its own. */
  readonly data?: string
  /** A command that runs the command line behind it, such as `unshare`. */
  readonly under?: readonly string[]
}

/** A whole product under a data folder of its own: `quadrant up`, ended and removed with the holder. */
export class RunningQuadrant implements AsyncDisposable {
  readonly data: string
  readonly address: string
  readonly #child: ChildProcess
  readonly #errors: () => string
  readonly #keepsData: boolean

  private constructor(
    data: string,
    address: string,
    child: ChildProcess,
    errors: () => string,
    keepsData: boolean,
  ) {
    this.data = data
    this.address = address
    this.#child = child
    this.#errors = errors
    this.#keepsData = keepsData
  }

  static async start(args: readonly string[] = [], options: StartOptions = {}): Promise<RunningQuadrant> {
    const keepsData = options.data !== undefined
    const data = options.data ?? mkdtempSync(join(tmpdir(), 'quadrant-e2e-'))
    const port = await freePort()
    const [program, argv] = commandLine(
      ['up', '--data', data, '--port', String(port), ...args],
      options.under,
    )
    const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    const errors = collect(child.stderr)
    const first = createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
    const outcome = await Promise.race([
      first,
      once(child, 'exit').then(() => undefined),
      new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), START_TIMEOUT_MS).unref()),
    ])
    if (!outcome || outcome.done) {
      child.kill('SIGKILL')
      if (!keepsData) rmSync(data, { recursive: true, force: true })
      throw new Error(`quadrant up did not print its address:\n${errors()}`)
    }
    return new RunningQuadrant(data, outcome.value, child, errors, keepsData)
  }

  get pid(): number {
    return this.#child.pid!
  }

  get log(): string {
    return this.#errors()
  }

  /** Runs a command against this product. */
  run(args: readonly string[]): Promise<Finished> {
    return quadrant([...args, '--data', this.data])
  }

  /** Ends `up` as Ctrl-C does and waits for it. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGINT')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(timer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    if (!this.#keepsData) rmSync(this.data, { recursive: true, force: true })
  }
}

/** Polls until the condition gives a value. @throws when it does not in time. */
export async function eventually<T>(
  what: string,
  condition: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (value !== undefined) return value
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
