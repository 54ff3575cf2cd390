import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { median } from '../load/pairs.ts'
import { build, requireTools } from '../toolchain.ts'
import { BigProgram } from './big-program.ts'

const OPEN_MS_MAX = 150
const HELD_COUNT = 100
const HELD_MB_MAX = 150

/** What the standard library holds of one program is enough of it. */
const PEER_HELD_COUNT = 3

const KINDS = [
  { name: 'plain', args: [] },
  { name: '-s -w', args: ['-ldflags=-s -w'] },
  { name: 'pie', args: ['-buildmode=pie'] },
] as const

export const benchmark: Benchmark = {
  name: 'go-binary',
  description:
    'Opening a Go program of 110 MB, or 140 with symbols (generated, with net/http): build information, module data and the table of its ' +
    'functions, its file being in the page cache; and holding 100 such programs, of each of which 500 addresses were ' +
    "looked up. The peer is Go's own debug/elf, debug/buildinfo and debug/gosym, which decode all functions at once.",
  run,
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireTools(['go'])
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-'))
  try {
    const peer = join(folder, 'peer')
    build('go', ['build', '-o', peer, '.'], join(import.meta.dirname, 'go'))
    progress('building programs of 100 MB')
    using big = new BigProgram()
    const kinds = quick ? KINDS.slice(0, 1) : KINDS
    return kinds.flatMap(({ name, args }, index) => {
      const program = big.build(`big${index}`, args)
      progress(name)
      return rowsOf(name, program, peer, quick)
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function rowsOf(name: string, program: string, peer: string, quick: boolean): readonly Row[] {
  const turns = quick ? 3 : 7
  const first: number[] = []
  const later: number[] = []
  const found: number[] = []
  const theirs: number[] = []
  for (let turn = 0; turn < turns; turn++) {
    const [one, ...others] = ours('open', program, 6) as number[]
    first.push(one!)
    later.push(median(others))
    found.push((ours('find', program, 1) as number[])[0]!)
    theirs.push(median(tell(peer, ['open', program, '3']) as number[]))
  }
  const ratios = later.map((time, turn) => time / theirs[turn]!)
  const rows: Row[] = [
    judge({
      case: `${name}: opened, the first in a process`,
      unit: 'ms',
      ours: median(first),
      spread: [Math.min(...first), Math.max(...first)],
      goal: OPEN_MS_MAX,
    }),
    {
      case: `${name}: opened, later ones`,
      unit: 'ms',
      ours: median(later),
      peer: median(theirs),
      peerName: 'debug/gosym',
      ratio: median(ratios),
      spread: [Math.min(...ratios), Math.max(...ratios)],
    },
    {
      case: `${name}: variables of the runtime, the first in a process`,
      unit: 'ms',
      ours: median(found),
      spread: [Math.min(...found), Math.max(...found)],
    },
  ]
  const held = megabytes(ours('hold', program, HELD_COUNT))
  const theirHeld = megabytes(tell(peer, ['hold', program, String(PEER_HELD_COUNT)]))
  rows.push(judge({ case: `${name}: ${HELD_COUNT} held`, unit: 'MB', ours: held, goal: HELD_MB_MAX }), {
    case: `${name}: held, for each`,
    unit: 'MB',
    ours: held / HELD_COUNT,
    peer: theirHeld / PEER_HELD_COUNT,
    peerName: 'debug/gosym',
    ratio: held / HELD_COUNT / (theirHeld / PEER_HELD_COUNT),
  })
  return rows
}

function megabytes(answer: unknown): number {
  return (answer as { readonly bytes: number }).bytes / 1e6
}

function ours(mode: 'open' | 'find' | 'hold', program: string, count: number): unknown {
  return tell(process.execPath, [join(import.meta.dirname, 'consumer.ts'), mode, program, String(count)])
}

function tell(program: string, args: readonly string[]): unknown {
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8' }))
}
