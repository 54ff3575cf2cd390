import { ExtendError } from '../error.ts'
import type { InferenceRuntime, Model } from './model.ts'

/** Reads the bytes of a model each time that it has to be loaded. */
export type ModelSource = () => Promise<Uint8Array>

/**
 * Models by name, in one runtime for all guests. Each is loaded when it is first asked for; where their runtime breaks
 * down, the next who asks has it opened and the model loaded again.
 */
export class ModelStore implements Disposable {
  readonly #sources: ReadonlyMap<string, ModelSource>
  readonly #openRuntime: () => Promise<InferenceRuntime>
  #runtime: Promise<InferenceRuntime> | undefined
  readonly #models = new Map<string, Promise<Model>>()
  #isOver = false

  constructor(sources: ReadonlyMap<string, ModelSource>, openRuntime: () => Promise<InferenceRuntime>) {
    this.#sources = sources
    this.#openRuntime = openRuntime
  }

  get names(): readonly string[] {
    return [...this.#sources.keys()]
  }

  /** @throws {ExtendError} `not-found`, and as `InferenceRuntime.load` */
  async get(name: string): Promise<Model> {
    const source = this.#sources.get(name)
    if (source === undefined || this.#isOver) throw new ExtendError('not-found', `there is no model ${name}`)
    const known = this.#models.get(name)
    const model = await known
    if (model !== undefined && !model.isOver) return model
    // Others may have asked meanwhile.
    const current = this.#models.get(name)
    if (current !== undefined && current !== known) return await current
    const loading = this.#load(source)
    this.#models.set(name, loading)
    loading.catch(() => this.#models.delete(name))
    return await loading
  }

  async #load(source: ModelSource): Promise<Model> {
    const bytes = await source()
    const runtime = await this.#open()
    return await runtime.load(bytes)
  }

  async #open(): Promise<InferenceRuntime> {
    const known = this.#runtime
    const runtime = await known
    if (runtime !== undefined && !runtime.isOver) return runtime
    if (this.#runtime !== undefined && this.#runtime !== known) return await this.#runtime
    const opening = this.#openRuntime()
    this.#runtime = opening
    opening.catch(() => {
      this.#runtime = undefined
    })
    return await opening
  }

  /** What is being loaded is given back when it is there. */
  [Symbol.dispose](): void {
    this.#isOver = true
    for (const model of this.#models.values())
      model.then(
        (one) => one[Symbol.dispose](),
        () => undefined,
      )
    this.#runtime?.then(
      (runtime) => runtime[Symbol.dispose](),
      () => undefined,
    )
  }
}
