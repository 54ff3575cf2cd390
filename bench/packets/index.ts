import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { cpuSeconds } from '../load/cpu.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { CONNECTIONS_ONLY, Tracer } from '../load/tracer.ts'
import { LoadClient, LoadProgram, LoadServer, type Slice } from '../load/traffic.ts'
import { requireRoot, requireTools } from '../toolchain.ts'

const CONNECTIONS = 8
/** A ping-pong is two messages, each sent and received once. */
const MESSAGES_PER_OPERATION = 2
const MESSAGES_PER_SECOND = 1_000_000
const STATS_SWITCH = '/proc/sys/kernel/bpf_stats_enabled'

export const benchmark: Benchmark = {
  name: 'packets',
  description:
    'CPU for a million messages of 64 bytes on loopback, Go on both ends, with the tracer off and on. The share of a core ' +
    'at a million messages a second is what the tracer itself takes: its process, and the run time of its BPF programs ' +
    'per message as the kernel measures it.',
  run,
}

type Setting = 'off' | 'on' | 'udpBytes'
const INSTRUCTIONS = {
  on: CONNECTIONS_ONLY,
  udpBytes: { ...CONNECTIONS_ONLY, udpBytes: true },
} as const

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireRoot('attaching BPF programs')
  requireTools(['go'])
  using program = new LoadProgram()
  await using server = await LoadServer.start(program)
  await using tracer = new Tracer()
  const rows: Row[] = []
  for (const mode of ['echo', 'udp'] as const) {
    const name = mode === 'echo' ? 'TCP' : 'UDP'
    progress(name)
    await using client = await LoadClient.start(program, server, mode, { connections: CONNECTIONS })
    const slices = await measure(client, tracer, quick)
    for (const [setting, what] of [
      ['on', 'tracer on'],
      ['udpBytes', 'tracer on, UDP bytes on'],
    ] as const) {
      rows.push(cost(`${name}, ${what}`, slices[setting], slices.off))
      const share = await shareOfCore(client, tracer, setting, quick)
      const goal = mode === 'echo' && setting === 'on' ? 1 : undefined
      rows.push(
        judge({
          case: `${name}, ${what}: share of a core at 1 M messages/s`,
          unit: '%',
          ours: share * 100,
          goal,
        }),
      )
    }
  }
  return rows
}

async function measure(
  client: LoadClient,
  tracer: Tracer,
  quick: boolean,
): Promise<Readonly<Record<Setting, Slice[]>>> {
  const slices: Record<Setting, Slice[]> = { off: [], on: [], udpBytes: [] }
  const milliseconds = quick ? 800 : 3000
  await client.slice(500)
  for (let i = 0; i < (quick ? 2 : 10); i++)
    for (const setting of i % 2 === 0
      ? (['off', 'on', 'udpBytes'] as const)
      : (['udpBytes', 'on', 'off'] as const)) {
      await (setting === 'off' ? tracer.off() : tracer.on(INSTRUCTIONS[setting]))
      slices[setting].push(await client.slice(milliseconds, [tracer.pid]))
    }
  await tracer.off()
  return slices
}

function cost(name: string, on: readonly Slice[], off: readonly Slice[]): Row {
  const figure = ({ cpuSeconds, operations }: Slice) =>
    (cpuSeconds / operations / MESSAGES_PER_OPERATION) * 1e6
  const [ours, peer] = [on.map(figure), off.map(figure)]
  const { median: ratio, spread } = pairedRatio(ours, peer)
  return {
    case: name,
    unit: 'CPU s/million messages',
    ours: median(ours),
    peer: median(peer),
    peerName: 'tracer off',
    ratio,
    spread,
  }
}

/** Fraction of one core: what does not grow with messages as it is, what does scaled to a million a second. */
async function shareOfCore(
  client: LoadClient,
  tracer: Tracer,
  setting: Exclude<Setting, 'off'>,
  quick: boolean,
): Promise<number> {
  const before = readFileSync(STATS_SWITCH, 'utf8').trim()
  switchStats('1')
  try {
    await tracer.on(INSTRUCTIONS[setting])
    const runNs = async () =>
      new Map((await tracer.report()).programs.map(({ name, runNs }) => [name, runNs]))
    const [runBefore, cpuBefore] = [await runNs(), cpuSeconds([tracer.pid])]
    const slice = await client.slice(quick ? 2000 : 10_000)
    // Programs come and go: one that has gone takes its time with it.
    const grownNs = [...(await runNs())].map(([name, ns]) => ns - (runBefore.get(name) ?? 0))
    const kernelSeconds = grownNs.reduce((sum, ns) => sum + ns, 0) / 1e9
    const processSeconds = cpuSeconds([tracer.pid]) - cpuBefore
    await tracer.off()
    const perMessage = kernelSeconds / (slice.operations * MESSAGES_PER_OPERATION)
    return processSeconds / slice.seconds + perMessage * MESSAGES_PER_SECOND
  } finally {
    switchStats(before)
  }
}

function switchStats(value: string): void {
  execFileSync('sysctl', ['-q', '-w', `kernel.bpf_stats_enabled=${value}`])
}
