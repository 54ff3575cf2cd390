import type { FilterCrash, Properties } from '@quadrant/wasm/proxy-wasm'
import type { FilterCounts } from './plugin/filter-counts.ts'
import { FilterPlugin, type FilterPluginOptions, type PluginState } from './plugin/filter-plugin.ts'
import type { FailurePolicy, PluginSpec } from './plugin/plugin-spec.ts'
import type { ConnectionFilters } from './stream/connection-chain.ts'
import { FilterConnection, type ConnectionFilter } from './stream/filter-connection.ts'
import { FilterStream, type StreamFilter } from './stream/filter-stream.ts'
import type { FilterSubject } from './stream/filter-subject.ts'
import type { StreamFilters } from './stream/stream-chain.ts'

/** A filter with its module. */
export interface FilterToRun {
  readonly spec: PluginSpec
  readonly module: WebAssembly.Module
}

/** Why filters did not come to serve: those before them serve on. */
export interface RefusedFilter {
  readonly filter: string
  readonly crash: FilterCrash
}

/** Filters that are ready: one of both is to be called. */
export interface StagedFilters {
  /** They serve from now on. */
  readonly commit: () => void
  readonly discard: () => void
}

export interface FilterEngineOptions {
  /** For one plugin: what it holds it lets go when that is closed. */
  readonly pluginOptions: (spec: PluginSpec) => Omit<FilterPluginOptions, 'streamProperties'>
  readonly streamProperties: (spec: PluginSpec, stream: FilterSubject, root: Properties) => Properties
  /** Bytes of a body that filters may let lie, in each direction. */
  readonly bufferBytesMax: number
  /** Milliseconds that streams may take whose filter was replaced. */
  readonly drainMs: number
}

/** What becomes of streams where a filter of that name is not there at all. */
type MissingPolicy = (name: string) => FailurePolicy

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
 * The filters of one thread, by their names. Another of the same name is made beside the one that serves, and takes its
 * place at once for streams that begin then; those that have begun end with the filters that they began with.
 */
export class FilterEngine {
  readonly #options: FilterEngineOptions
  readonly #serving = new Map<string, FilterPlugin>()
  /** Those that are off, of whatever version. */
  readonly #killed = new Set<string>()
  readonly #draining = new Set<FilterPlugin>()
  /** Changes with each change of what serves. */
  #generation = 0

  constructor(options: FilterEngineOptions) {
    this.#options = options
  }

  /**
   * One that is ready to serve, and has no streams yet.
   *
   * @returns why not, where it does not start
   * @throws {WasmError} `link` for a module that is no filter
   */
  async prepare({ spec, module }: FilterToRun): Promise<FilterPlugin | FilterCrash> {
    return await FilterPlugin.open(module, spec, {
      ...this.#options.pluginOptions(spec),
      streamProperties: (stream, root) => this.#options.streamProperties(spec, stream, root),
    })
  }

