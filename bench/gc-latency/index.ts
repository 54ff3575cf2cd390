import { setTimeout as pause } from 'node:timers/promises'
import {
  type BpfGcSource,
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

/** A small heap, so that there are some fifty collections a second. */
const LIVE_MIB = 2
const RATE_MIB = 200
const POLL_MS = 50
const SETTLE_MS = 200

const GOALS_US = { woken: 20, realtime: 20, spinning: 12 } as const
const PEER = 'ReadMemStats each ms'

export const benchmark: Benchmark = {
  name: 'gc-latency',
  description:
    'How late the end of a pause is known outside of a Go service that collects some fifty times a second: from the ' +
    "kernel's stamp at the probe to JavaScript, in a thread that the kernel wakes and in one that looks for 5 ms after " +
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
  { name: 'spinning', text: 'reader that spins', thread: { spinMs: 5 } },
]

interface Figures {
  readonly medianUs: number
  readonly p99Us: number
  /** Percent of one processor. */
  readonly cpuPercent: number
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireRoot('attaching BPF programs')
  requireTools(['go'])
  using program = new GcProgram()
  await using service = await program.start(LIVE_MIB)
  const milliseconds = quick ? 3000 : 6000
  const rounds = quick ? 2 : 8
  const slices: Record<Reader['name'] | 'peer', Figures[]> = {
    woken: [],
    realtime: [],
    spinning: [],
    peer: [],
  }
  const trapCosts = await measureTrapCosts()
  await using sources = new AsyncDisposableStack()
  const observers = READERS.map((reader) => ({
    reader,
    observer: sources.use(new Observer(reader.thread, trapCosts)),
  }))
  // Code is compiled, threads have begun, and the service has its heap, before anything is measured.
  for (const { observer } of observers) await observer.observe(service, 500)
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`)
    for (const { reader, observer } of observers)
      slices[reader.name].push(await observer.observe(service, milliseconds))
    slices.peer.push(await readStatistics(service, milliseconds))
  }
  return READERS.flatMap(({ name, text }) => [
    absolute(`${text}: median`, 'µs', slices[name], ({ medianUs }) => medianUs, GOALS_US[name]),
    absolute(`${text}: p99`, 'µs', slices[name], ({ p99Us }) => p99Us),
    against(`${text}: median`, 'µs', slices[name], slices.peer, ({ medianUs }) => medianUs),
    against(`${text}: p99`, 'µs', slices[name], slices.peer, ({ p99Us }) => p99Us),
    against(`${text}: CPU`, '% of a core', slices[name], slices.peer, ({ cpuPercent }) => cpuPercent),
  ])
}

class Observer implements AsyncDisposable {
  readonly #source: BpfGcSource
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

  async observe(service: GcService, milliseconds: number): Promise<Figures> {
    using probes = this.#source.probe(service.target)
    const seen = this.#cycles
    while (this.#cycles === seen) await service.idle(300, RATE_MIB)
    await pause(SETTLE_MS)
    const [before, cpuBefore] = [probes.counts(), process.cpuUsage()]
    this.#cycles = 0
    const slice = await service.idle(milliseconds, RATE_MIB)
    const [after, cpu] = [probes.counts(), process.cpuUsage(cpuBefore)]
    await pause(SETTLE_MS)
    if (Math.abs(this.#cycles - slice.cycles) > 1)
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

async function readStatistics(service: GcService, milliseconds: number): Promise<Figures> {
  const { delaysNs, pollCpuNs, wallNs } = await service.poll(milliseconds, RATE_MIB)
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
