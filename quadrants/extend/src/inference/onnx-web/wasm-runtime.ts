import { ExtendError } from '../../error.ts'
import type { InferenceRuntime, Model } from '../model.ts'
import { OrtInstance } from './ort-instance.ts'
import { OrtModel } from './ort-model.ts'

/** Above it pointers would come with a sign. */
const MEMORY_BYTES_MAX = 2 ** 31
const MEMORY_BYTES_MIN = 16 << 20

export interface WasmRuntimeOptions {
  /** Bytes of memory for models, tensors and computing: 1 GiB, if it is not given; 16 MiB to 2 GiB. */
  readonly memoryBytesMax?: number
}

/**
 * onnxruntime on the CPU, in a WebAssembly instance of its own: whatever a model does, it reaches nothing else. It
 * computes on the thread that calls it.
 *
 * @throws {ExtendError} `unsupported` where onnxruntime-web does not start, `argument` for an option
 */
export async function openWasmRuntime(options: WasmRuntimeOptions = {}): Promise<InferenceRuntime> {
  const { memoryBytesMax = 2 ** 30 } = options
  if (!(memoryBytesMax >= MEMORY_BYTES_MIN && memoryBytesMax <= MEMORY_BYTES_MAX))
    throw new ExtendError('argument', `a runtime cannot have ${memoryBytesMax} bytes of memory`)
  const instance = await OrtInstance.open(memoryBytesMax)
  return {
    get isOver() {
      return instance.isOver
    },
    get memoryBytes() {
      return instance.ort.HEAPU8.byteLength
    },
    load: async (bytes): Promise<Model> => instance.call(() => new OrtModel(instance, bytes)),
    [Symbol.dispose]: () => instance.end(),
  }
}
