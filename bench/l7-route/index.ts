import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { RouteTable } from '@quadrant/observe'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { median } from '../load/pairs.ts'

const HOT_PATHS = 200
const NEW_PATHS = 1_000_000
const NEW_PATHS_QUICK = 200_000
const SLICES = 10
const HELD_GOAL_MIB = 16

export const benchmark: Benchmark = {
  name: 'l7-route',
  description:
    'CPU, collection of garbage included, of finding the route of one path: of 200 that come again and again, and of a ' +
    'million of which each is another. Targets are strings of their own, as they are after decoding. Nothing is compared: ' +
    'what is told is what each request that is counted in user space costs there.',
  run,
}

function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  setFlagsFromString('--expose-gc')
  const count = quick ? NEW_PATHS_QUICK : NEW_PATHS
  const hot = targetsOf(HOT_PATHS, (i) => `/users/${nameOf(i)}/orders/${i}`)
  progress('paths that come again')
  const rows = [
    again('comes again', hot, quick),
    again(
      'comes again, with a query',
      hot.map((target) => decoded(`${target}?page=2&sort=-created`)),
      quick,
    ),
  ]
  const shapes: [name: string, pathOf: (i: number) => string][] = [
    ['is new, an id', (i) => `/orders/${i}/lines`],
    ['is new, a name', (i) => `/users/${nameOf(i)}/orders`],
    ['is new, a file', (i) => `/static/${nameOf(i)}.css`],
    ['is new, over the limit', (i) => `/${i.toString(2).replaceAll('1', 'a/').replaceAll('0', 'b/')}`],
  ]
  for (const [name, pathOf] of shapes) {
    progress(name)
    rows.push(...fresh(name, pathOf, count))
  }
  return Promise.resolve(rows)
}

function again(name: string, targets: readonly string[], quick: boolean): Row {
  const routes = new RouteTable().of('shop')
  const turns = quick ? 2000 : 20_000
  const slices = Array.from({ length: SLICES }, () => {
    const startUs = cpuUs()
    for (let turn = 0; turn < turns; turn++) for (const target of targets) routes.routeOf(target)
    return ((cpuUs() - startUs) * 1000) / (turns * targets.length)
  }).slice(1)
  return row(`a path that ${name}`, slices)
}

function fresh(name: string, pathOf: (i: number) => string, count: number): Row[] {
  const routes = new RouteTable().of('shop')
  const beforeBytes = heapBytes()
  const slices: number[] = []
  let heldBytes = 0
  for (let slice = 0; slice < SLICES; slice++) {
    const size = count / SLICES
    const targets = targetsOf(size, (i) => pathOf(slice * size + i))
    const startUs = cpuUs()
    for (const target of targets) routes.routeOf(target)
    slices.push(((cpuUs() - startUs) * 1000) / size)
    targets.length = 0
    heldBytes = Math.max(heldBytes, heapBytes() - beforeBytes)
  }
  const paths = count.toLocaleString('en')
  return [
    row(`a path that ${name} (${routes.routes.size} routes)`, slices.slice(1)),
    judge({
      case: `most held of ${paths} of these`,
      unit: 'MiB heap',
      ours: heldBytes / 2 ** 20,
      goal: HELD_GOAL_MIB,
    }),
  ]
}

function row(name: string, slices: readonly number[]): Row {
  return {
    case: name,
    unit: 'ns CPU',
    ours: median(slices),
    spread: [Math.min(...slices), Math.max(...slices)],
  }
}

function targetsOf(count: number, pathOf: (i: number) => string): string[] {
  return Array.from({ length: count }, (_, i) => decoded(pathOf(i)))
}

/** A string that is no part of others, as decoders make them. */
function decoded(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function nameOf(n: number): string {
  let text = ''
  for (let rest = n + 1; rest > 0; rest = Math.floor(rest / 20)) text += 'bcdfghjklmnpqrstvwxz'[rest % 20]!
  return `${text}o`
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

function heapBytes(): number {
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed
}
