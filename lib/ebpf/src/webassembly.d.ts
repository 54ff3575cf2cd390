/**
 * What this package uses of the WebAssembly JavaScript Interface (https://www.w3.org/TR/wasm-js-api/): TypeScript
 * declares it with the browser's types only, and Node has no part in those.
 */
declare namespace WebAssembly {
  interface MemoryDescriptor {
    readonly initial: number
    readonly maximum?: number
    readonly shared?: boolean
  }

  class Memory {
    constructor(descriptor: MemoryDescriptor)
    readonly buffer: ArrayBuffer | SharedArrayBuffer
  }

  class Module {
    constructor(bytes: Uint8Array)
  }

  type Imports = Record<string, Record<string, Memory | ((...args: number[]) => number | void)>>

  class Instance {
    constructor(module: Module, imports?: Imports)
    readonly exports: Readonly<Record<string, unknown>>
  }

  function validate(bytes: Uint8Array): boolean
}
