import type { FilterUse } from '@quadrant/proto'
import { ExtendError } from '../../error.ts'
import type { FilterSink, PrepareOptions } from '../../delivery/filter-sink.ts'
import type { FilterToRun } from '../../filters/filter-engine.ts'
import { fileDigest, ModuleRegistry } from '../../filters/module-registry.ts'
import type { PluginSpec } from '../../filters/plugin/plugin-spec.ts'
import { deliveredName } from '../config/delivery-problems.ts'
import type { FilterSpec } from '../config/filter-spec.ts'
import type { GatewaySpec } from '../config/gateway-spec.ts'
import type { GatewayFleet } from '../workers/gateway-fleet.ts'
import { summarizeFilters, type FiltersSummary } from './filter-summary.ts'
import { filterUseOf } from './filter-use.ts'
import { filterLimitsOf, pluginSpecOf } from './plugin-spec-of.ts'

/** Threads, as far as filters are concerned. */
export type FilterFleet = Pick<GatewayFleet, 'reload' | 'filters' | 'setFilters' | 'switchFilter'>

/** A filter that all threads have ready. */
export interface PreparedFilter {
  readonly ticket: number
  readonly filter: FilterToRun
}

/**
 * The filters of a gateway on all of its threads: those that its file names, whose modules are compiled once, and those
 * that are delivered to it, which stay through changes of the file.
 */
export class FleetFilters implements FilterSink<PreparedFilter> {
  readonly #fleet: FilterFleet
  readonly #readFile: (path: string) => Promise<Uint8Array>
  readonly #registry = new ModuleRegistry()
  /** Of files, as the newest configuration has them. */
  #fromFiles: readonly FilterToRun[] = []
  readonly #delivered = new Map<string, PreparedFilter>()
  #lastTicket = 0
  #spec: GatewaySpec | undefined
  /** What is under way, and brings all threads those filters that there were when it began. */
  #reloading: Promise<unknown> | undefined

  constructor(fleet: FilterFleet, readFile: (path: string) => Promise<Uint8Array>) {
    this.#fleet = fleet
    this.#readFile = readFile
  }

  /**
   * All threads go by this configuration.
   * @throws {ExtendError} where a module is not there, is no filter or does not start, and as `GatewayFleet.reload`; then
   *   all is as it was
   */
  async reload(spec: GatewaySpec): Promise<void> {
    const files: FilterToRun[] = []
    try {
      for (const filter of spec.filters) {
        const loaded = await this.#load(filter)
        if (loaded !== undefined) files.push(loaded)
      }
      const names = new Set(spec.filters.map(({ name }) => name))
      const delivered = [...this.#delivered.values()].map(({ filter }) => filter)
      this.#reloading = this.#fleet.reload(spec, [
        ...files,
        ...delivered.filter((filter) => names.has(filter.spec.name)),
      ])
      await this.#reloading
    } catch (error) {
      this.#release(files)
      throw error
    } finally {
      this.#reloading = undefined
    }
    this.#release(this.#fromFiles)
    this.#fromFiles = files
    this.#spec = spec
  }

  /** @param delivered as it is called where it comes from; the filter of the file that wants it has a name of its own */
  async prepare(delivered: PluginSpec, bytes: Uint8Array, options: PrepareOptions): Promise<PreparedFilter> {
    const spec = { ...delivered, name: this.#nameOf(delivered.name) }
    const { digest, module } = await this.#registry.acquire(bytes, spec.limits, spec.digest)
    options.onCompiled()
    const ticket = ++this.#lastTicket
    const filter: FilterToRun = { spec, module }
    const answers = await this.#fleet.filters({ kind: 'prepare', ticket, filter })
    const refusal = answers.find((answer) => answer.kind === 'refused')
    if (refusal === undefined && answers.length > 0 && !options.signal.aborted) return { ticket, filter }
    await this.#fleet.filters({ kind: 'discard', ticket })
    this.#registry.release(digest, spec.limits)
    throw new ExtendError('runtime', refusal?.message ?? 'nobody waits for it any more')
  }

  swap(name: string, prepared: PreparedFilter): PreparedFilter | undefined {
    const before = this.#delivered.get(name)
    this.#delivered.set(name, prepared)
    // Threads that are still told what there was before would go back to that.
    if (this.#reloading === undefined) void this.#serve(name, prepared)
    else {
      const serve = () => this.#serve(name, prepared)
      void this.#reloading.then(serve, serve)
    }
    return before
  }

  async #serve(name: string, prepared: PreparedFilter): Promise<void> {
    if (this.#delivered.get(name) !== prepared) return
    this.#fleet.setFilters([...this.#fromFiles, ...[...this.#delivered.values()].map(({ filter }) => filter)])
    const { ticket, filter } = prepared
    const answers = await this.#fleet.filters({ kind: 'swap', ticket })
    if (answers.every(({ kind }) => kind === 'done')) return
    // A thread that has begun since knows nothing of it.
    await this.#fleet.filters({ kind: 'prepare', ticket, filter })
    await this.#fleet.filters({ kind: 'swap', ticket })
  }

  /** Threads let go of it by themselves, when its streams are over; its module is forgotten here. */
  async drain({ ticket, filter }: PreparedFilter): Promise<void> {
    await this.#fleet.filters({ kind: 'discard', ticket })
    this.#release([filter])
  }

  switch(name: string, isOn: boolean): void {
    this.#fleet.switchFilter(this.#nameOf(name), isOn)
  }

  async summary(): Promise<FiltersSummary> {
    const answers = await this.#fleet.filters({ kind: 'report' })
    return summarizeFilters(answers.flatMap((answer) => (answer.kind === 'report' ? [answer.report] : [])))
  }

  /** What all of them count. One of a file whose name is that of another that is delivered is left out: it is told once. */
  async uses(): Promise<readonly FilterUse[]> {
    const { filters } = await this.summary()
    const delivered = new Map([...this.#delivered.keys()].map((name) => [this.#nameOf(name), name]))
    return filters
      .filter(({ name }) => delivered.has(name) || !this.#delivered.has(name))
      .map((summary) => filterUseOf(summary, delivered.get(summary.name)))
  }

  #nameOf(delivered: string): string {
    const wanted = this.#spec?.filters.find((filter) => deliveredName(filter) === delivered)
    return wanted?.name ?? delivered
  }

  /** Undefined where it does not come from a file. */
  async #load(filter: FilterSpec): Promise<FilterToRun | undefined> {
    if (filter.module.kind !== 'file') return undefined
    const { path } = filter.module
    try {
      const bytes = await this.#readFile(path)
      const limits = filterLimitsOf(filter)
      const { module } = await this.#registry.acquire(bytes, limits)
      return { spec: pluginSpecOf(filter, fileDigest(bytes)), module }
    } catch (cause) {
      const { message } = ExtendError.from(cause, 'runtime')
      throw new ExtendError('runtime', `filter ${filter.name}: ${path}: ${message}`, { cause })
    }
  }

  #release(filters: readonly FilterToRun[]): void {
    for (const { spec } of filters) this.#registry.release(spec.digest, spec.limits)
  }
}
