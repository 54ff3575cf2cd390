import { exchangeHttp, exchangeTcp } from './case-client.ts'
import { type CaseUpstream } from './case-upstream.ts'
import { Envoy } from './envoy.ts'
import {
  bootstrap,
  cluster,
  directResponse,
  httpListener,
  routeTo,
  tcpListener,
  wasmHttpFilter,
  wasmNetworkFilter,
} from './envoy-config.ts'
import type { CaseFilter, FilterCase, FilterHost, GuestName, Outcome } from './filter-case.ts'
import { type Guests, guestsOf, NAME, nameOf, NODE, rootIdOf } from './case-names.ts'
import { goOn, quiet } from './progress.ts'
import { normalised } from './transcript.ts'

export interface EnvoyHostOptions {
  readonly cases: readonly FilterCase[]
  /** The modules. */
  readonly guests: Guests
  readonly upstream: CaseUpstream
  /** Clusters besides, by name. */
  readonly clusters?: Readonly<Record<string, { readonly port: number; readonly isHttp2?: boolean }>>
}

/** Real Envoy, one process with a listener for each case and guest. */
export class EnvoyHost implements FilterHost {
  readonly #envoy: Envoy
  readonly #options: EnvoyHostOptions
  readonly #lines = new Map<string, string[]>()
  #readTo = 0
  #seen = 0
  #count = 0

  private constructor(envoy: Envoy, options: EnvoyHostOptions) {
    this.#envoy = envoy
    this.#options = options
  }

  static async start(options: EnvoyHostOptions): Promise<EnvoyHost> {
    const { cases, guests, upstream, clusters = {} } = options
    const listeners = cases.flatMap((one) =>
      guestsOf(one, guests).flatMap((guest) => listenersOf(one, guest, guests[guest]!)),
    )
    const { http1, http2, ...tcp } = upstream.ports
    const config = bootstrap(listeners, [
      withTrailers(cluster('http1', http1)),
      cluster('http2', http2, { isHttp2: true }),
      ...Object.entries(tcp).map(([name, port]) => cluster(name, port)),
      ...Object.entries(clusters).map(([name, { port, isHttp2 = false }]) =>
        cluster(name, port, { isHttp2 }),
      ),
    ])
    return new EnvoyHost(await Envoy.start({ ...config, node: NODE } as typeof config), options)
  }

  get log(): string {
    return this.#envoy.log
  }

