import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { median } from '../load/pairs.ts'
import { requireTools } from '../toolchain.ts'
import { pushesToEnvoy } from './envoy.ts'
import { measure, type Measured, type PushCount, quantile, type Setting } from './measurement.ts'
import { PeerProgram, type Server } from './peer-program.ts'

const P99_MS_MAX: ReadonlyMap<number, number> = new Map([
  [100, 12],
  [1000, 50],
])
const CPU_RATIO_MAX = 0.5
const SYNC_RATIO_MAX = 1
const MEMORY_RATIO_MAX = 1.5
const ENVOY_P50_MS_MAX = 2.5
const ENVOY_P99_MS_MAX = 8

type Peer = Exclude<Server, 'ours'>
const PEERS: readonly Peer[] = ['LinearCache', 'SnapshotCache']

const SETTINGS: readonly Setting[] = [true, false].flatMap((isDelta) =>
  [100, 1000].flatMap((streams) => [100, 1000].map((resources) => ({ isDelta, streams, resources }))),
)
const QUICK_SETTINGS = SETTINGS.filter(
  ({ isDelta, streams, resources }) => resources === 100 && (isDelta || streams === 100),
)

export const benchmark: Benchmark = {
  name: 'xds',
  description:
    'Clients of grpc-go, each on a connection of its own, that ask for all endpoints by name, against our control plane and ' +
    'against go-control-plane with either of its caches; of those the better one at each figure is the peer. One of the ' +
    'resources or all of them change: the time until each client has the change, and CPU of the server for it. First sync: all ' +
    'connections are open, and all ask at once. And a real Envoy: from the change until its ACK.',
  run,
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireTools(['go'])
  progress('building the Go program')
  using program = new PeerProgram()
  // The first start compiles, and no other.
  await measure(program, 'ours', { isDelta: true, streams: 1, resources: 1 }, { one: 0, all: 0 })
  const rows: Row[] = []
  for (const setting of quick ? QUICK_SETTINGS : SETTINGS) {
    const count = pushCount(setting, quick)
    const measured = new Map<Server, Measured>()
    for (const server of ['ours', ...PEERS] as const) {
      progress(`${title(setting)}: ${server}`)
      measured.set(server, await measure(program, server, setting, count))
    }
    rows.push(...rowsOf(setting, measured))
  }
  progress('Envoy')
  return [...rows, ...(await envoyRows(program, quick ? 100 : 1000))]
}

function pushCount({ streams, resources }: Setting, quick: boolean): PushCount {
  if (quick) return { one: 8, all: 3 }
  return streams * resources >= 1_000_000 ? { one: 15, all: 5 } : { one: 40, all: 12 }
}

function title({ isDelta, streams, resources }: Setting): string {
  return `${isDelta ? 'incremental' : 'state of the world'}, ${streams} × ${resources}`
}

function rowsOf(setting: Setting, measured: ReadonlyMap<Server, Measured>): readonly Row[] {
  const about = title(setting)
  const p99Goal = P99_MS_MAX.get(setting.streams)
  const ours = measured.get('ours')!
  const kinds = ['one', 'all'] as const
  const against = (what: string, unit: string, of: (measured: Measured) => number, goal?: number) => {
    const peerName = PEERS.toSorted((a, b) => of(measured.get(a)!) - of(measured.get(b)!))[0]!
    const peer = of(measured.get(peerName)!)
    return judge({
      case: `${about}: ${what}`,
      unit,
      ours: of(ours),
      peer,
      peerName,
      ratio: of(ours) / peer,
      ...(goal !== undefined && { goal }),
    })
  }
  return [
    ...kinds.flatMap((kind) => {
      const { latenciesMs } = ours[kind]
      return [
        judge({
          case: `${about}, ${kind} changed: p99`,
          unit: 'ms',
          ours: quantile(latenciesMs, 0.99),
          spread: [latenciesMs[0]!, latenciesMs.at(-1)!],
          ...(p99Goal !== undefined && { goal: p99Goal }),
        }),
        against(`${kind} changed, p99`, 'ms', (one) => quantile(one[kind].latenciesMs, 0.99)),
        against(`${kind} changed, median`, 'ms', (one) => quantile(one[kind].latenciesMs, 0.5)),
        against(`${kind} changed, CPU a push`, 'ms', (one) => median(one[kind].cpuMs), CPU_RATIO_MAX),
      ]
    }),
    against('first sync', 'ms', ({ syncMs }) => syncMs, SYNC_RATIO_MAX),
    against('memory', 'MiB RSS', ({ rssMib }) => rssMib, MEMORY_RATIO_MAX),
    against('memory over that before anyone came', 'MiB RSS', ({ rssMib, idleMib }) => rssMib - idleMib),
  ]
}

async function envoyRows(program: PeerProgram, pushes: number): Promise<readonly Row[]> {
  const timesMs = await pushesToEnvoy(program, pushes)
  if (!timesMs) return []
  const spread = [timesMs[0]!, timesMs.at(-1)!] as const
  return (
    [
      ['median', 0.5, ENVOY_P50_MS_MAX],
      ['p99', 0.99, ENVOY_P99_MS_MAX],
    ] as const
  ).map(([name, q, goal]) =>
    judge({ case: `Envoy, push to ACK: ${name}`, unit: 'ms', ours: quantile(timesMs, q), spread, goal }),
  )
}
