import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HpackDecoder, NameSet } from '@quadrant/observe'
import type { Benchmark, Row, RunOptions } from '../benchmark.ts'
import { LineProcess } from '../line-process.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { build, requireTools } from '../toolchain.ts'

const BLOCKS = 2000
/** Times that all blocks are decoded in a slice; 2 to 30 ms. */
const SLICE_TURNS = 5
/** Until the optimising compiler has had its turn. */
const WARM_UP_SLICES = 10
const ASKED = [
  ':method',
  ':path',
  ':authority',
  ':status',
  'content-type',
  'grpc-status',
  'grpc-message',
  'x-trace-sampling',
  'traceparent',
]

export const benchmark: Benchmark = {
  name: 'hpack',
  description:
    'CPU to decode the header blocks of requests on one connection: ours with the fields that pairing asks for, or all, ' +
    'beside golang.org/x/net/http2/hpack in a Go program, which always makes strings of all. Slices in turn, one decoder each.',
  run,
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireTools(['go'])
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-hpack-'))
  try {
    const program = join(folder, 'http2peer')
    build('go', ['build', '-o', program, '.'], join(import.meta.dirname, '../../guest/http2peer'))
    const rows: Row[] = []
    for (const [title, args] of [
      ['gRPC requests whose fields come again', []],
      ['the same with a request id and a traceparent of each', ['ids']],
    ] as const) {
      progress(title)
      const text = execFileSync(program, ['requests', String(BLOCKS), ...args], { encoding: 'utf8' })
      const file = join(folder, 'blocks')
      writeFileSync(file, text)
      const blocks = text
        .trim()
        .split('\n')
        .map((line) => new Uint8Array(Buffer.from(line, 'hex')))
      rows.push(
        await measure(title, blocks, [program, file], new NameSet(ASKED), quick),
        await measure(`${title}, all told`, blocks, [program, file], undefined, quick),
      )
    }
    return rows
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function measure(
  title: string,
  blocks: readonly Uint8Array[],
  [program, file]: readonly [program: string, file: string],
  names: NameSet | undefined,
  quick: boolean,
): Promise<Row> {
  using theirs = new LineProcess([program, 'bench'])
  await theirs.ask(file)
  const decoder = new HpackDecoder({ names })
  const asked = new Set(ASKED)
  let found = 0
  const sink = {
    field(name: string, value: string | undefined) {
      if (names !== undefined || asked.has(name)) found += value!.length
    },
  }
  const ours: number[] = []
  const peer: number[] = []
  for (let slice = 0; slice < WARM_UP_SLICES + (quick ? 10 : 25); slice++) {
    found = 0
    const before = process.cpuUsage()
    for (let turn = 0; turn < SLICE_TURNS; turn++)
      for (const block of blocks) decoder.decode(block, 0, block.length, sink)
    const { user, system } = process.cpuUsage(before)
    const other = await theirs.ask<{ cpuNs: number; found: number }>(String(SLICE_TURNS))
    if (other.found !== found) throw new Error(`ours found ${found} characters, the peer ${other.found}`)
    if (slice < WARM_UP_SLICES) continue
    ours.push(((user + system) * 1000) / (SLICE_TURNS * blocks.length))
    peer.push(other.cpuNs / (SLICE_TURNS * blocks.length))
  }
  const { median: ratio, spread } = pairedRatio(ours, peer)
  return {
    case: title,
    unit: 'ns CPU/block',
    ours: median(ours),
    peer: median(peer),
    peerName: 'Go, x/net hpack',
    ratio,
    spread,
  }
}
