import { measureTrapCosts, openGcSource, systemClock, type TrapCosts } from '@quadrant/observe'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { GcProgram, type GcService, type ServiceSlice } from '../gc/service.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { requireRoot, requireTools } from '../toolchain.ts'

const LIVE_MIB = 32
const POLL_MS = 50
const GOAL_PERCENT = 0.1

export const benchmark: Benchmark = {
  name: 'gc-overhead',
  description:
    'CPU of an allocation-heavy Go service (JSON decoded and encoded on all processors, 32 MiB kept) for one request, ' +
    'with its collections observed and without; slices take turns, and each ratio is of neighbouring ones. And what the ' +
    'probes are accounted for: hits at what a trap costs here, and the time of our programs, against the CPU of the service.',
  run,
}

interface Observed {
  readonly slice: ServiceSlice
  /** Of the service's CPU, percent. */
  readonly probesPercent: number
  readonly observerPercent: number
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireRoot('attaching BPF programs')
  requireTools(['go'])
  using program = new GcProgram()
  await using service = await program.start(LIVE_MIB)
  const milliseconds = quick ? 1500 : 3000
  const pairs = quick ? 12 : 60
  const [off, on]: [ServiceSlice[], Observed[]] = [[], []]
  const trapCosts = await measureTrapCosts()
  await service.work(1000)
  await observe(service, trapCosts, 1000)
  for (let i = 0; i < pairs; i++) {
    if (i % 10 === 0) progress(`pair ${i + 1} of ${pairs}`)
    // In the order without, with, with, without: a drift of the machine cancels.
    if (i % 2 === 0) off.push(await service.work(milliseconds))
    on.push(await observe(service, trapCosts, milliseconds))
    if (i % 2 === 1) off.push(await service.work(milliseconds))
  }
  const cpuUs = ({ cpuNs, operations }: ServiceSlice) => cpuNs / operations / 1000
  const [withProbes, without] = [on.map(({ slice }) => cpuUs(slice)), off.map(cpuUs)]
  const { median: ratio, spread } = pairedRatio(withProbes, without)
  const cycles = on.reduce((sum, { slice }) => sum + slice.cycles, 0)
  const seconds = on.reduce((sum, { slice }) => sum + slice.wallNs, 0) / 1e9
  return [
    judge({
      case: 'CPU of a request',
      unit: 'µs',
      ours: median(withProbes),
      peer: median(without),
      peerName: 'not observed',
      ratio,
      spread,
      goal: 1 + GOAL_PERCENT / 100,
    }),
    percent('probes: traps and programs', on, ({ probesPercent }) => probesPercent, GOAL_PERCENT),
    percent('observer: reading and telling', on, ({ observerPercent }) => observerPercent),
    { case: 'collections', unit: '1/s', ours: cycles / seconds },
  ]
}

async function observe(service: GcService, trapCosts: TrapCosts, milliseconds: number): Promise<Observed> {
  await using source = openGcSource({
    sink: { cycle: () => undefined, stop: () => undefined },
    clock: systemClock,
    trapCosts,
  })
  using probes = source.probe(service.target)
  const timer = setInterval(() => source.poll(), POLL_MS)
  const [before, cpuBefore] = [probes.counts(), process.cpuUsage()]
  const slice = await service.work(milliseconds)
  const [after, cpu] = [probes.counts(), process.cpuUsage(cpuBefore)]
  clearInterval(timer)
  const probesNs = after.trapNs - before.trapNs + after.programNs - before.programNs
  return {
    slice,
    probesPercent: (100 * probesNs) / slice.cpuNs,
    observerPercent: (100 * (cpu.user + cpu.system) * 1000) / slice.cpuNs,
  }
}

function percent(
  name: string,
  on: readonly Observed[],
  figure: (one: Observed) => number,
  goal?: number,
): Row {
  const ours = on.map(figure)
  return judge({
    case: name,
    unit: '% of its CPU',
    ours: median(ours),
    spread: [Math.min(...ours), Math.max(...ours)],
    goal,
  })
}
