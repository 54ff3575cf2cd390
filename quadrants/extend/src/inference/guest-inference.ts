import { ExtendError } from '../error.ts'
import { HandleTable } from './handle-table.ts'
import type { InferenceLimits } from './inference-limits.ts'
import type { Execution, InferenceRuntime, Model } from './model.ts'
import type { ModelStore } from './model-store.ts'
import { TensorBudget } from './tensor-budget.ts'

export interface GuestInferenceOptions {
  readonly models: ModelStore | undefined
  /** For models that the guest brings. */
  readonly openRuntime: (() => Promise<InferenceRuntime>) | undefined
  readonly limits: InferenceLimits
}

/** What one guest has loaded and opened. */
export class GuestInference implements Disposable {
  readonly graphs: HandleTable<Model>
  readonly contexts: HandleTable<Execution>
  readonly budget: TensorBudget
  readonly #options: GuestInferenceOptions
  /** Its own models; those of a name belong to all. */
  readonly #owned: Model[] = []
  #runtime: InferenceRuntime | undefined
  #isOver = false

  constructor(options: GuestInferenceOptions) {
    const { graphsMax, contextsMax, tensorBytesMax } = options.limits
    this.#options = options
    this.graphs = new HandleTable('graph', graphsMax)
    this.contexts = new HandleTable('context', contextsMax)
    this.budget = new TensorBudget(tensorBytesMax)
  }

  /** @param bytes looks at the guest's memory when it is called. @throws {ExtendError} as `InferenceRuntime.load` */
  async load(bytes: () => Uint8Array): Promise<number> {
    const runtime = await this.#open()
    const model = await runtime.load(bytes())
    if (this.#isOver) {
      model[Symbol.dispose]()
      throw gone()
    }
    this.#owned.push(model)
    return this.graphs.add(model)
  }

  /** @throws {ExtendError} `not-found`, and as `InferenceRuntime.load` */
  async loadByName(name: string): Promise<number> {
    const { models } = this.#options
    if (models === undefined) throw new ExtendError('not-found', `there is no model ${name}`)
    const model = await models.get(name)
    if (this.#isOver) throw gone()
    return this.graphs.add(model)
  }

  openContext(graph: number): number {
    const model = this.graphs.get(graph)
    this.contexts.check()
    if (model.isOver) throw new ExtendError('runtime', 'the model is not there any more')
    return this.contexts.add(model.open(this.budget))
  }

  async #open(): Promise<InferenceRuntime> {
    if (this.#runtime !== undefined && !this.#runtime.isOver) return this.#runtime
    const { openRuntime } = this.#options
    if (openRuntime === undefined)
      throw new ExtendError('unsupported', 'only models with a name may be loaded')
    const runtime = await openRuntime()
    if (this.#isOver) {
      runtime[Symbol.dispose]()
      throw gone()
    }
    this.#runtime = runtime
    return runtime
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    for (const context of this.contexts.clear()) context[Symbol.dispose]()
    this.graphs.clear()
    for (const model of this.#owned.splice(0)) model[Symbol.dispose]()
    this.#runtime?.[Symbol.dispose]()
  }
}

function gone(): ExtendError {
  return new ExtendError('runtime', 'the guest has ended')
}
