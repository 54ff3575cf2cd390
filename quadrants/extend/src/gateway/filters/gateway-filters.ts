import { ExtendError } from '../../error.ts'
import { SharedMemory, type FilterCrash, type LogLevel } from '@quadrant/wasm/proxy-wasm'
import type { StagedFilters } from '../../filters/filter-engine.ts'
import { FilterPlugin } from '../../filters/plugin/filter-plugin.ts'
import { PluginProperties } from '../../filters/foreign/plugin-properties.ts'
import type { NodeIdentity } from '../../filters/foreign/struct-message.ts'
import { StreamProperties } from '../../filters/foreign/stream-properties.ts'
import type { ConnectionFilters } from '../../filters/stream/connection-chain.ts'
import type { StreamFilters } from '../../filters/stream/stream-chain.ts'
import { ThreadFilters, type FilterCalls } from '../../filters/thread-filters.ts'
import type { FailurePolicy } from '../../filters/plugin/plugin-spec.ts'
import type { GatewaySpec } from '../config/gateway-spec.ts'
import type { ListenerSpec } from '../config/listener-spec.ts'
import type { FilterAnswer, FilterAttachment, FilterCommand } from './filter-command.ts'

/** What filters of a gateway's thread are given from outside, besides what the gateway has. */
export interface GatewayFiltersParts {
  readonly nowNs: () => bigint
  readonly monotonicNs: () => bigint
  readonly fillRandom: (bytes: Uint8Array) => void
  readonly later: (afterMs: number, callback: () => void) => () => void
  readonly log: (filter: string, level: LogLevel, message: string) => void
  readonly crashed: (filter: string, crash: FilterCrash) => void
}

/** Levels below are not told: that of Envoy where nothing else is said. */
const LOG_LEVEL: LogLevel = 2
/** Bytes of a body that filters may let lie, in each direction: Envoy's buffer limit of a connection. */
const BUFFER_BYTES_MAX = 1024 * 1024
const DRAIN_MS = 60_000
/** `user_agent_name` of `xds.node`. */
const USER_AGENT_NAME = 'quadrant'

/** The filters of one thread of a gateway, from its first configuration on. */
export class GatewayFilters implements AsyncDisposable {
  readonly #parts: GatewayFiltersParts
  readonly #calls: FilterCalls
  readonly #prepared = new Map<number, FilterPlugin>()
  readonly #streamProperties = new StreamProperties()
  /** What becomes of streams where a filter is not there. */
  #policies: ReadonlyMap<string, FailurePolicy> = new Map()
  /** As filters are told when they start. */
  #node: NodeIdentity | undefined
  /** What this thread was told of filters, also before it had any: whether they are on. */
  readonly #switched = new Map<string, boolean>()
  #shared: SharedMemory | undefined
  #filters: ThreadFilters | undefined

  constructor(parts: GatewayFiltersParts, calls: FilterCalls) {
    this.#parts = parts
    this.#calls = calls
  }

  /**
   * Gets ready what came with a configuration.
   * @throws {ExtendError} `runtime` for a filter that does not start; then all serve as before
   */
  async stage(
    { shared, filters, off }: FilterAttachment,
    { filters: declared, node }: Pick<GatewaySpec, 'filters' | 'node'>,
  ): Promise<StagedFilters> {
    if (shared !== undefined) this.#open(shared, off)
    const before = { policies: this.#policies, node: this.#node }
    const restore = () => {
      this.#policies = before.policies
      this.#node = before.node
    }
    // Listeners may have requests before this is committed.
    this.#policies = new Map(declared.map(({ name, failurePolicy }) => [name, failurePolicy]))
    const engine = this.#filters?.engine
    if (engine === undefined) return { commit: () => {}, discard: restore }
    this.#node = { ...node, userAgentName: USER_AGENT_NAME }
    const staged = await engine.stage(filters)
    if ('crash' in staged) {
      restore()
      throw new ExtendError('runtime', `filter ${staged.filter} does not start: ${staged.crash.message}`)
    }
    return {
      commit: () => staged.commit(),
      discard: () => {
        restore()
        staged.discard()
      },
    }
  }

  async answer(command: FilterCommand): Promise<FilterAnswer> {
    if (command.kind === 'switch') {
      this.#switched.set(command.name, command.isOn)
      this.#filters?.engine.setKilled(command.name, !command.isOn)
      return { kind: 'done' }
    }
    const filters = this.#filters
    if (filters === undefined)
      return { kind: 'refused', failure: 'start', message: 'there are no filters here' }
    switch (command.kind) {
      case 'prepare': {
        const plugin = await filters.engine.prepare(command.filter)
        if (!(plugin instanceof FilterPlugin))
          return { kind: 'refused', failure: plugin.failure, message: plugin.message }
        this.#prepared.set(command.ticket, plugin)
        return { kind: 'done' }
      }
      case 'swap': {
        const plugin = this.#prepared.get(command.ticket)
        if (plugin === undefined)
          return { kind: 'refused', failure: 'start', message: 'it was not prepared here' }
        this.#prepared.delete(command.ticket)
        const before = filters.engine.swap(plugin)
        if (before !== undefined) void filters.engine.drain(before)
        return { kind: 'done' }
      }
      case 'discard': {
        const plugin = this.#prepared.get(command.ticket)
        this.#prepared.delete(command.ticket)
        if (plugin !== undefined) void filters.engine.drain(plugin)
        return { kind: 'done' }
      }
      case 'report':
        return {
          kind: 'report',
          report: {
            filters: filters.engine.report(),
            metrics: filters.metrics.samples(),
            drainingCount: filters.engine.drainingCount,
          },
        }
    }
  }

  /** Undefined where a listener has none. */
  filtersOf({ filters: names }: ListenerSpec): StreamFilters | undefined {
    if (names.length === 0) return undefined
    return this.#filters?.engine.chain(names, this.#policyOf)
  }

  /** The same for a listener of `tcp`. */
  connectionFiltersOf({ filters: names }: ListenerSpec): ConnectionFilters | undefined {
    if (names.length === 0) return undefined
    return this.#filters?.engine.connections(names, this.#policyOf)
  }

  readonly #policyOf = (name: string): FailurePolicy => this.#policies.get(name) ?? 'closed'

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#filters?.engine.close()
    this.#shared?.[Symbol.dispose]()
  }

  #open(handle: NonNullable<FilterAttachment['shared']>, off: readonly string[]): void {
    const { log, crashed, ...clocks } = this.#parts
    this.#shared = SharedMemory.open(handle)
    this.#filters = new ThreadFilters({
      ...clocks,
      random: Math.random,
      log,
      logLevel: () => LOG_LEVEL,
      crashed,
      shared: this.#shared,
      calls: this.#calls,
      pluginProperties: ({ name, rootId, vmId }) =>
        new PluginProperties({ plugin: { name, rootId, vmId }, node: this.#node }),
      streamProperties: (_, stream, root) => this.#streamProperties.of(stream, root),
      bufferBytesMax: BUFFER_BYTES_MAX,
      drainMs: DRAIN_MS,
    })
    for (const name of off) this.#filters.engine.setKilled(name, true)
    // Told after the thread was opened, so newer.
    for (const [name, isOn] of this.#switched) this.#filters.engine.setKilled(name, !isOn)
  }
}
