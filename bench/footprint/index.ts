import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type MapAnswer, call } from '../../e2e/api.ts'
import { childOf } from '../../e2e/processes.ts'
import { RunningQuadrant } from '../../e2e/quadrant.ts'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { median } from '../load/pairs.ts'
import { Tracer } from '../load/tracer.ts'
import { type Hold, holdConnections, LoadProgram } from '../load/traffic.ts'
import { requireRoot, requireTools } from '../toolchain.ts'
import { TalkingPair } from './talking-pair.ts'

/** A process holds at most so many connections: each is two descriptors of its 20,000. */
const CONNECTIONS_PER_PROCESS = 9_000
const AGENT_CONNECTIONS = 10_000
const MEGABYTE = 1e6
const EDGE_TIMEOUT_MS = 30_000
const RESTART_MS = 6000
const AGENT = 'apps/agent/src/main.ts'

export const benchmark: Benchmark = {
  name: 'footprint',
  description:
    'What the product itself takes: time from start to the first edge in the API, memory of the agent with 10,000 open ' +
    'connections (20,000 sockets), CPU of the once-a-second pass, and of one more network namespace.',
  run,
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireRoot('attaching BPF programs')
  requireTools(['go'])
  using program = new LoadProgram()
  const rows: Row[] = []
  progress('start to first edge')
  rows.push(...(await startToEdge(quick ? 4 : 11)))
  progress(`memory with ${AGENT_CONNECTIONS} connections`)
  rows.push(...(await memory(program, quick ? 5_000 : 20_000)))
  progress('passes')
  for (const [sockets, goal] of [
    [10_000, 15],
    [50_000, 60],
  ] as const) {
    rows.push(await pass(program, sockets, goal, { talking: true, ticks: quick ? 4 : 15 }))
    // One in ten of these passes is complete.
    rows.push(await pass(program, sockets, goal, { talking: false, ticks: quick ? 4 : 20 }))
  }
  progress('namespaces')
  rows.push(await namespaces(program, quick ? 10 : 50, quick ? 4 : 15))
  return rows
}

/** A start on new data and each one after it on the same, until the API shows a connection that was there before. */
async function startToEdge(times: number): Promise<readonly Row[]> {
  const data = mkdtempSync(join(tmpdir(), 'quadrant-bench-data-'))
  const elapsed: number[] = []
  try {
    for (let i = 0; i < times; i++) {
      using pair = await TalkingPair.open()
      const started = performance.now()
      await using product = await RunningQuadrant.start([], { data })
      while (!(await showsEdge(product.data, pair.serverPort))) {
        if (performance.now() - started > EDGE_TIMEOUT_MS) throw new Error(`no edge:\n${product.log}`)
        await pause(10)
      }
      elapsed.push(performance.now() - started)
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
  const [first = 0, ...later] = elapsed
  return [
    { case: 'start to first edge, new data', unit: 'ms', ours: first },
    judge({
      case: 'start to first edge, same data again',
      unit: 'ms',
      ours: median(later),
      spread: range(later),
      goal: 2000,
    }),
  ]
}

async function showsEdge(data: string, serverPort: number): Promise<boolean> {
  const map = await call<MapAnswer>(data, 'GetMap', {}).catch(() => undefined)
  return map?.edges?.some((edge) => edge.serverPort === serverPort) ?? false
}

async function memory(program: LoadProgram, observeMs: number): Promise<readonly Row[]> {
  await using product = await RunningQuadrant.start()
  await pause(3000)
  await using held = await hold(program, AGENT_CONNECTIONS, ['--trickle', '1s'])
  const { samples, connections } = await watchMemory(product, observeMs)
  const agent = childOf(product.pid, AGENT)
  if (agent === undefined) throw new Error('there is no agent')
  process.kill(agent, 'SIGKILL')
  // What the new one says begins when it has found them all and its start is over.
  await pause(RESTART_MS)
  const restarted = await watchMemory(product, observeMs)
  void held
  const row = (name: string, megabytes: readonly number[]) =>
    judge({ case: name, unit: 'MB', ours: median(megabytes), spread: range(megabytes), goal: 120 })
  return [
    row('agent memory, 10,000 open connections', samples),
    row('agent memory, restarted with them open', restarted.samples),
    { case: 'sockets followed meanwhile', unit: 'sockets', ours: connections },
  ]
}

async function watchMemory({ data }: RunningQuadrant, observeMs: number) {
  const samples: number[] = []
  let connections = 0
  const beginNs = Date.now() * 1e6
  for (const end = Date.now() + observeMs; Date.now() < end || samples.length === 0; await pause(1000)) {
    const { agents = [] } = await call<Status>(data, 'GetStatus', {})
    const report = agents[0]?.report
    connections = Math.max(connections, report?.connections ?? 0)
    if (!report || report.timeNs < beginNs || report.connections < AGENT_CONNECTIONS) continue
    samples.push(report.rssBytes / MEGABYTE)
  }
  return { samples, connections }
}

interface Status {
  readonly agents?: readonly {
    readonly report?: {
      readonly timeNs: number
      readonly rssBytes: number
      readonly connections: number
    }
  }[]
}

async function pass(
  program: LoadProgram,
  sockets: number,
  goal: number,
  { talking, ticks }: { readonly talking: boolean; readonly ticks: number },
): Promise<Row> {
  await using held = await hold(program, sockets / 2, talking ? ['--trickle', '1s'] : [])
  await using tracer = new Tracer()
  await tracer.on()
  const samples = await passCpuMs(tracer, ticks)
  void held
  return judge({
    case: `pass over ${sockets} sockets${talking ? ', all of which talk' : ', silent'}`,
    unit: 'ms CPU',
    ours: median(samples),
    spread: range(samples),
    goal,
  })
}

/** What one more namespace with a live connection adds to the pass. */
async function namespaces(program: LoadProgram, count: number, ticks: number): Promise<Row> {
  const names = Array.from({ length: count }, (_, i) => `qdr-bench-${process.pid}-${i}`)
  await using stack = new AsyncDisposableStack()
  await using tracer = new Tracer()
  await tracer.on()
  const without = median(await passCpuMs(tracer, ticks))
  for (const name of names) {
    execFileSync('ip', ['netns', 'add', name])
    stack.defer(() => void execFileSync('ip', ['netns', 'del', name]))
    execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up'])
    stack.use(await holdConnections(program, 1, ['--trickle', '1s'], name))
  }
  await pause(2000)
  const samples = await passCpuMs(tracer, ticks)
  const each = samples.map((sample) => (sample - without) / count)
  return {
    case: `one more network namespace, of ${count}`,
    unit: 'ms CPU',
    ours: median(each),
    spread: range(each),
  }
}

async function passCpuMs(tracer: Tracer, ticks: number): Promise<readonly number[]> {
  const samples: number[] = []
  for (let i = 0; i < ticks; i++) {
    await pause(1000)
    samples.push((await tracer.report()).passCpuUs / 1000)
  }
  return samples
}

async function hold(
  program: LoadProgram,
  connections: number,
  args: readonly string[],
): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack()
  for (let left = connections; left > 0; left -= CONNECTIONS_PER_PROCESS) {
    const held: Hold = await holdConnections(program, Math.min(left, CONNECTIONS_PER_PROCESS), args)
    stack.use(held)
  }
  return stack
}

function range(samples: readonly number[]): readonly [number, number] {
  return [Math.min(...samples), Math.max(...samples)]
}
