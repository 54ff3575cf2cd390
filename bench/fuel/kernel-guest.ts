/** Functions of a module that imports nothing. */
export class KernelGuest {
  readonly #exports: Readonly<Record<string, unknown>>

  private constructor(exports: Readonly<Record<string, unknown>>) {
    this.#exports = exports
  }

  static start(module: WebAssembly.Module): KernelGuest {
    const { exports } = new WebAssembly.Instance(module)
    const fuel = exports['quadrant.fuel'] as { value: bigint } | undefined
    if (fuel !== undefined) fuel.value = 2n ** 62n
    return new KernelGuest(exports)
  }

  measure(task: string, count: number): Promise<number> {
    const kernel = this.#exports[task] as (rounds: number) => number
    const began = performance.now()
    kernel(count)
    return Promise.resolve((performance.now() - began) * 1e6)
  }
}
