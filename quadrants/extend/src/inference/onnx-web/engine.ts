/** What of the engine's WebAssembly is used here: the types that come with Node have only a part of it. */
interface Engine {
  readonly Memory: { readonly prototype: { grow(this: WebAssembly.Memory, pages: number): number } }
  compile(bytes: Uint8Array): Promise<WebAssembly.Module>
  instantiate(module: WebAssembly.Module, imports: WebAssembly.Imports): Promise<WebAssembly.Instance>
}

export const ENGINE = WebAssembly as unknown as Engine
