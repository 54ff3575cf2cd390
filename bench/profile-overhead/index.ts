import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { LineProcess } from '../line-process.ts'
import { cpuSeconds } from '../load/cpu.ts'
import { median } from '../load/pairs.ts'
import { LoadClient, LoadProgram, LoadServer } from '../load/traffic.ts'
import { requireRoot, requireTools } from '../toolchain.ts'
import { hasPerf, type PerfSlice, perfSlice } from './perf-record.ts'

const CONNECTIONS = 8
/** Of a core, in percent, at 99 Hz. */
const GOAL_PERCENT = 0.5
/** A profiler runs for days: it knows its programs' functions, and its code is compiled, by the time that is measured. */
const WARM_UP_MS = { quick: 14_000, full: 40_000 } as const
/** After a change of the rate, which ends a window. */
const SETTLE_MS = 1500
/** At 19 Hz a window takes ten seconds, and costs most at its end. */
const SLICE_MS = { 99: { quick: 6000, full: 20_000 }, 19: { quick: 10_000, full: 20_000 } } as const

export const benchmark: Benchmark = {
  name: 'profile-overhead',
  description:
    'Processor time of profiling everything on a machine that is busy with keep-alive HTTP between two Go programs, in ' +
    'percent of one core: the profiler with both of its threads, windows encoded, and its kernel program as the kernel ' +
    'times it. The profiler polls ten times a second, for which the agent wakes up anyway: what a process takes that has ' +
    'the same timers, and nothing behind them, is taken off the first row, and told in one of its own. The peer is perf, ' +
    'its own kernel part not counted: perf record -F 99 -a -g, and with perf script over what it wrote.',
  run,
}

type Rate = 99 | 19

interface OwnSlice {
  readonly user: number
  /** Of a process with the same timers. */
  readonly idle: number
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
  const length = quick ? 'quick' : 'full'
  const start = () => new LineProcess([process.execPath, `${import.meta.dirname}/profiler-process.ts`])
  await using profiler = start()
  await using idle = start()
  progress('warming up')
  await profiler.ask('on 99')
  await idle.ask('idle')
  await client.slice(WARM_UP_MS[length])
  const own: Record<Rate, OwnSlice[]> = { 99: [], 19: [] }
  const peer: PerfSlice[] = []
  for (let i = 0; i < (quick ? 1 : 3); i++) {
    progress(`slice ${i + 1}`)
    for (const rate of [99, 19] as const)
      own[rate].push(await ownSlice({ profiler, idle, client }, rate, SLICE_MS[rate][length]))
    await profiler.ask('rate 0')
    if (withPerf) peer.push(await perfSlice(99, () => client.slice(SLICE_MS[99][length])))
  }
  return [...compare(99, own[99], peer), ...compare(19, own[19], [])]
}

interface Report {
  readonly runs: number
  readonly runNs: number
}

async function ownSlice(
  { profiler, idle, client }: { profiler: LineProcess; idle: LineProcess; client: LoadClient },
  rate: Rate,
  milliseconds: number,
): Promise<OwnSlice> {
  await profiler.ask(`rate ${rate}`)
  await client.slice(SETTLE_MS)
  const first = await profiler.ask<Report>('report')
  const begin = performance.now()
  const processes = [profiler, idle]
  const before = processes.map(({ pid }) => cpuSeconds([pid]))
  await client.slice(milliseconds)
  const [user, idled] = processes.map(({ pid }, index) => cpuSeconds([pid]) - before[index]!)
  const seconds = (performance.now() - begin) / 1000
  const last = await profiler.ask<Report>('report')
  const runNs = last.runNs - first.runNs
  return {
    user: user! / seconds,
    idle: idled! / seconds,
    kernel: runNs / 1e9 / seconds,
    runNs: runNs / (last.runs - first.runs),
  }
}

function compare(frequencyHz: Rate, own: readonly OwnSlice[], peer: readonly PerfSlice[]): readonly Row[] {
  const percent = (shares: readonly number[]) => median(shares) * 100
  const spread = (shares: readonly number[]) =>
    [Math.min(...shares) * 100, Math.max(...shares) * 100] as const
  const both = own.map(({ user, idle, kernel }) => user - idle + kernel)
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
    { case: name('timers alone, taken off'), unit, ours: percent(own.map(({ idle }) => idle)) },
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
