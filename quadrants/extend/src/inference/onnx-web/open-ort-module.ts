import { readFile } from 'node:fs/promises'
import { ENGINE } from './engine.ts'
import type { OrtFactory, OrtModule } from './ort-module.ts'

/** Compiling takes 120 ms, and an instance 20: it is compiled once. */
let compiled: Promise<WebAssembly.Module> | undefined
/** The loader leaves one behind, and packages look for it to know where they run. */
const HAS_WORKER = 'Worker' in globalThis

/**
 * A new instance of onnxruntime's WebAssembly build, with a memory of its own.
 *
 * @throws {Error} where the package is not there, or is another than this code knows
 */
export async function openOrtModule(memoryBytesMax: number): Promise<OrtModule> {
  compiled ??= compile()
  const module = await compiled
  const { default: factory } = (await import(
    import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.mjs')
  )) as { default: OrtFactory }
  // The loader waits for ever where instantiating fails.
  const failure = Promise.withResolvers<never>()
  const opened = factory({
    numThreads: 1,
    instantiateWasm(imports, use) {
      instantiate(module, imports, memoryBytesMax).then((instance) => use(instance, module), failure.reject)
    },
  })
  const ort = await Promise.race([opened, failure.promise])
  if (!HAS_WORKER) Reflect.deleteProperty(globalThis, 'Worker')
  return ort
}

async function compile(): Promise<WebAssembly.Module> {
  try {
    const url = import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm')
    return await ENGINE.compile(await readFile(new URL(url)))
  } catch (error) {
    compiled = undefined
    throw error
  }
}

async function instantiate(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports,
  memoryBytesMax: number,
): Promise<WebAssembly.Instance> {
  const memories = Object.values(imports)
    .flatMap((each) => Object.values(each))
    .filter((value) => value instanceof WebAssembly.Memory)
  if (memories.length !== 1) throw new Error(`it has ${memories.length} memories, not one`)
  limitGrowth(memories[0]!, memoryBytesMax)
  return await ENGINE.instantiate(module, imports)
}

/** The loader makes the memory itself, with a maximum of 4 GiB; the module grows it by nothing but this method. */
function limitGrowth(memory: WebAssembly.Memory, bytesMax: number): void {
  Object.defineProperty(memory, 'grow', {
    value: (pages: number) => {
      if (memory.buffer.byteLength + pages * 65_536 > bytesMax) throw new RangeError('it is over its maximum')
      return ENGINE.Memory.prototype.grow.call(memory, pages)
    },
  })
}
