import { setTimeout as pause } from 'node:timers/promises'
import {
  type GcSource,
  measureTrapCosts,
  openGcSource,
  systemClock,
  type ThreadFeedOptions,
  type TrapCosts,
} from '@quadrant/observe'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { GcProgram, type GcService } from '../gc/service.ts'
import { median } from '../load/pairs.ts'
import { requireRoot, requireTools } from '../toolchain.ts'

/** A small heap, so that it is collected often. */
const LIVE_MIB = 2
/** Longer than the time between two collections: it does not sleep, and has a processor for itself. */
const SPIN_MS = 100
const POLL_MS = 500
const SETTLE_MS = 200

const GOALS_US = { woken: 20, realtime: 20, spinning: 12 } as const
const PEER = 'ReadMemStats each ms'

export const benchmark: Benchmark = {
  name: 'gc-latency',
  description:
    'How late the end of a collection is known outside of a Go service that collects some fifty, and some five hundred ' +
    "times a second: from the kernel's stamp at the probe to JavaScript, in a thread that the kernel wakes and in one that looks for 5 ms after " +
    'each record before it sleeps. Beside it how late the service itself knows that a collection has ended, reading its ' +
    'memory statistics each millisecond. CPU is all that either costs: observer, traps and programs; or the thread that reads.',
  run,
}

interface Reader {
  readonly name: keyof typeof GOALS_US
  readonly text: string
  readonly thread: ThreadFeedOptions
}

const READERS: readonly Reader[] = [
  { name: 'woken', text: 'reader that is woken', thread: {} },
  { name: 'realtime', text: 'reader that is woken first', thread: { realtime: true } },
  { name: 'spinning', text: 'reader that spins', thread: { spinMs: SPIN_MS } },
]

interface Figures {
  readonly medianUs: number
  readonly p99Us: number
  /** Percent of one processor. */
  readonly cpuPercent: number
}

interface Load {
  readonly name: string
  readonly mibPerSecond: number
  readonly milliseconds: number
  readonly rounds: number
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireRoot('attaching BPF programs')
  requireTools(['go'])
  using program = new GcProgram()
  await using service = await program.start(LIVE_MIB)
  const trapCosts = await measureTrapCosts()
  await using sources = new AsyncDisposableStack()
  const observers = READERS.map(({ name, thread }): Named => ({
    name,
    observer: sources.use(new Observer(thread, trapCosts)),
  }))
  const [often, seldom]: [Load, Load] = [
    { name: '500/s', mibPerSecond: 2000, milliseconds: quick ? 1500 : 3000, rounds: quick ? 1 : 5 },
    { name: '50/s', mibPerSecond: 200, milliseconds: quick ? 3000 : 8000, rounds: quick ? 2 : 5 },
  ]
  // An observer runs for days: its code is compiled by the time that is measured.
  for (const { observer } of observers) await observer.observe(service, often, quick ? 1000 : 5000)
  const rows: Row[] = []
  for (const load of [often, seldom]) {
    const slices = await measure(service, load, observers, progress)
    rows.push(...READERS.flatMap(({ name, text }) => compare(load, name, text, slices)))
  }
  return rows
}

interface Named {
  readonly name: Reader['name']
  readonly observer: Observer
}

type Slices = Record<Reader['name'] | 'peer', Figures[]>

async function measure(
  service: GcService,
  load: Load,
  observers: readonly Named[],
  progress: RunOptions['progress'],
): Promise<Slices> {
  const slices: Slices = { woken: [], realtime: [], spinning: [], peer: [] }
  for (let round = 0; round < load.rounds; round++) {
    progress(`${load.name}, round ${round + 1} of ${load.rounds}`)
    for (const { name, observer } of observers)
      slices[name].push(await observer.observe(service, load, load.milliseconds))
    slices.peer.push(await readStatistics(service, load))
  }
  return slices
}

function compare({ name: rate }: Load, name: Reader['name'], text: string, slices: Slices): readonly Row[] {
  const [ours, peers] = [slices[name], slices.peer]
  return [
    absolute(`${rate}, ${text}: median`, 'µs', ours, ({ medianUs }) => medianUs, GOALS_US[name]),
    against(`${rate}, ${text}: median`, 'µs', ours, peers, ({ medianUs }) => medianUs),
    against(`${rate}, ${text}: p99`, 'µs', ours, peers, ({ p99Us }) => p99Us),
    against(`${rate}, ${text}: CPU`, '% of a core', ours, peers, ({ cpuPercent }) => cpuPercent),
  ]
}

class Observer implements AsyncDisposable {
  readonly #source: GcSource
  readonly #timer: NodeJS.Timeout
  #cycles = 0

  constructor(thread: ThreadFeedOptions, trapCosts: TrapCosts) {
    this.#source = openGcSource({
      sink: { cycle: () => this.#cycles++, stop: () => undefined },
      clock: systemClock,
      thread,
      trapCosts,
    })
    // Records come without it; what programs cost is measured by it.
    this.#timer = setInterval(() => this.#source.poll(), POLL_MS)
  }

  async observe(service: GcService, { mibPerSecond }: Load, milliseconds: number): Promise<Figures> {
    using probes = this.#source.probe(service.target)
    const seen = this.#cycles
    while (this.#cycles === seen) await service.idle(300, mibPerSecond)
    await pause(SETTLE_MS)
    const [before, cpuBefore] = [probes.counts(), process.cpuUsage()]
    this.#cycles = 0
    const slice = await service.idle(milliseconds, mibPerSecond)
    const [after, cpu] = [probes.counts(), process.cpuUsage(cpuBefore)]
    await pause(SETTLE_MS)
    // What began before or ends after the slice is one more or less to either.
    if (Math.abs(this.#cycles - slice.cycles) > 2)
      throw new Error(`${this.#cycles} collections were seen, the service counts ${slice.cycles}`)
    const { median: medianUs, p99: p99Us } = this.#source.latencyUs()
    const probeNs = after.trapNs - before.trapNs + after.programNs - before.programNs
    const costNs = (cpu.user + cpu.system) * 1000 + probeNs
    return { medianUs, p99Us, cpuPercent: (100 * costNs) / slice.wallNs }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#source[Symbol.asyncDispose]()
  }
}

async function readStatistics(service: GcService, { milliseconds, mibPerSecond }: Load): Promise<Figures> {
  const { delaysNs, pollCpuNs, wallNs } = await service.poll(milliseconds, mibPerSecond)
  const sorted = delaysNs.toSorted((a, b) => a - b)
  return {
    medianUs: median(sorted) / 1000,
    p99Us: sorted[Math.floor(sorted.length * 0.99)]! / 1000,
    cpuPercent: (100 * pollCpuNs) / wallNs,
  }
}

function absolute(
  name: string,
  unit: string,
  slices: readonly Figures[],
  figure: (one: Figures) => number,
  goal?: number,
): Row {
  const ours = slices.map(figure)
  return judge({
    case: name,
    unit,
    ours: median(ours),
    spread: [Math.min(...ours), Math.max(...ours)],
    goal,
  })
}

function against(
  name: string,
  unit: string,
  slices: readonly Figures[],
  peers: readonly Figures[],
  figure: (one: Figures) => number,
): Row {
  const ratios = slices.map((one, i) => figure(one) / figure(peers[i]!))
  return {
    case: name,
    unit,
    ours: median(slices.map(figure)),
    peer: median(peers.map(figure)),
    peerName: PEER,
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
  }
}
