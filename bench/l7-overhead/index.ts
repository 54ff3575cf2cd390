import { openHttpSource } from '@quadrant/observe'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { requireRoot } from '../toolchain.ts'
import { type LoadSlice, WatchedService } from './watched-service.ts'

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
    'request, also with the scan for X-Trace-Sampling on; and what one connection alone waits longer.',
  run,
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireRoot('attaching BPF programs')
  await using service = await WatchedService.start()
  using source = openHttpSource()
  const milliseconds = quick ? 300 : 2000
  const pairs = quick ? 8 : 40
  const rows: Row[] = []
  const compare = async (name: string, connections: number) => {
    const [off, on]: [LoadSlice[], LoadSlice[]] = [[], []]
    progress(name)
    await service.load(milliseconds, connections)
    for (let i = 0; i < pairs; i++) {
      // In the order without, with, with, without: a drift of the machine cancels.
      if (i % 2 === 0) off.push(await service.load(milliseconds, connections))
      source.attach(service.cgroup)
      on.push(await service.load(milliseconds, connections))
      source.detach(service.cgroup)
      source.read()
      if (i % 2 === 1) off.push(await service.load(milliseconds, connections))
    }
    return { off, on }
  }
  for (const scan of ['off', 'on'] as const) {
    source.setRules({ rules: scan === 'on' ? [RULE] : [] }, () => 0)
    const label = scan === 'on' ? ', scan on' : ''
    const slices = await compare(`full load${label}`, CONNECTIONS)
    const wallUs = ({ wallNs, requests }: LoadSlice) => wallNs / requests / 1000
    rows.push(
      row(`time of a request${label}`, slices, wallUs, GOALS[scan].wall),
      row(`CPU of a request, both ends${label}`, slices, ({ cpuUs }) => cpuUs, GOALS[scan].cpu),
    )
  }
  source.setRules({ rules: [] }, () => 0)
  const { off, on } = await compare('one connection', 1)
  const added = on.map(({ medianNs }, i) => (medianNs - off[i]!.medianNs) / 1000)
  rows.push(
    judge({
      case: 'added at one connection',
      unit: 'µs',
      ours: median(added),
      spread: [Math.min(...added), Math.max(...added)],
      goal: ADDED_US_MAX,
    }),
  )
  return rows
}

function row(
  name: string,
  slices: { readonly off: readonly LoadSlice[]; readonly on: readonly LoadSlice[] },
  figure: (slice: LoadSlice) => number,
  goal: number,
): Row {
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
