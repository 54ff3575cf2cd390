import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { hasCommand, NEEDS_BPFTOOL } from './bpf-test.ts'

const SOURCE = join(import.meta.dirname, '../../../../guest/testprog')

/** For `test`'s options: why tests that probe a Go program cannot run here. */
export const NEEDS_GO: { readonly skip: string | false } = {
  skip:
    NEEDS_BPFTOOL.skip ||
    (hasCommand('go', 'version') ? false : 'go is not installed') ||
    (hasCommand('readelf') ? false : 'readelf is not installed'),
}

/** A function of a program, as `readelf` finds it. */
export interface BuiltFunction {
  /** Where it begins in the file. */
  readonly offset: number
  readonly address: number
  readonly code: Uint8Array
}

/** guest/testprog/hotcall, built: calls functions of known shape as often as it is told. */
export class Hotcall implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'quadrant-hotcall-'))
  readonly program = join(this.folder, 'hotcall')

  /** @param env for the build, beside the own: `GOARCH` */
  constructor(env: Readonly<Record<string, string>> = {}) {
    execFileSync('go', ['build', '-o', this.program, './hotcall'], {
      cwd: SOURCE,
      env: { ...process.env, ...env },
    })
  }

  /** A running copy; `options.env` beside the own environment. */
  start(options: { readonly env?: Readonly<Record<string, string>> } = {}): HotcallProcess {
    return new HotcallProcess(this.program, options.env)
  }

  functionNamed(name: string): BuiltFunction {
    return functionOf(this.program, name)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export class HotcallProcess implements AsyncDisposable {
  readonly pid: number
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #answers: AsyncIterator<string>

  constructor(program: string, env?: Readonly<Record<string, string>>) {
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
    this.pid = this.#child.pid!
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** Calls a function; nanoseconds of a call on the slowest thread. */
  async call(name: 'framed' | 'leaf', count: number, threads = 1): Promise<number> {
    return Number(await this.#order(`${name} ${count} ${threads}`))
  }

  /** Calls `main.framed` so often, with a rest between. */
  async pace(count: number, microseconds: number): Promise<void> {
    await this.#order(`pace ${count} ${microseconds}`)
  }

  /** Keeps a processor busy, so many calls deep. */
  async spin(milliseconds: number, depth: number): Promise<void> {
    await this.#order(`spin ${milliseconds} ${depth}`)
  }

  async #order(line: string): Promise<string> {
    this.#child.stdin.write(`${line}\n`)
    const answer = await this.#answers.next()
    if (answer.done || !/^[\d.]+$|^ok$/.test(answer.value))
      throw new Error(`hotcall: ${line}: ${String(answer.value)}`)
    return answer.value
  }

  /** The exit code, once its standard input ended: 0 says that it came to no harm. */
  async end(): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode
    const exit = once(this.#child, 'exit')
    this.#child.stdin.end()
    return ((await exit) as [number | null])[0]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }
}

/** A function with a symbol in an ELF file. */
export function functionOf(path: string, name: string): BuiltFunction {
  const readelf = (flag: string) =>
    execFileSync('readelf', [flag, path], { encoding: 'utf8', maxBuffer: 1 << 28 }).split('\n')
  const symbol = readelf('-sW')
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[3] === 'FUNC' && fields[7] === name)
  if (symbol === undefined) throw new Error(`${path} has no function ${name}`)
  const address = Number.parseInt(symbol[1]!, 16)
  const byteLength = Number(symbol[2])
  for (const line of readelf('-lW')) {
    const [type, offset, virtual, , fileBytes] = line.trim().split(/\s+/)
    if (type !== 'LOAD') continue
    const from = address - Number(virtual)
    if (from < 0 || from >= Number(fileBytes)) continue
    const at = Number(offset) + from
    return { offset: at, address, code: new Uint8Array(readFileSync(path).subarray(at, at + byteLength)) }
  }
  throw new Error(`${path}: ${name} is in no segment`)
}
