import { setTimeout as pause } from 'node:timers/promises'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { type Envoy, startEnvoy } from '../load/envoy.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { CONNECTIONS_ONLY, Tracer } from '../load/tracer.ts'
import { LoadClient, LoadProgram, LoadServer, type Mode, type Slice } from '../load/traffic.ts'
import { requireRoot, requireTools } from '../toolchain.ts'
import { startBpftrace } from './bpftrace.ts'

const CONNECTIONS = 8
const WARM_UP_SLICES = 2

/** Live connections: the socket counts anyway. Short ones: a few records for each. */
const GOALS: Readonly<Record<Exclude<Mode, 'udp'>, { readonly cpu: number; readonly time?: number }>> = {
  http: { cpu: 1.01, time: 1 / 0.99 },
  echo: { cpu: 1.01, time: 1 / 0.99 },
  short: { cpu: 1.06 },
}

const CASES = {
  http: 'keep-alive HTTP',
  echo: 'echo',
  short: 'short connections',
} as const

export const benchmark: Benchmark = {
  name: 'tracer-overhead',
  description:
    'CPU of both ends and of the observer for one operation at full load on loopback, Go on both ends; slices with and ' +
    'without observer take turns, and each ratio is of neighbouring slices. Time is wall time for an operation.',
  run,
}

/** What runs is searched and named for the first time by then. */
const EVERYTHING_SETTLE_MS = 4000

/** What observes while a slice runs. */
type Observer = 'none' | 'tracer' | 'everything' | 'messages' | 'bpftrace' | 'envoy'

const PEERS: readonly (readonly [observer: Observer, name: string])[] = [
  ['everything', 'tracer with profiles and probes'],
  ['messages', 'tracer with an event per message'],
  ['bpftrace', 'bpftrace'],
  ['envoy', 'through Envoy'],
]

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireRoot('attaching BPF programs')
  requireTools(['go'])
  using program = new LoadProgram()
  await using server = await LoadServer.start(program)
  await using tracer = new Tracer()
  await using envoy = await startEnvoy({
    http: { protocol: 'http1', port: server.ports.http },
    echo: { protocol: 'tcp', port: server.ports.echo },
  })
  if (!envoy) progress('Envoy is not to be had: its rows are left out')
  const rows: Row[] = []
  for (const mode of ['http', 'echo', 'short'] as const) {
    progress(CASES[mode])
    await using client = await LoadClient.start(program, server, mode, { connections: CONNECTIONS })
    await using proxied =
      envoy && mode !== 'short'
        ? await LoadClient.start(program, server, mode, { connections: CONNECTIONS, port: envoy.ports[mode] })
        : undefined
    const slices = await measure({ client, proxied, tracer, envoy, quick })
    rows.push(...compare(mode, slices))
  }
  return rows
}

interface Bench {
  readonly client: LoadClient
  readonly proxied: LoadClient | undefined
  readonly tracer: Tracer
  readonly envoy: Envoy | undefined
  readonly quick: boolean
}

type Slices = Readonly<Record<Observer, Slice[]>>

async function measure({ client, proxied, tracer, envoy, quick }: Bench): Promise<Slices> {
  const slices: Slices = { none: [], tracer: [], everything: [], messages: [], bpftrace: [], envoy: [] }
  const milliseconds = quick ? 1000 : 3000
  const observed: Readonly<Record<Observer, () => Promise<Slice | undefined>>> = {
    none: () => client.slice(milliseconds),
    tracer: async () => {
      await tracer.on(CONNECTIONS_ONLY)
      const slice = await client.slice(milliseconds, [tracer.pid])
      await tracer.off()
      return slice
    },
    everything: async () => {
      await tracer.on()
      // Under load, as it would be.
      await client.slice(EVERYTHING_SETTLE_MS)
      const slice = await client.slice(milliseconds, [tracer.pid])
      await tracer.off()
      return slice
    },
    messages: async () => {
      await tracer.on({ ...CONNECTIONS_ONLY, messageTargets: ['*'] })
      const slice = await client.slice(milliseconds, [tracer.pid])
      await tracer.off()
      return slice
    },
    bpftrace: async () => {
      await using script = await startBpftrace()
      return script && (await client.slice(milliseconds, [script.pid]))
    },
    envoy: async () => (envoy && proxied ? proxied.slice(milliseconds, [envoy.pid]) : undefined),
  }
  // A tracer runs for days: its code is compiled by the time that is measured.
  for (let i = 0; i < WARM_UP_SLICES; i++) await observed.tracer()
  // In the order without, with, with, without: a drift of the machine cancels.
  const pairs = quick ? 2 : 16
  for (let i = 0; i < pairs; i++)
    for (const observer of i % 2 === 0 ? (['none', 'tracer'] as const) : (['tracer', 'none'] as const))
      slices[observer].push((await observed[observer]())!)
  for (let i = 0; i < (quick ? 1 : 6); i++)
    for (const [observer] of PEERS) {
      const slice = await observed[observer]()
      if (slice) slices[observer].push(slice)
      await pause(100)
    }
  return slices
}

const cpuUs = ({ cpuSeconds, operations }: Slice) => (cpuSeconds / operations) * 1e6
const timeUs = ({ seconds, operations }: Slice) => (seconds / operations) * 1e6

function compare(mode: Exclude<Mode, 'udp'>, slices: Slices): readonly Row[] {
  const row = (
    what: string,
    figure: (slice: Slice) => number,
    peer: Observer,
    peerName: string,
    goal?: number,
  ): Row => {
    const [on, off] = [slices.tracer.map(figure), slices[peer].map(figure)]
    const { median: ratio, spread } = pairedRatio(on.slice(-off.length), off)
    return judge({
      case: `${CASES[mode]}: ${what}`,
      unit: 'µs/operation',
      ours: median(on),
      peer: median(off),
      peerName,
      ratio,
      spread,
      goal,
    })
  }
  const { cpu, time } = GOALS[mode]
  return [
    row('CPU', cpuUs, 'none', 'no observer', cpu),
    row('time', timeUs, 'none', 'no observer', time),
    ...PEERS.filter(([observer]) => slices[observer].length > 0).map(([observer, name]) =>
      row('CPU', cpuUs, observer, name),
    ),
  ]
}
