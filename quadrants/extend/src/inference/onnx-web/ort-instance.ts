import { ExtendError, type ExtendErrorCode } from '../../error.ts'
import { openOrtModule } from './open-ort-module.ts'
import type { OrtModule } from './ort-module.ts'

/** Of onnxruntime's levels: nothing but what is fatal, as it writes to the process's own stderr. */
export const LOG_FATAL = 4
const MESSAGE_BYTES_MAX = 1000

/** Of `OrtErrorCode`; whatever else goes wrong is a fault of running it. */
const CODES: ReadonlyMap<number, ExtendErrorCode> = new Map([
  [2, 'argument'],
  [4, 'encoding'],
  [7, 'encoding'],
  [9, 'unsupported'],
  [10, 'encoding'],
])

/** onnxruntime in a WebAssembly instance. After a trap, or an exception that nobody caught in there, it is over. */
export class OrtInstance {
  readonly ort: OrtModule
  #isOver = false

  private constructor(ort: OrtModule) {
    this.ort = ort
  }

  /** @throws {ExtendError} `unsupported` where it does not start */
  static async open(memoryBytesMax: number): Promise<OrtInstance> {
    try {
      const instance = new OrtInstance(await openOrtModule(memoryBytesMax))
      if (instance.ort.PTR_SIZE !== 4) throw new Error('its pointers have not 4 bytes')
      instance.check(instance.ort._OrtInit(1, LOG_FATAL))
      return instance
    } catch (cause) {
      throw new ExtendError('unsupported', `onnxruntime-web does not start: ${(cause as Error).message}`, {
        cause,
      })
    }
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Nothing is called in it any more. */
  end(): void {
    this.#isOver = true
  }

  /** @throws {ExtendError} `runtime` where the instance is over */
  throwIfOver(): void {
    if (this.#isOver) throw new ExtendError('runtime', 'the runtime has ended')
  }

  /** Calls into it. @throws {ExtendError} `runtime` where it is over, or by that */
  call<T>(does: (ort: OrtModule) => T): T {
    this.throwIfOver()
    try {
      return does(this.ort)
    } catch (error) {
      throw this.failed(error)
    }
  }

  /** What a call threw, and what that means for the instance: only what we throw ourselves leaves it whole. */
  failed(error: unknown): ExtendError {
    if (error instanceof ExtendError) return error
    this.#isOver = true
    const what = error instanceof Error ? error.message : 'an exception'
    return new ExtendError('runtime', `onnxruntime broke down: ${what}`, { cause: error })
  }

  /** @throws {ExtendError} `too-large` */
  allocate(bytes: number): number {
    const pointer = this.ort._malloc(Math.max(bytes, 1))
    if (pointer === 0) throw new ExtendError('too-large', `the runtime has no memory for ${bytes} bytes more`)
    return pointer
  }

  /** @throws {ExtendError} with what onnxruntime says, where the answer of a call is the number of an error */
  check(answer: number): void {
    if (answer !== 0) throw this.lastError()
  }

  lastError(): ExtendError {
    const { ort } = this
    const place = this.allocate(8)
    ort._OrtGetLastError(place, place + 4)
    const code = ort.HEAP32[place / 4]!
    const pointer = ort.HEAPU32[place / 4 + 1]!
    const message = pointer === 0 ? '' : ort.UTF8ToString(pointer, MESSAGE_BYTES_MAX)
    ort._free(place)
    if (/bad_alloc|allocate memory/.test(message)) return new ExtendError('too-large', message)
    return new ExtendError(CODES.get(code) ?? 'runtime', message)
  }
}
