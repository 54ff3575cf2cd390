import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempDisposableSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { judge, RequirementError, type Benchmark, type Row, type RunOptions } from '../benchmark.ts'
import { LineProcess } from '../line-process.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { build, requireTools } from '../toolchain.ts'
import { serving } from './serving.ts'

export interface Programs {
  /** What is made for this run. */
  readonly folder: string
  readonly wasm: string
  readonly native: string
  readonly ourHost: string
}

const SOURCE = join(import.meta.dirname, 'go')
const WARM_UP_SLICES = 2
/** What makes the files comes first. */
const TASKS = [
  { task: 'write many', title: 'write 500 files of 4 KiB' },
  { task: 'read many', title: 'read them' },
  { task: 'stat many', title: 'stat them' },
  { task: 'list', title: 'list their directory' },
  { task: 'write large', title: 'write 32 MiB in pieces of 64 KiB' },
  { task: 'read large', title: 'read them' },
  { task: 'small reads', title: '20,000 reads of 64 bytes' },
  { task: 'make tree', title: 'make 111 directories with 1,000 files' },
  { task: 'walk', title: 'walk them' },
] as const

export const benchmark: Benchmark = {
  name: 'wasi-io',
  description:
    'One Go program (GOOS=wasip1) under our host and under wasmtime, in turn: files and directories in memory (tmpfs) by the time it measures ' +
    'itself, HTTP by that of a Go client outside, after 120,000 requests. wasmtime by its Python package; serving by 14.0.0, the last that can ' +
    'give a guest a listener, whose answers of 16 KiB wait for acknowledgements (Nagle).',
  run,
}

async function run(options: RunOptions): Promise<readonly Row[]> {
  requireTools(['go'])
  if (spawnSync('python3', ['-c', 'import wasmtime'], { stdio: 'ignore' }).status !== 0)
    throw new RequirementError('wasmtime for Python is missing: pip install wasmtime==50.0.1')
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-wasi-io-'))
  try {
    const programs: Programs = {
      folder,
      wasm: join(folder, 'wasiio.wasm'),
      native: join(folder, 'wasiio'),
      ourHost: fileURLToPath(new URL('./our-host.ts', import.meta.url)),
    }
    build('go', ['build', '-buildvcs=false', '-o', programs.native, '.'], SOURCE)
    execFileSync('go', ['build', '-buildvcs=false', '-o', programs.wasm, '.'], {
      cwd: SOURCE,
      env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm' },
    })
    return [...(await files(programs, options)), ...(await serving(programs, options))]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function files(programs: Programs, { quick, progress }: RunOptions): Promise<readonly Row[]> {
  // In memory: hosts are compared here, and no disks.
  using root = mkdtempDisposableSync(
    join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'quadrant-wasi-io-'),
  )
  const [own, theirs] = ['ours', 'theirs'].map((name) => join(root.path, name)) as [string, string]
  for (const folder of [own, theirs]) mkdirSync(folder)
  using ours = new LineProcess([process.execPath, programs.ourHost, programs.wasm, own])
  const script = join(import.meta.dirname, 'wasmtime-files.py')
  using wasmtime = new LineProcess(['python3', script, programs.wasm, theirs])
  const rows: Row[] = []
  for (const { task, title } of TASKS) {
    progress(title)
    const ms: Record<'ours' | 'peer', number[]> = { ours: [], peer: [] }
    for (let slice = 0; slice < WARM_UP_SLICES + (quick ? 5 : 15); slice++) {
      const one = await ours.ask<{ ns: number; checksum: number }>(task)
      const other = await wasmtime.ask<{ ns: number; checksum: number }>(task)
      if (one.checksum !== other.checksum) throw new Error(`${title}: the hosts did not do the same`)
      if (slice < WARM_UP_SLICES) continue
      ms.ours.push(one.ns / 1e6)
      ms.peer.push(other.ns / 1e6)
    }
    const { median: ratio, spread } = pairedRatio(ms.ours, ms.peer)
    const row = { case: title, unit: 'ms', ours: median(ms.ours), peer: median(ms.peer) }
    rows.push(judge({ ...row, peerName: 'wasmtime', ratio, spread, goal: 1 }))
  }
  return rows
}
