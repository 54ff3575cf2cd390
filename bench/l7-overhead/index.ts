import { type HttpSource, openHttpSource } from '@quadrant/observe'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { type Envoy, startEnvoy } from '../load/envoy.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { requireRoot } from '../toolchain.ts'
import { type LoadSlice, type ServiceClient, WatchedService } from './watched-service.ts'

const CONNECTIONS = 64
/** 97 % of the throughput is kept, 95 % with the scan for a field on; as much more CPU. */
const GOALS = { off: { wall: 1.031, cpu: 1.03 }, on: { wall: 1.053, cpu: 1.05 } } as const
const ADDED_US_MAX = 3
const RULE = { id: 'high', header: 'x-trace-sampling', value: 'high' } as const

export const benchmark: Benchmark = {
  name: 'l7-overhead',
  description:
    'A Go HTTP server and client over loopback at full load on connections that are kept, with the server seen by its ' +
    'packets and without; slices take turns, and each ratio is of neighbouring ones. Time and CPU (of both ends) for one ' +
    'request, also with the scan for X-Trace-Sampling on; and what one connection alone waits longer. The same of unary ' +
    'calls of gRPC, whose header blocks are read in user space, with what that takes. Beside each the same load through ' +
    'Envoy 1.40 (one worker, no access log), which sees the requests as a sidecar does.',
  run,
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireRoot('attaching BPF programs')
  using source = openHttpSource()
  const length = quick
    ? { milliseconds: 300, pairs: 8, proxied: 2 }
    : { milliseconds: 2000, pairs: 40, proxied: 8 }
  const rows: Row[] = []
  {
    await using bench = await ServiceBench.start('http', source, length)
    if (!bench.hasEnvoy) progress('Envoy is not to be had: its rows are left out')
    for (const scan of ['off', 'on'] as const) {
      source.setRules({ rules: scan === 'on' ? [RULE] : [] }, () => 0)
      const label = scan === 'on' ? ', scan on' : ''
      progress(`full load${label}`)
      const slices = await bench.compare(CONNECTIONS)
      rows.push(
        ...row(`time of a request${label}`, slices, wallUs, GOALS[scan].wall),
        ...row(`CPU of a request, both ends${label}`, slices, cpuUs, GOALS[scan].cpu),
      )
    }
    source.setRules({ rules: [] }, () => 0)
    progress('one connection')
    rows.push(...added('added at one connection', await bench.compare(1)))
  }
  await using bench = await ServiceBench.start('grpc', source, length)
  progress('gRPC, full load')
  const slices = await bench.compare(CONNECTIONS)
  rows.push(
    ...row('time of a gRPC call', slices, wallUs, GOALS.off.wall),
    ...row('CPU of a gRPC call, both ends', slices, cpuUs, GOALS.off.cpu),
    {
      case: 'CPU of a gRPC call, what reads it',
      unit: 'µs',
      ours: median(slices.ownUs),
      spread: [Math.min(...slices.ownUs), Math.max(...slices.ownUs)],
    },
  )
  progress('gRPC, one call at a time')
  rows.push(...added('added to one gRPC call at a time', await bench.compare(1)))
  return rows
}

const wallUs = ({ wallNs, requests }: LoadSlice) => wallNs / requests / 1000
const cpuUs = (slice: LoadSlice) => slice.cpuUs

interface Length {
  /** Of a slice. */
  readonly milliseconds: number
  /** Slices of each kind. */
  readonly pairs: number
  readonly proxied: number
}

/** A service that is asked with and without being observed, and through Envoy. */
class ServiceBench implements AsyncDisposable {
  readonly #service: WatchedService
  readonly #source: HttpSource
  readonly #length: Length
  readonly #envoy: Envoy | undefined
  readonly #proxied: ServiceClient | undefined

  private constructor(
    service: WatchedService,
    source: HttpSource,
    length: Length,
    envoy: Envoy | undefined,
    proxied: ServiceClient | undefined,
  ) {
    this.#service = service
    this.#source = source
    this.#length = length
    this.#envoy = envoy
    this.#proxied = proxied
  }

