import { ExtendError } from '../../error.ts'
import { ElementType } from '../element-type.ts'
import type { Execution, Model } from '../model.ts'
import { NativeExecution } from './native-execution.ts'
import type { NativeData, NativeOrt, NativeSession, NativeTensor, NativeValue } from './native-ort.ts'
import type { TensorBudget } from '../tensor-budget.ts'
import { RANK_MAX, type TensorSpec } from '../tensor-spec.ts'

type View = new (buffer: ArrayBuffer) => NativeData

/** onnxruntime-node has no bfloat16. */
const TYPES: ReadonlyMap<string, readonly [ElementType, View]> = new Map<
  string,
  readonly [ElementType, View]
>([
  ['float32', [ElementType.FLOAT, Float32Array]],
  ['uint8', [ElementType.UINT8, Uint8Array]],
  ['int8', [ElementType.INT8, Int8Array]],
  ['uint16', [ElementType.UINT16, Uint16Array]],
  ['int16', [ElementType.INT16, Int16Array]],
  ['int32', [ElementType.INT32, Int32Array]],
  ['int64', [ElementType.INT64, BigInt64Array]],
  ['bool', [ElementType.BOOL, Uint8Array]],
  ['float16', [ElementType.FLOAT16, Float16Array]],
  ['float64', [ElementType.DOUBLE, Float64Array]],
  ['uint32', [ElementType.UINT32, Uint32Array]],
  ['uint64', [ElementType.UINT64, BigUint64Array]],
])

/** A session of onnxruntime-node. It runs one computation after the other. */
export class NativeModel implements Model {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  readonly #ort: NativeOrt
  readonly #session: NativeSession
  readonly #computesMax: number
  #computeCount = 0
  #last: Promise<unknown> = Promise.resolve()
  #isOver = false

  /** @throws {ExtendError} `unsupported` for types that wasi-nn has not */
  constructor(ort: NativeOrt, session: NativeSession, computesMax: number) {
    this.#ort = ort
    this.#session = session
    this.#computesMax = computesMax
    this.inputs = session.inputMetadata.map(specOf)
    this.outputs = session.outputMetadata.map(specOf)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  open(budget: TensorBudget): Execution {
    return new NativeExecution(this, budget)
  }

  /** A tensor over the bytes themselves. */
  tensor(index: number, buffer: ArrayBuffer, dimensions: readonly number[]): NativeTensor {
    const type = this.#session.inputMetadata[index]!.type!
    const [, View] = TYPES.get(type)!
    return new this.#ort.Tensor(type, new View(buffer), dimensions)
  }

  /** @throws {ExtendError} `busy`, `runtime` */
  async run(inputs: readonly NativeTensor[]): Promise<readonly NativeTensor[]> {
    if (this.#isOver) throw new ExtendError('runtime', 'the model is not there any more')
    if (this.#computeCount >= this.#computesMax)
      throw new ExtendError('busy', `${this.#computeCount} computations of this model are under way`)
    this.#computeCount++
    const feeds = Object.fromEntries(this.inputs.map(({ name }, index) => [name, inputs[index]!]))
    const result = this.#last.then(() => this.#session.run(feeds))
    this.#last = result.catch(() => undefined)
    try {
      const outputs = await result
      return this.outputs.map(({ name }) => outputs[name]!)
    } catch (error) {
      throw ExtendError.from(error, 'runtime')
    } finally {
      this.#computeCount--
    }
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return
    this.#isOver = true
    void this.#last.then(() => this.#session.release()).catch(() => undefined)
  }
}

function specOf({ name, type = '', shape = [] }: NativeValue): TensorSpec {
  const [element] = TYPES.get(type) ?? []
  if (element === undefined)
    throw new ExtendError('unsupported', `${name} is no tensor, or one of text: wasi-nn has none such`)
  if (shape.length > RANK_MAX) throw new ExtendError('unsupported', `${name} has ${shape.length} dimensions`)
  return {
    name,
    type: element,
    dimensions: shape.map((size) => (typeof size === 'number' && size >= 0 ? size : undefined)),
  }
}
