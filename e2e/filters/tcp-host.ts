import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { openGateway } from '@quadrant/extend/gateway'
import {
  compileFilter,
  FILTER_LIMITS,
  type FilterHost as WasmHost,
  FilterVm,
  QueueTable,
  RootContext,
  SharedMemory,
  ValueTable,
} from '@quadrant/wasm/proxy-wasm'
import { PluginProperties } from '../../quadrants/extend/src/filters/foreign/plugin-properties.ts'
import { FilterMetrics } from '../../quadrants/extend/src/filters/plugin/filter-metrics.ts'
import { gatewaySpec, TEST_PARTS } from '../../quadrants/extend/src/gateway/testing/test-gateway.ts'
import { exchangeTcp } from './case-client.ts'
import { type Guests, nameOf, rootIdOf } from './case-names.ts'
import type { CaseUpstream } from './case-upstream.ts'
import type { FilterCase, FilterHost, GuestName, Outcome } from './filter-case.ts'
import { LOG_LEVELS } from './log-levels.ts'
import { quiet } from './progress.ts'
import { TcpPassage } from './tcp-passage.ts'
import { normalised } from './transcript.ts'

export interface TcpHostOptions {
  readonly guests: Guests
  readonly upstream: CaseUpstream
}

/** Filters of connections, between sockets: our gateway has none of them, but what runs filters has. */
export class TcpHost implements FilterHost {
  readonly #modules: Readonly<Partial<Record<GuestName, WebAssembly.Module>>>
  readonly #upstream: CaseUpstream
  readonly #shared = SharedMemory.create()
  readonly #calls: Awaited<ReturnType<typeof openGateway>>

  private constructor(
    { upstream }: TcpHostOptions,
    modules: Readonly<Partial<Record<GuestName, WebAssembly.Module>>>,
    calls: Awaited<ReturnType<typeof openGateway>>,
  ) {
    this.#modules = modules
    this.#upstream = upstream
    this.#calls = calls
  }

  static async start(options: TcpHostOptions): Promise<TcpHost> {
    const modules: Partial<Record<GuestName, WebAssembly.Module>> = {}
    for (const [guest, file] of Object.entries(options.guests))
      modules[guest as GuestName] = await compileFilter(readFileSync(file), FILTER_LIMITS)
    // Whom filters call.
    const spec = gatewaySpec(`listeners: [{ name: main, address: 127.0.0.1:0 }]
virtual_hosts: [{ name: all, domains: ['*'], routes: [{ name: all, match: { prefix: / }, forward: { cluster: http1 } }] }]
clusters: [{ name: http1, endpoints: [127.0.0.1:${options.upstream.ports.http1}] }]`)
    return new TcpHost(options, modules, await openGateway(spec, TEST_PARTS))
  }

  async run(guest: GuestName, filterCase: FilterCase): Promise<Outcome> {
    const lines: string[] = []
    const opened = await this.#open(guest, filterCase, lines)
    const answers: string[][] = []
    for (const exchange of filterCase.exchanges) {
      if (exchange.kind !== 'tcp') throw new Error('there are only connections of bytes here')
      const { port } = opened.server.address() as AddressInfo
      answers.push(await exchangeTcp({ port, authority: '', transcript: () => lines }, exchange))
      await quiet(() => lines.length)
    }
    if (filterCase.lingerMs !== undefined) await sleep(filterCase.lingerMs)
    const transcript = normalised(lines)
    opened.server.close()
    opened.root.release()
    return { transcript, answers: answers.map(normalised), upstream: [] }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#calls.close()
    this.#shared[Symbol.dispose]()
  }

  async #open(
    guest: GuestName,
    one: FilterCase,
    lines: string[],
  ): Promise<{ server: Server; root: RootContext }> {
    const [filter, ...others] = one.filters
    const [first] = one.exchanges
    if (filter === undefined || others.length > 0 || first?.kind !== 'tcp')
      throw new Error('one filter of TCP')
    const vmId = filter.vmId ?? 'cases'
    const vm = FilterVm.instantiate(this.#modules[guest]!, this.#host(vmId, lines), {
      vmId,
      vmConfiguration: new Uint8Array(),
      env: filter.environment ?? {},
      limits: { ...FILTER_LIMITS, timePerCallMsMax: 10_000 },
      capabilities: undefined,
    })
    vm.initialize()
    const rootId = rootIdOf(guest, one, filter)
    const properties = new PluginProperties({ plugin: { name: rootId, rootId, vmId } })
    const configuration = Buffer.from(`# ${nameOf(guest, one)}\n${filter.script}`)
    const root = new RootContext(vm, vm.nextContextId()!, { rootId, configuration, properties })
    if (!root.start()) throw new Error(`it does not start: ${vm.crash?.message}`)
    const upstreamPort = this.#upstream.ports[first.upstream]
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const isFailOpen = filter.isFailOpen === true
      new TcpPassage(socket, { root, properties, upstreamPort, cluster: first.upstream, isFailOpen }).begin()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { server, root }
  }

  #host(vmId: string, lines: string[]): WasmHost {
    return {
      nowNs: () => BigInt(Date.now()) * 1_000_000n,
      monotonicNs: () => process.hrtime.bigint(),
      fillRandom: (bytes) => void randomFillSync(bytes),
      logLevel: () => 2,
      log: (level, message) => {
        if (message.startsWith('~'))
          lines.push(message.startsWith('~ ') ? message.slice(2) : `${LOG_LEVELS[level]} ${message}`)
      },
      sharedData: new ValueTable(this.#shared).dataOf(vmId),
      sharedQueues: new QueueTable(this.#shared),
      metrics: new FilterMetrics(),
      ...this.#calls.calls(),
      tick: (periodMs, callback) => {
        const timer = setInterval(callback, periodMs)
        return () => clearInterval(timer)
      },
    }
  }
}
