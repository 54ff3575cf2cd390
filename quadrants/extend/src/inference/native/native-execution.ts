import { ExtendError } from '../../error.ts'
import type { ElementType } from '../element-type.ts'
import type { Execution } from '../model.ts'
import type { NativeModel } from './native-model.ts'
import type { NativeTensor } from './native-ort.ts'
import type { TensorBudget } from '../tensor-budget.ts'
import { checkInput } from '../tensor-spec.ts'

/** Inputs and outputs in memory of JavaScript, which onnxruntime-node reads and writes where it lies. */
export class NativeExecution implements Execution {
  readonly #model: NativeModel
  readonly #budget: TensorBudget
  readonly #inputs: (NativeTensor | undefined)[]
  #outputs: readonly Uint8Array[] | undefined
  #isComputing = false
  #isOver = false

  constructor(model: NativeModel, budget: TensorBudget) {
    this.#model = model
    this.#budget = budget
    this.#inputs = model.inputs.map(() => undefined)
  }

  setInput(index: number, type: ElementType, dimensions: readonly number[], data: Uint8Array): void {
    const spec = this.#model.inputs[index]
    if (spec === undefined) throw new ExtendError('argument', `the model has no input ${index}`)
    if (this.#isComputing) throw new ExtendError('busy', 'it computes')
    checkInput(spec, type, dimensions, data.length)
    this.#budget.take(data.length)
    this.#budget.take(-(this.#inputs[index]?.data.byteLength ?? 0))
    this.#inputs[index] = this.#model.tensor(index, new Uint8Array(data).buffer, dimensions)
  }

  async compute(): Promise<void> {
    if (this.#isComputing) throw new ExtendError('busy', 'it computes')
    const inputs = this.#inputs.map((input, index) => {
      if (input !== undefined) return input
      throw new ExtendError('runtime', `input ${index} (${this.#model.inputs[index]!.name}) is not set`)
    })
    this.#releaseOutputs()
    this.#isComputing = true
    try {
      const outputs = (await this.#model.run(inputs)).map(({ data }) => bytesOf(data))
      if (this.#isOver) return
      this.#budget.take(sizeOf(outputs))
      this.#outputs = outputs
    } finally {
      this.#isComputing = false
    }
  }

  output(index: number): Uint8Array {
    if (this.#model.outputs[index] === undefined)
      throw new ExtendError('argument', `the model has no output ${index}`)
    return this.#outputs?.[index] ?? nothing()
  }

  #releaseOutputs(): void {
    this.#budget.take(-sizeOf(this.#outputs ?? []))
    this.#outputs = undefined
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#releaseOutputs()
    for (const input of this.#inputs) this.#budget.take(-(input?.data.byteLength ?? 0))
    this.#inputs.fill(undefined)
  }
}

function nothing(): never {
  throw new ExtendError('runtime', 'nothing was computed')
}

function bytesOf({ buffer, byteOffset, byteLength }: NativeTensor['data']): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function sizeOf(outputs: readonly Uint8Array[]): number {
  return outputs.reduce((sum, { length }) => sum + length, 0)
}
