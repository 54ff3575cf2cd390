import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { BuiltProgram, type GoBuild, type ReadTarget } from '../../testing/built-program.ts'
import { parseGcTrace, type TracedCycle } from './gc-trace.ts'

/** For `test`'s options: why tests that probe a Go program cannot run here. */
export const NEEDS_PROBES: { readonly skip: string | false } = {
  skip:
    (process.getuid?.() !== 0 && 'needs root to load BPF programs') ||
    (process.arch !== 'x64' && 'collections are observed on x86-64') ||
    (spawnSync('go', ['version']).error !== undefined && 'go is not installed') ||
    (spawnSync('bpftool', ['version']).error !== undefined && 'bpftool is not installed'),
}

/** guest/testprog/gcload, built in a folder of its own. */
export class Gcload extends BuiltProgram {
  /** @throws {Error} with nothing left behind when it cannot be built */
  constructor(build: GoBuild) {
    super('gcload', build)
  }

  start(...args: readonly string[]): GcloadProcess {
    return new GcloadProcess(this, args)
  }

  /** By another path, or by a program that executes it. */
  startBy(command: string, ...args: readonly string[]): GcloadProcess {
    return new GcloadProcess(this, args, command)
  }
}

/** What it says of itself. */
export interface GcloadReport {
  readonly numGC: number
  readonly numForcedGC: number
  /** Both pauses together of the last 256 collections. */
  readonly pausesNs: readonly number[]
}

/** A running copy, that traces its collections. */
export class GcloadProcess implements AsyncDisposable {
  readonly pid: number
  readonly target: ReadTarget
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #exited: Promise<unknown>
  #trace = ''
  #output = ''

  constructor(program: Gcload, args: readonly string[], command: string = program.path) {
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, GODEBUG: 'gctrace=1' },
    })
    this.pid = this.#child.pid!
    this.target = program.target(this.pid)
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#trace += text))
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    this.#exited = once(this.#child, 'close')
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Lets `churn` begin. */
  go(): void {
    this.#child.stdin.write('go\n')
  }

  /** Waits for its end; its exit code. */
  async end(): Promise<number | null> {
    await this.#exited
    return this.#child.exitCode
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  /** What its own runtime told of its collections. */
  get traced(): readonly TracedCycle[] {
    return parseGcTrace(this.#trace)
  }

  /** Its report, once it has ended. */
  get report(): GcloadReport {
    return JSON.parse(this.#output) as GcloadReport
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
