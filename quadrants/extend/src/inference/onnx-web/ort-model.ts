import { ExtendError } from '../../error.ts'
import { elementBytes, type ElementType } from '../element-type.ts'
import type { Execution, Model } from '../model.ts'
import type { TensorBudget } from '../tensor-budget.ts'
import { RANK_MAX, type TensorSpec } from '../tensor-spec.ts'
import { OrtExecution } from './ort-execution.ts'
import { LOG_FATAL, type OrtInstance } from './ort-instance.ts'

const NAME_BYTES_MAX = 256
/** Inputs and outputs of a model. */
const TENSORS_MAX = 256
const ALL_OPTIMIZATIONS = 99

/** A session of onnxruntime's WebAssembly build. */
export class OrtModel implements Model {
  readonly instance: OrtInstance
  readonly session: number
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  /** Names in its memory, inputs before outputs. */
  readonly names: readonly number[]
  #isDisposed = false

  /** @throws {ExtendError} as `InferenceRuntime.load` */
  constructor(instance: OrtInstance, bytes: Uint8Array) {
    this.instance = instance
    this.session = createSession(instance, bytes)
    const names: number[] = []
    this.names = names
    try {
      const [inputs, outputs] = counts(instance, this.session)
      if (inputs + outputs > TENSORS_MAX)
        throw new ExtendError('unsupported', `the model has ${inputs} inputs and ${outputs} outputs`)
      const specs = Array.from({ length: inputs + outputs }, (_, index) => this.#describe(index, names))
      this.inputs = specs.slice(0, inputs)
      this.outputs = specs.slice(inputs)
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  get isOver(): boolean {
    return this.#isDisposed || this.instance.isOver
  }

  open(budget: TensorBudget): Execution {
    return this.instance.call(() => new OrtExecution(this, budget))
  }

  #describe(index: number, names: number[]): TensorSpec {
    const { instance, session } = this
    const { ort } = instance
    const place = instance.allocate(8)
    try {
      instance.check(ort._OrtGetInputOutputMetadata(session, index, place, place + 4))
      const name = ort.HEAPU32[place / 4]!
      const metadata = ort.HEAPU32[place / 4 + 1]!
      names.push(name)
      try {
        return readSpec(instance, name, metadata)
      } finally {
        ort._OrtFree(metadata)
      }
    } finally {
      ort._free(place)
    }
  }

  [Symbol.dispose](): void {
    if (this.isOver) return
    this.#isDisposed = true
    this.instance.call((ort) => {
      for (const name of this.names) ort._OrtFree(name)
      ort._OrtReleaseSession(this.session)
    })
  }
}

/**
 * ```
 * u32 element type, 0: no tensor │ u32 rank │ rank × name of a dimension, or 0 │ rank × its size
 * ```
 */
function readSpec({ ort }: OrtInstance, namePointer: number, metadata: number): TensorSpec {
  const name = ort.UTF8ToString(namePointer, NAME_BYTES_MAX)
  const at = metadata / 4
  const type = ort.HEAPU32[at]!
  const rank = ort.HEAPU32[at + 1]!
  if (elementBytes(type) === undefined)
    throw new ExtendError('unsupported', `${name} is no tensor, or one of text: wasi-nn has none such`)
  if (rank > RANK_MAX) throw new ExtendError('unsupported', `${name} has ${rank} dimensions`)
  const dimensions = Array.from({ length: rank }, (_, index) => {
    const size = ort.HEAP32[at + 2 + rank + index]!
    return ort.HEAPU32[at + 2 + index] !== 0 || size < 0 ? undefined : size
  })
  return { name, type: type as ElementType, dimensions }
}

function createSession(instance: OrtInstance, bytes: Uint8Array): number {
  const { ort } = instance
  // Each that is allocated, in turn, is freed again.
  using allocated = new DisposableStack()
  const place = (size: number) =>
    allocated.adopt(instance.allocate(size), (pointer) => instance.isOver || ort._free(pointer))
  const text = (value: string) => {
    const pointer = place(value.length + 1)
    ort.stringToUTF8(value, pointer, value.length + 1)
    return pointer
  }
  const data = place(bytes.length)
  ort.HEAPU8.set(bytes, data)
  const options = ort._OrtCreateSessionOptions(
    ALL_OPTIMIZATIONS,
    false,
    false,
    0,
    false,
    0,
    0,
    LOG_FATAL,
    0,
    0,
  )
  if (options === 0) throw instance.lastError()
  allocated.defer(() => instance.isOver || ort._OrtReleaseSessionOptions(options))
  // Otherwise the bytes themselves would choose, and onnxruntime's own format is not checked as it is read.
  instance.check(ort._OrtAddSessionConfigEntry(options, text('session.load_model_format'), text('ONNX')))
  const session = ort._OrtCreateSession(data, bytes.length, options)
  if (session === 0) throw asLoading(instance.lastError())
  return session
}

/** What is wrong with the arguments of loading is wrong with the model. */
function asLoading(error: ExtendError): ExtendError {
  return error.code === 'argument' || error.code === 'runtime'
    ? new ExtendError('encoding', error.message)
    : error
}

function counts(instance: OrtInstance, session: number): readonly [inputs: number, outputs: number] {
  const { ort } = instance
  const place = instance.allocate(8)
  try {
    instance.check(ort._OrtGetInputOutputCount(session, place, place + 4))
    return [ort.HEAPU32[place / 4]!, ort.HEAPU32[place / 4 + 1]!]
  } finally {
    ort._free(place)
  }
}
