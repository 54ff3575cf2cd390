import { type HttpSource, openHttpSource } from '@quadrant/observe'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { requireRoot } from '../toolchain.ts'
import { type LoadSlice, WatchedService } from './watched-service.ts'

const CONNECTIONS = 64
/** 97 % of the throughput is kept, 95 % with the scan for a field on; as much more CPU. */
const GOALS = { off: { wall: 1.031, cpu: 1.03 }, on: { wall: 1.053, cpu: 1.05 } } as const
const ADDED_US_MAX = 3
const RULE = { id: 'high', header: 'x-trace-sampling', value: 'high' } as const
/** How often the ring of HTTP/2 is read. */
const POLL_MS = 250

export const benchmark: Benchmark = {
  name: 'l7-overhead',
  description:
    'A Go HTTP server and client over loopback at full load on connections that are kept, with the server seen by its ' +
    'packets and without; slices take turns, and each ratio is of neighbouring ones. Time and CPU (of both ends) for one ' +
    'request, also with the scan for X-Trace-Sampling on; and what one connection alone waits longer. The same of unary ' +
    'calls of gRPC, whose header blocks are read in user space, with what that takes.',
  run,
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireRoot('attaching BPF programs')
  using source = openHttpSource()
  const milliseconds = quick ? 300 : 2000
  const pairs = quick ? 8 : 40
  const compare = async (service: WatchedService, name: string, connections: number): Promise<Slices> => {
    const slices: Slices = { off: [], on: [], ownUs: [] }
    const loadAlone = async () => slices.off.push(await service.load(milliseconds, connections))
    progress(name)
    await service.load(milliseconds, connections)
    for (let i = 0; i < pairs; i++) {
      // In the order without, with, with, without: a drift of the machine cancels.
      if (i % 2 === 0) await loadAlone()
      source.attach(service.cgroup)
      const reader = new Reader(source)
      const slice = await service.load(milliseconds, connections)
      slices.on.push(slice)
      source.detach(service.cgroup)
      slices.ownUs.push(reader.end() / slice.requests)
      if (i % 2 === 1) await loadAlone()
    }
    return slices
  }
  const rows: Row[] = []
  const wallUs = ({ wallNs, requests }: LoadSlice) => wallNs / requests / 1000
  {
    await using service = await WatchedService.start()
    for (const scan of ['off', 'on'] as const) {
      source.setRules({ rules: scan === 'on' ? [RULE] : [] }, () => 0)
      const label = scan === 'on' ? ', scan on' : ''
      const slices = await compare(service, `full load${label}`, CONNECTIONS)
      rows.push(
        row(`time of a request${label}`, slices, wallUs, GOALS[scan].wall),
        row(`CPU of a request, both ends${label}`, slices, ({ cpuUs }) => cpuUs, GOALS[scan].cpu),
      )
    }
    source.setRules({ rules: [] }, () => 0)
    rows.push(added('added at one connection', await compare(service, 'one connection', 1)))
  }
  await using service = await WatchedService.start('grpc')
  const slices = await compare(service, 'gRPC, full load', CONNECTIONS)
  rows.push(
    row('time of a gRPC call', slices, wallUs, GOALS.off.wall),
    row('CPU of a gRPC call, both ends', slices, ({ cpuUs }) => cpuUs, GOALS.off.cpu),
    {
      case: 'CPU of a gRPC call, what reads it',
      unit: 'µs',
      ours: median(slices.ownUs),
      spread: [Math.min(...slices.ownUs), Math.max(...slices.ownUs)],
    },
    added('added to one gRPC call at a time', await compare(service, 'gRPC, one call at a time', 1)),
  )
  return rows
}

interface Slices {
  readonly off: LoadSlice[]
  readonly on: LoadSlice[]
  /** CPU of this process for one request. */
  readonly ownUs: number[]
}

/** Reads what was seen, as the agent does, for as long as a slice takes. */
class Reader {
  readonly #source: HttpSource
  readonly #timer: NodeJS.Timeout
  #us = 0

  constructor(source: HttpSource) {
    this.#source = source
    this.#timer = setInterval(() => this.#count(() => source.poll()), POLL_MS)
  }

  /** Microseconds of CPU that it took. */
  end(): number {
    clearInterval(this.#timer)
    this.#count(() => this.#source.read())
    return this.#us
  }

  #count(work: () => unknown): void {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    this.#us += user + system
  }
}

/** What one at a time waits longer. */
function added(name: string, { on, off }: Slices): Row {
  const us = on.map(({ medianNs }, i) => (medianNs - off[i]!.medianNs) / 1000)
  return judge({
    case: name,
    unit: 'µs',
    ours: median(us),
    spread: [Math.min(...us), Math.max(...us)],
    goal: ADDED_US_MAX,
  })
}

function row(name: string, slices: Slices, figure: (slice: LoadSlice) => number, goal: number): Row {
  const [on, off] = [slices.on.map(figure), slices.off.map(figure)]
  const { median: ratio, spread } = pairedRatio(on, off)
  return judge({
    case: name,
    unit: 'µs',
    ours: median(on),
    peer: median(off),
    peerName: 'not observed',
    ratio,
    spread,
    goal,
  })
}
