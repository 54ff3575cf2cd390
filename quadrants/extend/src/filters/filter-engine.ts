import type { FilterCrash } from '@quadrant/wasm/proxy-wasm'
import type { FilterCounts } from './plugin/filter-counts.ts'
import { FilterPlugin, type FilterPluginOptions, type PluginState } from './plugin/filter-plugin.ts'
import type { PluginSpec } from './plugin/plugin-spec.ts'
import { FilterStream } from './stream/filter-stream.ts'
import type { StreamChain, StreamFilters, StreamSink } from './stream/stream-chain.ts'
import type { StreamInfo } from './stream/stream-info.ts'

/** A filter with its module, as a generation has it. */
export interface FilterToRun {
  readonly spec: PluginSpec
  readonly module: WebAssembly.Module
}

/** Why a generation did not come to serve: the one before it serves on. */
export interface RefusedGeneration {
  readonly filter: string
  readonly crash: FilterCrash
}

export interface FilterEngineOptions {
  /** For a plugin of that name. */
  readonly pluginOptions: (spec: PluginSpec) => Omit<FilterPluginOptions, 'streamProperties'>
  readonly streamProperties: (
    spec: PluginSpec,
    stream: FilterStream,
  ) => ReturnType<FilterPluginOptions['streamProperties']>
  /** Bytes of a body that filters may let lie, in each direction. */
  readonly bufferBytesMax: number
  /** Milliseconds that streams of a generation before may take. */
  readonly drainMs: number
}

/** What is told of a filter on one thread. */
export interface FilterReport {
  readonly name: string
  readonly digest: string
  readonly rootId: string
  readonly state: PluginState
  readonly openStreamCount: number
  readonly memoryBytes: number
  readonly counts: FilterCounts
}

/**
 * The filters of one thread. A generation of them is made beside the one that serves, and takes its place at once for
 * streams that begin then; those that have begun end with the filters that they began with. Filters that stay the same are
 * taken over as they are.
 */
export class FilterEngine implements StreamFilters {
  readonly #options: FilterEngineOptions
  #plugins: readonly FilterPlugin[] = []
  readonly #draining = new Set<FilterPlugin>()

  constructor(options: FilterEngineOptions) {
    this.#options = options
  }

  /**
   * Has these serve, in this order.
   *
   * @returns undefined where they do, else which of them did not start
   * @throws {WasmError} `link` for a module that is no filter
   */
  async apply(filters: readonly FilterToRun[]): Promise<RefusedGeneration | undefined> {
    const kept = new Map(this.#plugins.map((plugin) => [keyOf(plugin.spec), plugin]))
    const made: FilterPlugin[] = []
    const next: FilterPlugin[] = []
    try {
      for (const { spec, module } of filters) {
        const known = kept.get(keyOf(spec))
        kept.delete(keyOf(spec))
        const plugin = known ?? (await this.#open(spec, module))
        if (!(plugin instanceof FilterPlugin)) {
          await this.#drain(made)
          return { filter: spec.name, crash: plugin }
        }
        if (known === undefined) made.push(plugin)
        next.push(plugin)
      }
    } catch (error) {
      await this.#drain(made)
      throw error
    }
    this.#plugins = next
    void this.#drain([...kept.values()])
    return undefined
  }

  /** Off at once, or on again. False where no filter has that name. */
  setKilled(name: string, isKilled: boolean): boolean {
    const plugins = this.#plugins.filter(({ spec }) => spec.name === name)
    for (const plugin of plugins) plugin.setKilled(isKilled)
    return plugins.length > 0
  }

  open(sink: StreamSink, info: StreamInfo): StreamChain | undefined {
    if (this.#plugins.length === 0) return undefined
    const stream = new FilterStream(this.#plugins, sink, info, this.#options)
    return stream.isFiltered ? stream : undefined
  }

  /** Of the filters that serve, in their order. */
  report(): readonly FilterReport[] {
    return this.#plugins.map((plugin) => ({
      name: plugin.spec.name,
      digest: plugin.spec.digest,
      rootId: plugin.spec.rootId,
      state: plugin.state,
      openStreamCount: plugin.openStreamCount,
      memoryBytes: plugin.memoryBytes,
      counts: plugin.counts(),
    }))
  }

  /** Filters of generations before, which still have streams. */
  get drainingCount(): number {
    return this.#draining.size
  }

  async close(): Promise<void> {
    const plugins = this.#plugins
    this.#plugins = []
    await this.#drain(plugins)
  }

  async #open(spec: PluginSpec, module: WebAssembly.Module): Promise<FilterPlugin | FilterCrash> {
    return await FilterPlugin.open(module, spec, {
      ...this.#options.pluginOptions(spec),
      streamProperties: (stream) => this.#options.streamProperties(spec, stream),
    })
  }

  async #drain(plugins: readonly FilterPlugin[]): Promise<void> {
    await Promise.all(
      plugins.map(async (plugin) => {
        this.#draining.add(plugin)
        await plugin.drain(this.#options.drainMs)
        this.#draining.delete(plugin)
      }),
    )
  }
}

/** The same for filters that are the same in all respects. */
function keyOf(spec: PluginSpec): string {
  return JSON.stringify(spec, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  )
}
