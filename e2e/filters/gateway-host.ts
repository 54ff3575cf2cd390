import { readFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { formatDiagnostic } from '@quadrant/core'
import { checkGateway, FleetFilters, GatewayFleet } from '@quadrant/extend/gateway'
import { exchangeHttp, exchangeTcp } from './case-client.ts'
import { type Guests, guestsOf, NAME, nameOf, NODE, rootIdOf } from './case-names.ts'
import type { CaseUpstream } from './case-upstream.ts'
import type { CaseFilter, FilterCase, FilterHost, GuestName, Outcome } from './filter-case.ts'
import { LOG_LEVELS } from './log-levels.ts'
import { goOn, quiet } from './progress.ts'
import { normalised } from './transcript.ts'

const WORKER = new URL('../../apps/cli/src/gateway/worker.ts', import.meta.url)

export interface GatewayHostOptions {
  readonly cases: readonly FilterCase[]
  readonly guests: Guests
  readonly upstream: CaseUpstream
  /** Clusters besides, by name. */
  readonly clusters?: Readonly<Record<string, { readonly port: number; readonly isHttp2?: boolean }>>
}

/** Our gateway as it is run, on one thread, with a listener for each case and guest. */
export class GatewayHost implements FilterHost {
  readonly #options: GatewayHostOptions
  readonly #fleet: GatewayFleet
  readonly #filters: FleetFilters
  readonly #lines = new Map<string, FilterLine[]>()
  /** Why filters ended, by case. */
  readonly crashes: string[] = []
  #count = 0

  private constructor(options: GatewayHostOptions) {
    this.#options = options
    this.#fleet = new GatewayFleet({
      workerCount: 1,
      openWorker: () => new Worker(WORKER),
      onLog: () => {},
      onFilter: ({ kind, filter, level, message }) => {
        const name = NAME.exec(filter)?.[0] ?? filter
        if (kind === 'filter-crash') this.crashes.push(`${filter}: ${message}`)
        else if (message.startsWith('~'))
          this.#write(name, filter, LOG_LEVELS[level] ?? String(level), message)
      },
      onCrash: (error) => this.crashes.push(`the worker: ${error.message}`),
    })
    this.#filters = new FleetFilters(this.#fleet, readFile)
  }

  static async start(options: GatewayHostOptions): Promise<GatewayHost> {
    const host = new GatewayHost(options)
    const text = JSON.stringify(configuration(options))
    const { value, diagnostics } = checkGateway(text)
    if (value === undefined) throw new Error(diagnostics.map((one) => formatDiagnostic(one, text)).join('\n'))
    await host.#filters.reload(value)
    await quiet(() => host.#lineCount)
    for (const [name, lines] of host.#lines) host.#lines.set(name, [...withoutSpares(lines)])
    return host
  }

  get #lineCount(): number {
    return [...this.#lines.values()].reduce((sum, { length }) => sum + length, 0)
  }

  async run(guest: GuestName, filterCase: FilterCase): Promise<Outcome> {
    const name = nameOf(guest, filterCase)
    const transcript = () => (this.#lines.get(name) ?? []).map(({ text }) => text)
    const answers: string[][] = []
    const upstream: string[][] = []
    const progress = () => transcript().length
    for (const exchange of filterCase.exchanges) {
      const authority = `case-${guest[0]}${String(this.#count++).padStart(4, '0')}.test`
      const scene = { port: this.#fleet.ports.get(name)!, authority, transcript }
      if (exchange.kind === 'http')
        this.#options.upstream.expect(authority, { exchange, seen: upstream, progress })
      answers.push(
        exchange.kind === 'http' ? await exchangeHttp(scene, exchange) : await exchangeTcp(scene, exchange),
      )
      await quiet(progress)
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
    await this.#fleet[Symbol.asyncDispose]()
  }

  #write(name: string, filter: string, level: string, message: string): void {
    const lines = this.#lines.get(name) ?? []
    this.#lines.set(name, lines)
    // Of several lines a log has the first with the mark.
    const [first = ''] = message.split('\n', 1)
    const text = first.startsWith('~ ') ? first.slice(2) : `${level} ${first}`
    // Contexts of one filter are not those of another, also where their numbers are the same.
    lines.push({ filter, text: text.replace(/^#\d+/, `$& ${filter}`) })
  }

  async #metrics(names: readonly string[]): Promise<readonly string[]> {
    const { metrics } = await this.#filters.summary()
    return names.map((name) => {
      const metric = metrics.find((one) => one.name === name)
      return metric === undefined ? `${name}: none` : `wasmcustom.${name}: ${metric.value}`
    })
  }
}

/** Another instance of each filter begins ahead, for when the first is over: what it writes then is left out. */
function withoutSpares(lines: readonly FilterLine[]): readonly FilterLine[] {
  const filters = new Set(lines.map(({ filter }) => filter))
  return lines.filter((line, index) => {
    const own = lines.flatMap((other, at) => (other.filter === line.filter ? [at] : []))
    const half = own.length / 2
    const at = own.indexOf(index)
    return (
      filters.size === 0 ||
      at < half ||
      own.slice(0, half).some((one, n) => lines[one]!.text !== lines[own[half + n]!]?.text)
    )
  })
}

interface FilterLine {
  readonly filter: string
  readonly text: string
}

/** What a file for `quadrant gateway` would say. */
function configuration({ cases, guests, upstream, clusters = {} }: GatewayHostOptions): object {
  const runs = cases.flatMap((one) => guestsOf(one, guests).map((guest) => ({ one, guest })))
  const { http1, http2, ...tcp } = upstream.ports
  const all: Required<GatewayHostOptions>['clusters'] = {
    http1: { port: http1 },
    http2: { port: http2, isHttp2: true },
    ...Object.fromEntries(Object.entries(tcp).map(([name, port]) => [name, { port }])),
    ...clusters,
  }
  return {
    workers: 1,
    node: NODE,
    // There has to be one, whatever there is to run.
    listeners: [
      { name: 'none', address: '127.0.0.1:0', virtual_hosts: [], filters: [] },
      ...runs.map(({ one, guest }) => ({
        name: nameOf(guest, one),
        address: '127.0.0.1:0',
        ...behind(one, nameOf(guest, one)),
        filters: one.filters
          .filter(({ isAside }) => isAside !== true)
          .map((filter) => rootIdOf(guest, one, filter)),
      })),
    ],
    virtual_hosts: runs.map(({ one, guest }) => ({
      name: nameOf(guest, one),
      domains: ['*'],
      routes: [
        {
          name: 'other',
          match: { prefix: '/', headers: [{ name: 'x-route', exact: 'other' }] },
          respond: { status: 203, body: 'other route' },
        },
        { name: 'all', match: { prefix: '/' }, forward: { cluster: `http${versionOf(one)}` } },
      ],
    })),
    clusters: Object.entries(all).map(([name, { port, isHttp2 = false }]) => ({
      name,
      endpoints: [`127.0.0.1:${port}`],
      protocol: isHttp2 ? 'http2' : 'http1',
    })),
    filters: runs.flatMap(({ one, guest }) =>
      one.filters.map((filter) => filterOf(one, guest, filter, guests[guest]!)),
    ),
  }
}

/** Where a listener leads. */
function behind({ exchanges: [first] }: FilterCase, virtualHost: string): object {
  return first?.kind === 'tcp' ? { tcp: { cluster: first.upstream } } : { virtual_hosts: [virtualHost] }
}

function versionOf({ exchanges: [first] }: FilterCase): number {
  return first?.kind === 'http' ? (first.response?.version ?? first.version ?? 1) : 1
}

function filterOf(one: FilterCase, guest: GuestName, filter: CaseFilter, file: string): object {
  const rootId = rootIdOf(guest, one, filter)
  return {
    name: rootId,
    module: { file },
    root_id: rootId,
    vm_id: filter.vmId ?? 'cases',
    vm_configuration: filter.vmScript ?? '',
    configuration: `# ${one.name}\n${filter.script}`,
    environment: filter.environment ?? {},
    on_failure: filter.isFailOpen === true ? 'open' : 'closed',
    // None of the cases is about limits, and this machine may be busy.
    limits: { logs_per_second: 1e6, call_time: '10s' },
  }
}
