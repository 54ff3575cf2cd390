/** A global of type i64 that can change. */
export interface Global64 {
  value: bigint
}

/** A table of functions. */
export interface FunctionTable {
  set(index: number, exported: unknown): void
}

/** What of the engine's WebAssembly is used here: the types that come with Node have only a part of it. */
interface Engine {
  readonly Module: {
    imports(module: WebAssembly.Module): readonly { module: string; name: string; kind: string }[]
    exports(module: WebAssembly.Module): readonly { name: string; kind: string }[]
  }
  compile(bytes: Uint8Array): Promise<WebAssembly.Module>
  validate(bytes: Uint8Array): boolean
  instantiate(
    module: WebAssembly.Module,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ): Promise<WebAssembly.Instance>
  readonly Global: abstract new () => Global64
  readonly Table: abstract new () => FunctionTable
  /** JSPI: a function whose promise suspends the guest that called it. */
  readonly Suspending: new (call: (...args: never[]) => unknown) => object
  /** JSPI: an export that can be suspended. */
  promising(exported: unknown): () => Promise<void>
}

export const ENGINE = WebAssembly as unknown as Engine
