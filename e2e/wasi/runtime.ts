import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { MemoryRun } from './memory-host.ts'

const QUADRANT = join(import.meta.dirname, '../../apps/cli/src/main.ts')
const MEMORY_HOST = join(import.meta.dirname, 'memory-host.ts')
const WASMTIME = join(import.meta.dirname, 'wasmtime_run.py')
const OUTPUT_BYTES_MAX = 64 << 20

/** A WASI command, with what it is given. */
export interface Run {
  /** Of the host. */
  readonly program: string
  readonly args: readonly string[]
  /** By their path in the guest. */
  readonly directories: Readonly<Record<string, string>>
  readonly readOnlyDirectories?: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

export interface Outcome {
  /** `timeout`, or `signal X` where the runtime itself was ended. */
  readonly exit: number | string
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
}

/** Runs programs of WASI preview 1, each in a process of its own. */
export interface Runtime {
  readonly name: string
  run(run: Run): Promise<Outcome>
}

const pairs = (flag: string, values: Readonly<Record<string, string>> = {}, suffix = '') =>
  Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}${suffix}`])

export const OURS: Runtime = {
  name: 'quadrant',
  run: (run) =>
    execute(
      process.execPath,
      [
        QUADRANT,
        'wasm',
        'run',
        run.program,
        // wasmtime has no limit of its own below this.
        '--memory',
        '4096',
        ...pairs('--dir', run.directories),
        ...pairs('--dir', run.readOnlyDirectories, ':ro'),
        ...pairs('--env', run.env),
        '--',
        ...run.args,
      ],
      run.timeoutMs,
    ),
}

/** The host as a library, with all files in memory; of the directories only what is named is there. */
export function inMemory(copied: readonly string[]): Runtime {
  return {
    name: 'quadrant, in memory',
    run: ({ program, args, env, timeoutMs }) => {
      const empty = [env['TMPDIR'] ?? '/tmp']
      return execute(
        process.execPath,
        [MEMORY_HOST, JSON.stringify({ program, args, env, copied, empty } satisfies MemoryRun)],
        timeoutMs,
      )
    },
  }
}

export const WASMTIME_PEER: Runtime = {
  name: 'wasmtime',
  run: (run) =>
    execute(
      'python3',
      [
        WASMTIME,
        ...pairs('--dir', run.directories),
        ...pairs('--read-only', run.readOnlyDirectories),
        ...pairs('--env', run.env),
        run.program,
        ...run.args,
      ],
      run.timeoutMs,
    ),
}

/** The version of Python's package, undefined where there is none. */
export function wasmtimeVersion(): string | undefined {
  const script = 'import wasmtime; from importlib.metadata import version; print(version("wasmtime"))'
  const { status, stdout } = spawnSync('python3', ['-c', script], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/** Why tests that compare with wasmtime cannot run here: it, or one of these programs is missing. */
export function withoutWasmtime(...programs: readonly string[]): string | false {
  const absent = programs.filter((program) => spawnSync('which', [program]).status !== 0)
  if (absent.length > 0) return `needs ${absent.join(', ')}`
  return wasmtimeVersion() === undefined ? 'wasmtime is missing: python3 -m pip install wasmtime' : false
}

async function execute(command: string, args: readonly string[], timeoutMs: number): Promise<Outcome> {
  const began = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = [child.stdout, child.stderr].map(async (stream) => {
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes <= OUTPUT_BYTES_MAX) chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString()
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, timeoutMs)
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  clearTimeout(timer)
  const [stdout = '', stderr = ''] = await Promise.all(texts)
  const exit = isLate ? 'timeout' : (code ?? `signal ${signal}`)
  return { exit, stdout, stderr, ms: performance.now() - began }
}
