import {
  cluster,
  bootstrap,
  type Config,
  httpListener,
  wasmHttpFilter,
} from '../../e2e/filters/envoy-config.ts'
import { Envoy } from '../../e2e/filters/envoy.ts'
import { GatewayProcess } from '../../e2e/filters/gateway-process.ts'
import { rustFilterFile } from '../../quadrants/extend/src/testing/rust-filter.ts'
import type { Certificate, Nginx } from '../load/nginx.ts'

/** Listeners of both proxies. */
export const LISTENERS = ['plain', 'tls', 'http2'] as const

export type ListenerName = (typeof LISTENERS)[number]

/** A proxy that is measured. */
export interface Proxy {
  readonly pid: number
  port(listener: ListenerName): number
}

/** Of the routes; the pages are behind that in the middle. */
export const ROUTE_COUNT = 20
export const PAGE_ROUTE = `/shop/${ROUTE_COUNT / 2}/`
/** Never reached. */
const REQUESTS_PER_SECOND = 1_000_000
const ROOT_ID = 'hello-header'

/** Ours, on one worker, and Envoy, on one: routes, statistics, a rate limit, and the filter of Rust in front of all. */
export async function startProxies(nginx: Nginx): Promise<ProxyPair> {
  const filter = rustFilterFile('guest/rustfilter')
  await using stack = new AsyncDisposableStack()
  const ours = stack.use(await GatewayProcess.start(gatewayConfiguration(nginx, filter)))
  const envoy = stack.use(
    await Envoy.start(envoyConfiguration(nginx, filter), { logLevel: 'error', wasmLogLevel: 'error' }),
  )
  const owned = stack.move()
  return { ours, envoy, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

export interface ProxyPair extends AsyncDisposable {
  readonly ours: Proxy
  readonly envoy: Proxy
}

const routeNames = Array.from({ length: ROUTE_COUNT }, (_, index) => `/shop/${index}/`)
/** The cluster of each listener: the protocol that nginx is spoken to with. */
const UPSTREAMS = { plain: 'http1', tls: 'http1', http2: 'http2' } as const

function gatewayConfiguration({ ports, certificate }: Nginx, file: string): object {
  return {
    listeners: LISTENERS.map((name) => ({
      name,
      address: '127.0.0.1:0',
      virtual_hosts: [UPSTREAMS[name]],
      ...(name === 'tls' ? { tls: tlsOf(certificate) } : {}),
    })),
    virtual_hosts: (['http1', 'http2'] as const).map((upstream) => ({
      name: upstream,
      domains: ['*'],
      routes: routeNames.map((prefix, index) => ({
        name: `route-${index}`,
        match: { prefix },
        forward: { cluster: upstream },
        rate_limit: { requests: REQUESTS_PER_SECOND, per: '1s' },
      })),
    })),
    clusters: (['http1', 'http2'] as const).map((name) => ({
      name,
      endpoints: [`127.0.0.1:${ports[name]}`],
      protocol: name,
    })),
    filters: [{ name: 'hello', module: { file }, root_id: ROOT_ID }],
  }
}

function tlsOf({ certFile, keyFile }: Certificate): object {
  return { certificates: [{ cert_file: certFile, key_file: keyFile }] }
}

function envoyConfiguration({ ports, certificate }: Nginx, file: string) {
  const listeners = LISTENERS.map((name) => {
    const listener = httpListener(name, {
      filters: [localRateLimit(), wasmHttpFilter({ file, rootId: ROOT_ID })],
      routes: routeNames.map((prefix) => ({ match: { prefix }, route: { cluster: UPSTREAMS[name] } })),
      // What ours does to each request besides.
      manager: { normalize_path: true, merge_slashes: true, use_remote_address: true },
    })
    return name === 'tls' ? withTls(listener, certificate) : listener
  })
  return bootstrap(listeners, [
    cluster('http1', ports.http1),
    cluster('http2', ports.http2, { isHttp2: true }),
  ])
}

function localRateLimit(): Config {
  const always = (key: string) => ({
    runtime_key: key,
    default_value: { numerator: 100, denominator: 'HUNDRED' },
  })
  return {
    name: 'envoy.filters.http.local_ratelimit',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
      stat_prefix: 'limit',
      token_bucket: {
        max_tokens: REQUESTS_PER_SECOND,
        tokens_per_fill: REQUESTS_PER_SECOND,
        fill_interval: '1s',
      },
      filter_enabled: always('enabled'),
      filter_enforced: always('enforced'),
    },
  }
}

function withTls(listener: Config, { certFile, keyFile }: Certificate): Config {
  const [chain] = listener['filter_chains'] as readonly Config[]
  const transport_socket = {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        alpn_protocols: ['h2', 'http/1.1'],
        tls_certificates: [{ certificate_chain: { filename: certFile }, private_key: { filename: keyFile } }],
      },
    },
  }
  return { ...listener, filter_chains: [{ ...chain, transport_socket }] }
}
