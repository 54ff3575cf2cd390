import { NEEDS_ENVOY } from '../../e2e/filters/envoy.ts'
import { type Benchmark, judge, RequirementError, type Row, type RunOptions } from '../benchmark.ts'
import { Nginx } from '../load/nginx.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { requireTools } from '../toolchain.ts'
import { PAGE_ROUTE, type Proxy, startProxies } from './proxies.ts'
import { latencySlice, proxySlice, type ProxySlice } from './proxy-slice.ts'

/** As long as that of the measurements that the goals were set by. */
const SMALL_TEXT = 'hello from upstream, sixty-one bytes of text in all, as told\n'
const LARGE_BYTES = 100_000
const PAGES = { small: `${PAGE_ROUTE}small`, large: `${PAGE_ROUTE}large` } as const
const WARM_UP_SECONDS = { quick: 2, full: 10 } as const

const PROTOCOLS = [
  { title: 'HTTP/1.1', listener: 'plain', direct: 'http1', scheme: 'http' },
  { title: 'TLS', listener: 'tls', direct: 'tls', scheme: 'https' },
  { title: 'HTTP/2', listener: 'http2', direct: 'http2', scheme: 'http' },
] as const
const BODIES = [
  { title: '61 B', page: 'small' },
  { title: '100 kB', page: 'large' },
] as const
const CONNECTIONS = [1, 256] as const

/** Of CPU, for HTTP/1.1 with small bodies and elsewhere, and of the latency that is added. */
const GOALS = { http1Small: 0.6, cpu: 1, latency: 0.5 } as const

export const benchmark: Benchmark = {
  name: 'gateway',
  description:
    'CPU of a proxy for one request, at full load of wrk (h2load for HTTP/2, one stream at a time) and with nginx behind, ' +
    'all on loopback: our gateway and Envoy 1.40, one worker each, with 20 routes, statistics, a rate limit that is not ' +
    'reached and one filter in Rust; slices take turns. HTTP/2 is spoken on both sides, TLS to the client only. And what ' +
    'the proxy adds to the median time of a request at one connection, against the same load without it.',
  run,
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  if (NEEDS_ENVOY.skip !== false) throw new RequirementError(NEEDS_ENVOY.skip)
  requireTools(['nginx', 'wrk', 'h2load', 'openssl', 'cargo'])
  await using nginx = await Nginx.start({
    [PAGES.small]: SMALL_TEXT,
    [PAGES.large]: 'x'.repeat(LARGE_BYTES),
  })
  progress('filter, proxies')
  await using proxies = await startProxies(nginx)
  const rows: Row[] = []
  for (const protocol of PROTOCOLS) {
    const { title, listener, scheme } = protocol
    const isHttp2 = listener === 'http2'
    const length = quick ? { seconds: 1, rounds: 1 } : { seconds: 3, rounds: 9 }
    const load = (port: number, page: string, connections: number, seconds = length.seconds) =>
      ({ url: `${scheme}://127.0.0.1:${port}${page}`, isHttp2, connections, seconds }) as const
    const slice = (proxy: Proxy, page: string, connections: number) =>
      proxySlice(proxy.pid, nginx, load(proxy.port(listener), page, connections))
    progress(`${title}: warm-up`)
    const warmUpSeconds = quick ? WARM_UP_SECONDS.quick : WARM_UP_SECONDS.full
    for (const page of Object.values(PAGES))
      await latencySlice(load(proxies.ours.port(listener), page, 64, warmUpSeconds / 2))
    for (const body of BODIES) {
      const page = PAGES[body.page]
      for (const connections of CONNECTIONS) {
        const name = `${title}, ${body.title}, ${connections} connection${connections === 1 ? '' : 's'}`
        progress(name)
        const isLatency = connections === 1 && body.page === 'small'
        const ours: ProxySlice[] = []
        const envoy: ProxySlice[] = []
        const directUs: number[] = []
        for (let round = 0; round < length.rounds; round++) {
          ours.push(await slice(proxies.ours, page, connections))
          if (isLatency)
            directUs.push((await latencySlice(load(nginx.ports[protocol.direct], page, 1))).medianUs)
          envoy.push(await slice(proxies.envoy, page, connections))
        }
        const goal = listener === 'plain' && body.page === 'small' ? GOALS.http1Small : GOALS.cpu
        rows.push(compared(`CPU, ${name}`, 'µs/request', ours.map(cpu), envoy.map(cpu), goal))
        if (isLatency) rows.push(added(title, { ours, envoy, directUs }))
      }
    }
  }
  return rows
}

const cpu = ({ cpuUsPerRequest }: ProxySlice) => cpuUsPerRequest

function added(
  title: string,
  slices: {
    readonly ours: readonly ProxySlice[]
    readonly envoy: readonly ProxySlice[]
    readonly directUs: readonly number[]
  },
): Row {
  const [ours, envoy] = [slices.ours, slices.envoy].map((side) =>
    side.map(({ medianUs }, round) => medianUs - slices.directUs[round]!),
  ) as [number[], number[]]
  return compared(`added latency, ${title}, 61 B, 1 connection`, 'µs', ours, envoy, GOALS.latency)
}

function compared(
  name: string,
  unit: string,
  ours: readonly number[],
  envoy: readonly number[],
  goal: number,
): Row {
  const { median: ratio, spread } = pairedRatio(ours, envoy)
  const sides = { ours: median(ours), peer: median(envoy), peerName: 'Envoy' }
  return judge({ case: name, unit, ...sides, ratio, spread, goal })
}