  /** Has it serve from now on; what served under its name is returned, to be drained. */
  swap(plugin: FilterPlugin): FilterPlugin | undefined {
    const { name } = plugin.spec
    const before = this.#serving.get(name)
    plugin.setKilled(this.#killed.has(name))
    this.#serving.set(name, plugin)
    this.#generation++
    return before
  }

  async drain(plugin: FilterPlugin): Promise<void> {
    this.#draining.add(plugin)
    await plugin.drain(this.#options.drainMs)
    this.#draining.delete(plugin)
  }

  /**
   * Gets these ready to serve, and no others. What is the same in all respects stays as it is.
   *
   * @returns which of them did not start, or what is ready
   * @throws {WasmError} `link` for a module that is no filter
   */
  async stage(filters: readonly FilterToRun[]): Promise<StagedFilters | RefusedFilter> {
    const made: FilterPlugin[] = []
    const discard = (): void => {
      for (const each of made) void this.drain(each)
    }
    try {
      for (const filter of filters) {
        const serving = this.#serving.get(filter.spec.name)
        if (serving !== undefined && isSame(serving.spec, filter.spec)) continue
        const plugin = await this.prepare(filter)
        if (!(plugin instanceof FilterPlugin)) {
          discard()
          return { filter: filter.spec.name, crash: plugin }
        }
        made.push(plugin)
      }
    } catch (error) {
      discard()
      throw error
    }
    return { commit: () => this.#commit(new Set(filters.map(({ spec }) => spec.name)), made), discard }
  }

  /** Has these serve at once, and no others. @returns undefined where they do, else which of them did not start */
  async apply(filters: readonly FilterToRun[]): Promise<RefusedFilter | undefined> {
    const staged = await this.stage(filters)
    if ('crash' in staged) return staged
    staged.commit()
    return undefined
  }

  /** Off at once, or on again, also for versions that come later. */
  setKilled(name: string, isKilled: boolean): void {
    if (isKilled) this.#killed.add(name)
    else this.#killed.delete(name)
    this.#serving.get(name)?.setKilled(isKilled)
  }

  /**
   * Those filters in that order, of whichever version serves when a stream begins.
   *
   * @param missing what becomes of a stream where one of them is not there at all
   */
  chain(names: readonly string[], missing: MissingPolicy = () => 'closed'): StreamFilters {
    const filtersOf = this.#filters(names, missing)
    return {
      open: (sink, info) => {
        const filters = filtersOf()
        if (filters.length === 0) return undefined
        const stream = new FilterStream(filters, sink, info, this.#options)
        return stream.isFiltered ? stream : undefined
      },
    }
  }

  /** The same for connections of bytes. */
  connections(names: readonly string[], missing: MissingPolicy = () => 'closed'): ConnectionFilters {
    const filtersOf = this.#filters(names, missing)
    return {
      open: (sink, info) => {
        const filters = filtersOf()
        if (filters.length === 0) return undefined
        const connection = new FilterConnection(filters, sink, info, this.#options)
        return connection.isFiltered ? connection : undefined
      },
    }
  }

  report(): readonly FilterReport[] {
    return [...this.#serving.values()].map((plugin) => ({
      name: plugin.spec.name,
      digest: plugin.spec.digest,
      rootId: plugin.spec.rootId,
      state: plugin.state,
      openStreamCount: plugin.openStreamCount,
      memoryBytes: plugin.memoryBytes,
      counts: plugin.counts(),
    }))
  }

  /** Filters that were replaced and still have streams. */
  get drainingCount(): number {
    return this.#draining.size
  }

  async close(): Promise<void> {
    const plugins = [...this.#serving.values()]
    this.#serving.clear()
    this.#generation++
    await Promise.all(plugins.map((plugin) => this.drain(plugin)))
  }

  /** Those that serve now, found anew only where that has changed. */
  #filters(
    names: readonly string[],
    missing: MissingPolicy,
  ): () => readonly (StreamFilter & ConnectionFilter)[] {
    let generation = -1
    let filters: readonly (StreamFilter & ConnectionFilter)[] = []
    return () => {
      if (generation !== this.#generation) {
        generation = this.#generation
        filters = names.map((name) => this.#serving.get(name) ?? absent(missing(name)))
      }
      return filters
    }
  }

  #commit(names: ReadonlySet<string>, made: readonly FilterPlugin[]): void {
    for (const name of this.#serving.keys()) if (!names.has(name)) this.#remove(name)
    for (const plugin of made) {
      const before = this.swap(plugin)
      if (before !== undefined) void this.drain(before)
    }
  }

  #remove(name: string): void {
    const plugin = this.#serving.get(name)
    if (plugin === undefined) return
    this.#serving.delete(name)
    this.#generation++
    void this.drain(plugin)
  }
}

/** In place of a filter that was never there. */
function absent(policy: FailurePolicy): StreamFilter & ConnectionFilter {
  const open = () => (policy === 'open' ? undefined : false)
  return {
    openContext: open,
    openConnection: open,
    properties: () => {
      throw new Error('what is absent has no streams')
    },
  }
}

function isSame(one: PluginSpec, other: PluginSpec): boolean {
  return textOf(one) === textOf(other)
}

function textOf(spec: PluginSpec): string {
  return JSON.stringify(spec, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  )
}
