import type { PluginSpec } from '../filters/plugin/plugin-spec.ts'
import {
  filterOf,
  openFilterThread,
  passThrough,
  type Exchange,
  type FilterThread,
  type Passed,
} from './filter-thread.ts'

/** One filter between a client and an upstream, without a proxy around it. */
export class FilterHarness implements AsyncDisposable {
  readonly #thread: FilterThread

  private constructor(thread: FilterThread) {
    this.#thread = thread
  }

  /** @throws {Error} with what it logged, where it does not start */
  static async start(bytes: Uint8Array, spec: Partial<PluginSpec> = {}): Promise<FilterHarness> {
    const thread = openFilterThread()
    const refused = await thread.filters.engine.apply([await filterOf(bytes, { name: 'filter', ...spec })])
    if (refused !== undefined) throw new Error([refused.crash.message, ...thread.logged].join('\n'))
    return new FilterHarness(thread)
  }

  /** Of the filter, and why it was over. */
  get logged(): readonly string[] {
    return this.#thread.logged
  }

  /** By their names; of a histogram how often something was recorded. */
  get metrics(): ReadonlyMap<string, number> {
    return new Map(this.#thread.filters.metrics.samples().map(({ name, value }) => [name, value]))
  }

  get counts() {
    const [report] = this.#thread.filters.engine.report()
    if (report === undefined) throw new Error('there is no filter')
    return report.counts
  }

  /** One exchange, each body in two pieces. */
  pass(exchange: Exchange): Passed {
    return passThrough(this.#thread, exchange)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread[Symbol.asyncDispose]()
  }
}