  async run(guest: GuestName, filterCase: FilterCase): Promise<Outcome> {
    const name = nameOf(guest, filterCase)
    const transcript = () => this.#transcript(name)
    const answers: string[][] = []
    const upstream: string[][] = []
    for (const [index, exchange] of filterCase.exchanges.entries()) {
      const authority = `case-${guest[0]}${String(this.#count++).padStart(4, '0')}.test`
      const scene = { port: this.#envoy.port(name), authority, transcript }
      if (exchange.kind === 'http')
        this.#options.upstream.expect(authority, {
          exchange,
          seen: upstream,
          progress: () => transcript().length,
        })
      answers[index] =
        exchange.kind === 'http' ? await exchangeHttp(scene, exchange) : await exchangeTcp(scene, exchange)
      await quiet(() => transcript().length)
    }
    await goOn(filterCase, transcript)
    return {
      transcript: normalised(transcript()),
      answers: answers.map(normalised),
      upstream: upstream.map(normalised),
      ...(filterCase.metrics === undefined ? {} : { metrics: await this.#metrics(filterCase.metrics) }),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#envoy[Symbol.asyncDispose]()
  }

  async #metrics(names: readonly string[]): Promise<readonly string[]> {
    // Those of workers are added up every five seconds only for sinks; this asks for them.
    const text = await this.#envoy.admin('/stats?filter=wasmcustom')
    return names.map((name) => text.split('\n').find((line) => line.includes(name)) ?? `${name}: none`)
  }

  #transcript(name: string): readonly string[] {
    const log = this.#envoy.log
    if (log.length === this.#seen) return this.#lines.get(name) ?? []
    this.#seen = log.length
    const end = log.lastIndexOf('\n') + 1
    for (const line of log.slice(this.#readTo, end).split('\n')) {
      const [, thread, level, prefix, text] = WASM_LINE.exec(line) ?? []
      if (prefix === undefined || Number(thread) === this.#envoy.pid) continue
      // The root_id has it: Envoy names the plugin only for what is not of its root.
      const [plugin] = NAME.exec(prefix) ?? [prefix]
      const own = this.#lines.get(plugin) ?? []
      this.#lines.set(plugin, own)
      own.push(text!.startsWith('~ ') ? text!.slice(2) : `${level} ${text}`)
    }
    this.#readTo = end
    return this.#lines.get(name) ?? []
  }
}

/** What filters log. The main thread has instances of its own, through which nothing passes. */
const WASM_LINE = /^\[[^\]]*\]\[(\d+)\]\[(\w+)\]\[wasm\] \[[^\]]*\] wasm log (.*?): (~.*)$/

/** Trailers of HTTP/1 are dropped otherwise. */
function withTrailers(http1: ReturnType<typeof cluster>): ReturnType<typeof cluster> {
  const type = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
  const options = { http_protocol_options: { enable_trailers: true } }
  return {
    ...http1,
    typed_extension_protocol_options: {
      [type]: { '@type': `type.googleapis.com/${type}`, explicit_http_config: options },
    },
  }
}

/** Where requests go whose route is chosen by what filters have put there. */
const OTHER_ROUTE = {
  name: 'other',
  ...directResponse(203, 'other route', {
    prefix: '/',
    headers: [{ name: 'x-route', string_match: { exact: 'other' } }],
  }),
}

/** What a front proxy says of a client, where Envoy would say more. */
const FORWARDED_FOR = {
  name: 'envoy.filters.http.header_mutation',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation',
    mutations: {
      request_mutations: [{ append: { header: { key: 'x-forwarded-for', value: '127.0.0.1' } } }],
    },
  },
}

/** It adds no fields of its own. */
const ROUTER = {
  name: 'envoy.filters.http.router',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
    suppress_envoy_headers: true,
  },
}

function listenersOf(one: FilterCase, guest: GuestName, file: string) {
  const name = nameOf(guest, one)
  const [first] = one.exchanges
  const isTcp = first?.kind === 'tcp'
  const filterOf = (filter: CaseFilter) =>
    (isTcp ? wasmNetworkFilter : wasmHttpFilter)({
      file,
      name: rootIdOf(guest, one, filter),
      rootId: rootIdOf(guest, one, filter),
      vmId: filter.vmId ?? 'cases',
      // Plugins of one VM whose configuration is the same are one, also where they have other names.
      configuration: `# ${one.name}\n${filter.script}`,
      ...(filter.vmScript === undefined ? {} : { vmConfiguration: filter.vmScript }),
      isFailOpen: filter.isFailOpen ?? false,
      ...(filter.environment === undefined ? {} : { environment: filter.environment }),
    })
  const listener = (name: string, filters: readonly CaseFilter[]) => {
    if (first?.kind === 'tcp') return tcpListener(name, first.upstream, filters.map(filterOf))
    const version = first === undefined ? 1 : (first.response?.version ?? first.version ?? 1)
    return httpListener(name, {
      routes: [OTHER_ROUTE, { name: 'all', ...routeTo(`http${version}`) }],
      manager: {
        http_filters: [FORWARDED_FOR, ...filters.map(filterOf), ROUTER],
        // Trailers of HTTP/1 are dropped otherwise.
        http_protocol_options: { enable_trailers: true },
      },
    })
  }
  const aside = one.filters.filter(({ isAside }) => isAside)
  return [
    listener(
      name,
      one.filters.filter(({ isAside }) => isAside !== true),
    ),
    ...(aside.length > 0 ? [listener(`${name}/aside`, aside)] : []),
  ]
}
