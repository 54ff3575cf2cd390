import { bootstrap, directResponse, httpListener, wasmHttpFilter } from '../../e2e/filters/envoy-config.ts'
import { Envoy, NEEDS_ENVOY } from '../../e2e/filters/envoy.ts'
import { GatewayProcess } from '../../e2e/filters/gateway-process.ts'
import { goFilterFile } from '../../quadrants/extend/src/testing/go-filter.ts'
import { rustFilterFile } from '../../quadrants/extend/src/testing/rust-filter.ts'
import { type Benchmark, judge, RequirementError, type Row, type RunOptions } from '../benchmark.ts'
import { cpuSeconds } from '../load/cpu.ts'
import { loadHttp1 } from '../load/http-load.ts'
import { median } from '../load/pairs.ts'
import { requireTools } from '../toolchain.ts'

const CONNECTIONS = 32
const GOAL = 0.8
/** Until V8 has compiled what is called most, filters included. */
const WARM_UP_SECONDS = { quick: 2, full: 8 } as const
const FILTERS = [
  { name: 'rust', title: 'Rust', rootId: 'hello-header' },
  { name: 'go', title: 'Go', rootId: '' },
] as const

type ListenerName = 'none' | (typeof FILTERS)[number]['name']

const LISTENERS: readonly ListenerName[] = ['none', ...FILTERS.map(({ name }) => name)]

export const benchmark: Benchmark = {
  name: 'filter',
  description:
    'What a filter adds to the CPU of a proxy for one request: with it less without. The same modules, which put a header ' +
    'into every response, in our gateway and in Envoy 1.40, one worker each, which answer the requests themselves. wrk, ' +
    `${CONNECTIONS} connections; slices take turns, and each difference is of neighbouring ones.`,
  run,
}

interface Proxy {
  readonly pid: number
  port(listener: string): number
}

type Slices = Readonly<Record<ListenerName, number[]>>

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  if (NEEDS_ENVOY.skip !== false) throw new RequirementError(NEEDS_ENVOY.skip)
  requireTools(['wrk', 'go', 'cargo'])
  progress('filters, proxies')
  const files = {
    rust: rustFilterFile('guest/rustfilter'),
    go: goFilterFile('examples/filters/hello-header'),
  }
  await using ours = await GatewayProcess.start(gatewayConfiguration(files))
  await using envoy = await Envoy.start(envoyConfiguration(files), {
    logLevel: 'error',
    wasmLogLevel: 'error',
  })
  for (const proxy of [ours, envoy]) await assertFilters(proxy)
  const own: Slices = { none: [], rust: [], go: [] }
  const peer: Slices = { none: [], rust: [], go: [] }
  progress('warm-up')
  for (const listener of LISTENERS)
    await cpuUsPerRequest(ours, listener, quick ? WARM_UP_SECONDS.quick : WARM_UP_SECONDS.full)
  const length = quick ? { seconds: 1, rounds: 4 } : { seconds: 2, rounds: 25 }
  for (let round = 0; round < length.rounds; round++) {
    progress(`round ${round + 1} of ${length.rounds}`)
    for (const listener of LISTENERS) {
      own[listener].push(await cpuUsPerRequest(ours, listener, length.seconds))
      peer[listener].push(await cpuUsPerRequest(envoy, listener, length.seconds))
    }
  }
  return [
    ...FILTERS.map(({ name, title }) => {
      const [added, peerAdded] = [own, peer].map((slices) =>
        slices[name].map((us, round) => us - slices.none[round]!),
      ) as [number[], number[]]
      // Of the medians: in a single round the differences are small beside what the machine adds.
      const ratio = median(added) / median(peerAdded)
      const ratios = added.map((us, round) => us / peerAdded[round]!)
      const sides = { ours: median(added), peer: median(peerAdded), peerName: 'Envoy' }
      const spread = [Math.min(...ratios), Math.max(...ratios)] as const
      return judge({
        case: `added by a filter in ${title}`,
        unit: 'µs CPU',
        ...sides,
        ratio,
        spread,
        goal: GOAL,
      })
    }),
    ...LISTENERS.map((name) => ({
      case: `request ${name === 'none' ? 'without a filter' : `with the filter in ${name}`}`,
      unit: 'µs CPU',
      ours: median(own[name]),
      peer: median(peer[name]),
      peerName: 'Envoy',
      ratio: median(own[name]) / median(peer[name]),
    })),
  ]
}

async function cpuUsPerRequest(proxy: Proxy, listener: ListenerName, seconds: number): Promise<number> {
  const url = `http://127.0.0.1:${proxy.port(listener)}/`
  const before = cpuSeconds([proxy.pid])
  const { requests, errorCount } = await loadHttp1({ url, connections: CONNECTIONS, seconds })
  if (errorCount > 0) throw new Error(`${url}: ${errorCount} of ${requests} requests have failed`)
  return ((cpuSeconds([proxy.pid]) - before) * 1e6) / requests
}

async function assertFilters(proxy: Proxy): Promise<void> {
  for (const name of LISTENERS) {
    const { status, headers } = await fetch(`http://127.0.0.1:${proxy.port(name)}/`)
    if (status !== 200 || headers.get('x-envoy-wasm') !== (name === 'none' ? null : 'true'))
      throw new Error(`${name}: ${status}, x-envoy-wasm ${headers.get('x-envoy-wasm')}`)
  }
}

type Files = Readonly<Record<(typeof FILTERS)[number]['name'], string>>

function gatewayConfiguration(files: Files): object {
  return {
    listeners: LISTENERS.map((name) => ({
      name,
      address: '127.0.0.1:0',
      filters: name === 'none' ? [] : [name],
    })),
    virtual_hosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: [{ name: 'all', match: { prefix: '/' }, respond: { body: 'hello' } }],
      },
    ],
    filters: FILTERS.map(({ name, rootId }) => ({ name, module: { file: files[name] }, root_id: rootId })),
  }
}

function envoyConfiguration(files: Files) {
  const filtersOf = (listener: ListenerName) =>
    FILTERS.filter(({ name }) => name === listener).map(({ name, rootId }) =>
      wasmHttpFilter({ file: files[name], rootId, vmId: name, name }),
    )
  const listeners = LISTENERS.map((name) =>
    httpListener(name, {
      filters: filtersOf(name),
      routes: [directResponse(200, 'hello')],
      // What ours does to each request besides.
      manager: { normalize_path: true, merge_slashes: true, use_remote_address: true },
    }),
  )
  return bootstrap(listeners, [])
}
