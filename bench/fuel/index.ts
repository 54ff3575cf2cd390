import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileCommand } from '@quadrant/wasm'
import { judge, type Benchmark, type Row, type RunOptions } from '../benchmark.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { build, requireTools } from '../toolchain.ts'
import { GoGuest } from './go-guest.ts'
import { KernelGuest } from './kernel-guest.ts'
import { ServingGuest } from './serving-guest.ts'

/** What Go programs do with requests, and how often in a slice of some 10 ms. */
const PATHS = [
  ['request', 'a request parsed, routed, its JSON read and answered (net/http)', 80],
  ['headers', 'header fields of a request parsed, changed and written', 500],
  ['json', 'JSON of 400 bytes read and written', 150],
  ['regexp', 'a path matched by a regular expression', 2500],
] as const
const SERVED = [['served', 'such a request over a connection', 60]] as const
const GO_KERNELS = [
  ['sha256', 'Go: SHA-256 of 66 kB', 6],
  ['crc32', 'Go: CRC-32 of 66 kB', 30],
  ['gzip', 'Go: gzip of 66 kB', 8],
  ['sort', 'Go: 20,000 numbers sorted', 5],
] as const
const C_KERNELS = [
  ['matmul', 'C: matrices of 200 x 200 multiplied', 1],
  ['sieve', 'C: primes below a million', 2],
  ['mandelbrot', 'C: 10,000 points of the Mandelbrot set', 10],
  ['hash', 'C: FNV-1a of a megabyte', 8],
  ['quicksort', 'C: 65,536 numbers sorted', 2],
  ['calls', 'C: Fibonacci of 24 and 25 by recursion', 30],
] as const
const PATH_GOAL = 1.05
const KERNEL_GOAL = 1.2

export const benchmark: Benchmark = {
  name: 'fuel',
  description:
    'Time of programs that are metered against the same ones that are not, in the same process, slices in turn. ' +
    'Go runs in the WASI host, C has no host.',
  run,
}

interface Guest {
  /** Nanoseconds. */
  measure(task: string, count: number): Promise<number>
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireTools(['go', 'clang', 'wasm-ld'])
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-fuel-'))
  try {
    const go = join(folder, 'go.wasm')
    build('go', ['build', '-buildvcs=false', '-o', go, '.'], join(import.meta.dirname, 'go'), {
      GOOS: 'wasip1',
      GOARCH: 'wasm',
    })
    const c = join(folder, 'c.wasm')
    const flags = [
      '--target=wasm32',
      '-O2',
      '-fno-builtin',
      '-nostdlib',
      '-Wl,--no-entry',
      '-o',
      c,
      'kernels.c',
    ]
    build('clang', flags, join(import.meta.dirname, 'c'))
    const pairs = quick ? 15 : 60
    const rows: Row[] = []
    const measure = async (
      guests: { readonly metered: Guest; readonly plain: Guest },
      tasks: readonly (readonly [name: string, title: string, count: number])[],
      goal: number,
    ) => {
      for (const [name, title, count] of tasks) {
        progress(title)
        rows.push(await compare(guests, { name, title, count, goal, pairs }))
      }
    }
    {
      using plain = await GoGuest.start(await compileCommand(readFileSync(go)))
      using metered = await GoGuest.start(await compileCommand(readFileSync(go), { isMetered: true }))
      await measure({ plain, metered }, PATHS, PATH_GOAL)
      using serving = await ServingGuest.start(await compileCommand(readFileSync(go)))
      using meteredServing = await ServingGuest.start(
        await compileCommand(readFileSync(go), { isMetered: true }),
      )
      await measure({ plain: serving, metered: meteredServing }, SERVED, PATH_GOAL)
      await measure({ plain, metered }, GO_KERNELS, KERNEL_GOAL)
    }
    const plain = KernelGuest.start(await compileCommand(readFileSync(c)))
    const metered = KernelGuest.start(await compileCommand(readFileSync(c), { isMetered: true }))
    await measure({ plain, metered }, C_KERNELS, KERNEL_GOAL)
    return rows
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function compare(
  { metered, plain }: { readonly metered: Guest; readonly plain: Guest },
  task: {
    readonly name: string
    readonly title: string
    readonly count: number
    readonly goal: number
    readonly pairs: number
  },
): Promise<Row> {
  const { name, count, pairs } = task
  // Until the optimising compiler has had its turn.
  for (let slice = 0; slice < 10; slice++)
    for (const guest of [plain, metered]) await guest.measure(name, count)
  const on: number[] = []
  const off: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const isOnFirst = pair % 2 === 0
    if (isOnFirst) on.push(await metered.measure(name, count))
    off.push(await plain.measure(name, count))
    if (!isOnFirst) on.push(await metered.measure(name, count))
  }
  const { median: ratio, spread } = pairedRatio(on, off)
  return judge({
    case: task.title,
    unit: 'us',
    ours: median(on) / count / 1000,
    peer: median(off) / count / 1000,
    peerName: 'not metered',
    ratio,
    spread,
    goal: task.goal,
  })
}
