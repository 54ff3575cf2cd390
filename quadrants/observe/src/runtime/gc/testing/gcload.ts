import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { bytesSource, type GoBinary, openGoBinary, runtimeLayout } from '@quadrant/golang'
import type { GoTarget } from '../../go-target.ts'
import { parseGcTrace, type TracedCycle } from './gc-trace.ts'

const SOURCE = join(import.meta.dirname, '../../../../../../guest/testprog/gcload')

/** Something, so that it stands before the flags of a person's own settings, which an old toolchain may not know. */
const PLAIN_FLAGS = '-mod=mod'

/** How it is built. */
export interface GcloadBuild {
  readonly name: string
  readonly args?: readonly string[]
  readonly cgo?: boolean
  readonly strip?: boolean
  /** Default `local`. */
  readonly toolchain?: string
  readonly architecture?: 'amd64' | 'arm64'
}

/** For `test`'s options: why tests that probe a Go program cannot run here. */
export const NEEDS_PROBES: { readonly skip: string | false } = {
  skip:
    (process.getuid?.() !== 0 && 'needs root to load BPF programs') ||
    (process.arch !== 'x64' && 'collections are observed on x86-64') ||
    (spawnSync('go', ['version']).error !== undefined && 'go is not installed') ||
    (spawnSync('bpftool', ['version']).error !== undefined && 'bpftool is not installed'),
}

/** With what was read of its executable. */
type ReadTarget = GoTarget & { readonly binary: GoBinary }

/** guest/testprog/gcload, built in a folder of its own. */
export class Gcload implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'quadrant-gcload-'))
  readonly path: string
  #binary: GoBinary | undefined

  /** @throws {Error} with nothing left behind when it cannot be built */
  constructor(build: GcloadBuild) {
    this.path = join(this.#folder, build.name.replaceAll(/\W+/g, '-'))
    try {
      this.#build(build)
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  #build({ args = [], cgo = false, strip, toolchain = 'local', architecture }: GcloadBuild): void {
    const source = join(this.#folder, 'source')
    mkdirSync(source)
    cpSync(SOURCE, source, { recursive: true })
    writeFileSync(join(source, 'go.mod'), 'module example.com/gcload\n\ngo 1.20\n')
    execFileSync('go', ['build', ...args, '-o', this.path, '.'], {
      cwd: source,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        GOFLAGS: PLAIN_FLAGS,
        GOTOOLCHAIN: toolchain,
        CGO_ENABLED: cgo ? '1' : '0',
        ...(architecture ? { GOARCH: architecture } : {}),
      },
    })
    if (strip) execFileSync('strip', [this.path])
  }

  get binary(): GoBinary {
    this.#binary ??= openGoBinary(bytesSource(readFileSync(this.path)))
    return this.#binary
  }

  get goVersion(): string {
    return this.binary.buildInfo!.goVersion
  }

  target(pid: number): ReadTarget {
    const { binary } = this
    return {
      pid,
      key: `${pid}@0`,
      path: `/proc/${pid}/exe`,
      binary,
      layout: runtimeLayout(this.goVersion, binary.image.architecture),
    }
  }

  start(...args: readonly string[]): GcloadProcess {
    return new GcloadProcess(this, args)
  }

  /** By another path, or by a program that executes it. */
  startBy(command: string, ...args: readonly string[]): GcloadProcess {
    return new GcloadProcess(this, args, command)
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
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
