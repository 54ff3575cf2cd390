import { setTimeout as pause } from 'node:timers/promises'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { LineProcess } from '../line-process.ts'
import { cpuSeconds } from '../load/cpu.ts'
import { median } from '../load/pairs.ts'
import { LoadClient, LoadProgram, LoadServer } from '../load/traffic.ts'
import { requireRoot, requireTools } from '../toolchain.ts'
import { hasPerf, type PerfSlice, perfSlice } from './perf-record.ts'

const CONNECTIONS = 8
const FREQUENCIES_HZ = [99, 19] as const
/** Of a core, in percent, at 99 Hz. */
const GOAL_PERCENT = 0.5
/** A profiler runs for days: it knows its programs' functions, and its code is compiled, by the time that is measured. */
const WARM_UP_MS = 6000

export const benchmark: Benchmark = {
  name: 'profile-overhead',
  description:
    'Processor time of profiling everything on a machine that is busy with keep-alive HTTP between two Go programs, in ' +
    'percent of one core: the profiler with both of its threads, windows encoded, and its kernel program as the kernel ' +
    'times it. The peer is perf, its own kernel part not counted: perf record -F 99 -a -g, and with perf script over what ' +
    'it wrote.',
  run,
}

interface OwnSlice {
  readonly user: number
  readonly kernel: number
  readonly runNs: number
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireRoot('attaching BPF programs')
  requireTools(['go'])
  using program = new LoadProgram()
  await using server = await LoadServer.start(program)
  await using client = await LoadClient.start(program, server, 'http', { connections: CONNECTIONS })
  const withPerf = hasPerf()
  if (!withPerf) progress('perf is not to be had (apt install linux-perf): its rows are left out')
  const milliseconds = quick ? 5000 : 20_000
  const rows: Row[] = []
  for (const frequencyHz of FREQUENCIES_HZ) {
    const own: OwnSlice[] = []
    const peer: PerfSlice[] = []
    for (let i = 0; i < (quick ? 1 : 3); i++) {
      progress(`${frequencyHz} Hz, slice ${i + 1}`)
      own.push(await ownSlice(frequencyHz, client, milliseconds))
      if (withPerf) peer.push(await perfSlice(frequencyHz, () => client.slice(milliseconds)))
    }
    rows.push(...compare(frequencyHz, own, peer))
  }
  return rows
}

interface Report {
  readonly runs: number
  readonly runNs: number
}

async function ownSlice(frequencyHz: number, client: LoadClient, milliseconds: number): Promise<OwnSlice> {
  await using profiler = new LineProcess([process.execPath, `${import.meta.dirname}/profiler-process.ts`])
  await profiler.ask(`on ${frequencyHz}`)
  await client.slice(WARM_UP_MS)
  const first = await profiler.ask<Report>('report')
  const begin = performance.now()
  const before = cpuSeconds([profiler.pid])
  await client.slice(milliseconds)
  const user = cpuSeconds([profiler.pid]) - before
  const seconds = (performance.now() - begin) / 1000
  const last = await profiler.ask<Report>('report')
  await profiler.ask('off')
  await pause(100)
  const runNs = last.runNs - first.runNs
  return { user: user / seconds, kernel: runNs / 1e9 / seconds, runNs: runNs / (last.runs - first.runs) }
}

function compare(frequencyHz: number, own: readonly OwnSlice[], peer: readonly PerfSlice[]): readonly Row[] {
  const percent = (shares: readonly number[]) => median(shares) * 100
  const spread = (shares: readonly number[]) =>
    [Math.min(...shares) * 100, Math.max(...shares) * 100] as const
  const both = own.map(({ user, kernel }) => user + kernel)
  const name = (what: string) => `${frequencyHz} Hz: ${what}`
  const unit = '% of a core'
  const rows: Row[] = [
    judge({
      case: name('profiler and kernel program'),
      unit,
      ours: percent(both),
      spread: spread(both),
      goal: frequencyHz === 99 ? GOAL_PERCENT : undefined,
    }),
    { case: name('kernel program'), unit, ours: percent(own.map(({ kernel }) => kernel)) },
    {
      case: name('kernel program, a sample'),
      unit: 'µs',
      ours: median(own.map(({ runNs }) => runNs)) / 1000,
    },
  ]
  if (peer.length === 0) return rows
  const user = percent(own.map((slice) => slice.user))
  const against = (what: string, shares: readonly number[], peerName: string): Row => ({
    case: name(what),
    unit,
    ours: user,
    peer: percent(shares),
    peerName,
    ratio: user / percent(shares),
    spread: spread(shares),
  })
  return [
    ...rows,
    against(
      'profiler, in words',
      peer.map(({ words }) => words),
      'perf record + script',
    ),
    against(
      'profiler, in words',
      peer.map(({ record }) => record),
      'perf record alone',
    ),
  ]
}