  static async start(protocol: 'http' | 'grpc', source: HttpSource, length: Length): Promise<ServiceBench> {
    const service = await WatchedService.start(protocol)
    const envoy = await startEnvoy({
      service: { protocol: protocol === 'grpc' ? 'http2' : 'http1', port: service.port },
    })
    const proxied = envoy && (await service.client({ port: envoy.ports.service, pid: envoy.pid }))
    return new ServiceBench(service, source, length, envoy, proxied)
  }

  get hasEnvoy(): boolean {
    return this.#envoy !== undefined
  }

  async compare(connections: number): Promise<Slices> {
    const { milliseconds, pairs, proxied } = this.#length
    const slices: Slices = { off: [], on: [], envoy: [], ownUs: [] }
    const alone = async () => slices.off.push(await this.#service.load(milliseconds, connections))
    await this.#service.load(milliseconds, connections)
    for (let i = 0; i < pairs; i++) {
      // In the order without, with, with, without: a drift of the machine cancels.
      if (i % 2 === 0) await alone()
      await this.#observe(slices, connections)
      if (i % 2 === 1) await alone()
    }
    await this.#proxied?.(milliseconds, connections)
    for (let i = 0; i < proxied && this.#proxied; i++)
      slices.envoy.push(await this.#proxied(milliseconds, connections))
    return slices
  }

  async #observe(slices: Slices, connections: number): Promise<void> {
    this.#source.attach(this.#service.cgroup)
    const reader = new Reader(this.#source)
    const slice = await this.#service.load(this.#length.milliseconds, connections)
    slices.on.push(slice)
    this.#source.detach(this.#service.cgroup)
    slices.ownUs.push(reader.end() / slice.requests)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]()
    await this.#envoy?.[Symbol.asyncDispose]()
  }
}

interface Slices {
  readonly off: LoadSlice[]
  readonly on: LoadSlice[]
  readonly envoy: LoadSlice[]
  /** CPU of this process for one request. */
  readonly ownUs: number[]
}

/** CPU of this process, which does nothing but read what was seen, for as long as a slice takes. */
class Reader {
  readonly #source: HttpSource
  readonly #before = process.cpuUsage()

  constructor(source: HttpSource) {
    this.#source = source
  }

  /** Microseconds of CPU that it took. */
  end(): number {
    this.#source.read()
    const { user, system } = process.cpuUsage(this.#before)
    return user + system
  }
}

/** What one at a time waits longer. */
function added(name: string, { on, off, envoy }: Slices): readonly Row[] {
  const us = (slices: readonly LoadSlice[]) =>
    slices.map(({ medianNs }, i) => (medianNs - off[i]!.medianNs) / 1000)
  const [ours, peer] = [us(on), us(envoy)]
  const rows: Row[] = [
    judge({
      case: name,
      unit: 'µs',
      ours: median(ours),
      spread: [Math.min(...ours), Math.max(...ours)],
      goal: ADDED_US_MAX,
    }),
  ]
  if (peer.length > 0)
    rows.push({
      case: `${name}, through Envoy`,
      unit: 'µs',
      ours: median(peer),
      spread: [Math.min(...peer), Math.max(...peer)],
    })
  return rows
}

function row(
  name: string,
  { on, off, envoy }: Slices,
  figure: (slice: LoadSlice) => number,
  goal: number,
): readonly Row[] {
  const against = (peer: readonly LoadSlice[], peerName: string) => {
    const figures = [on.slice(-peer.length).map(figure), peer.map(figure)] as const
    const { median: ratio, spread } = pairedRatio(...figures)
    return {
      case: name,
      unit: 'µs',
      ours: median(figures[0]),
      peer: median(figures[1]),
      peerName,
      ratio,
      spread,
    }
  }
  const rows: Row[] = [judge({ ...against(off, 'not observed'), goal })]
  if (envoy.length > 0) rows.push(against(envoy, 'through Envoy'))
  return rows
}
