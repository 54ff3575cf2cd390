import { ExtendError } from '../../error.ts'
import { elementBytes, type ElementType } from '../element-type.ts'
import type { Execution } from '../model.ts'
import type { TensorBudget } from '../tensor-budget.ts'
import { checkInput, RANK_MAX } from '../tensor-spec.ts'
import { LOG_FATAL } from './ort-instance.ts'
import type { OrtModel } from './ort-model.ts'

const CPU = 1

interface Input {
  readonly tensor: number
  readonly data: number
  readonly type: ElementType
  readonly dimensions: readonly number[]
  readonly bytes: number
}

interface Output {
  readonly data: number
  readonly bytes: number
}

/**
 * Inputs lie in onnxruntime's own memory and are used again while their shape stays, so that a computation is one call
 * of WebAssembly between a copy in and a copy out.
 *
 * ```
 * names of inputs │ inputs │ names of outputs │ outputs │ type, data, dimensions, rank │ dimensions
 * ```
 */
export class OrtExecution implements Execution {
  readonly #model: OrtModel
  readonly #budget: TensorBudget
  readonly #inputs: (Input | undefined)[]
  readonly #options: number
  /** In words of 4 bytes. */
  readonly #inputAt: number
  readonly #outputNameAt: number
  readonly #outputAt: number
  readonly #dataAt: number
  readonly #dimensionsAt: number
  #place: number
  #outputs: readonly Output[] | undefined
  #outputBytes = 0
  /** Of the budget. */
  #held = 0

  constructor(model: OrtModel, budget: TensorBudget) {
    const { instance, inputs, outputs, names } = model
    const { ort } = instance
    this.#model = model
    this.#budget = budget
    this.#inputs = inputs.map(() => undefined)
    this.#place = instance.allocate(4 * (2 * names.length + 4 + RANK_MAX))
    const at = this.#place / 4
    this.#inputAt = at + inputs.length
    this.#outputNameAt = this.#inputAt + inputs.length
    this.#outputAt = this.#outputNameAt + outputs.length
    this.#dataAt = this.#outputAt + outputs.length
    this.#dimensionsAt = this.#dataAt + 4
    ort.HEAPU32.fill(0, at, this.#dimensionsAt)
    ort.HEAPU32.set(names.slice(0, inputs.length), at)
    ort.HEAPU32.set(names.slice(inputs.length), this.#outputNameAt)
    this.#options = ort._OrtCreateRunOptions(LOG_FATAL, 0, false, 0)
  }

  setInput(index: number, type: ElementType, dimensions: readonly number[], data: Uint8Array): void {
    const { inputs, instance } = this.#model
    const spec = inputs[index]
    if (spec === undefined) throw new ExtendError('argument', `the model has no input ${index}`)
    this.#throwIfOver()
    let input = this.#inputs[index]
    if (input === undefined || !isAlike(input, type, dimensions, data.length)) {
      checkInput(spec, type, dimensions, data.length)
      input = instance.call(() => this.#replace(index, { type, dimensions, bytes: data.length }))
    }
    instance.ort.HEAPU8.set(data, input.data)
  }

  #replace(index: number, wanted: Pick<Input, 'type' | 'dimensions' | 'bytes'>): Input {
    const { instance, inputs } = this.#model
    const { ort } = instance
    const { dimensions, bytes } = wanted
    const old = this.#inputs[index]
    if (old !== undefined) {
      this.#inputs[index] = undefined
      this.#release(old)
    }
    this.#take(bytes)
    let data = 0
    try {
      data = instance.allocate(bytes)
      ort.HEAPU32.set(dimensions, this.#dimensionsAt)
      const tensor = ort._OrtCreateTensor(
        inputs[index]!.type,
        data,
        bytes,
        this.#dimensionsAt * 4,
        dimensions.length,
        CPU,
      )
      if (tensor === 0) throw instance.lastError()
      const input = { ...wanted, tensor, data }
      this.#inputs[index] = input
      ort.HEAPU32[this.#inputAt + index] = tensor
      return input
    } catch (error) {
      this.#take(-bytes)
      if (data !== 0) ort._free(data)
      throw error
    }
  }

  compute(): void {
    const { instance, session, inputs, outputs } = this.#model
    const { ort } = instance
    this.#throwIfOver()
    for (let index = 0; index < inputs.length; index++)
      if (this.#inputs[index] === undefined)
        throw new ExtendError('runtime', `input ${index} (${inputs[index]!.name}) is not set`)
    try {
      this.#releaseOutputs()
      instance.check(
        ort._OrtRun(
          session,
          this.#place,
          this.#inputAt * 4,
          inputs.length,
          this.#outputNameAt * 4,
          outputs.length,
          this.#outputAt * 4,
          this.#options,
        ),
      )
      this.#readOutputs()
    } catch (error) {
      const failure = instance.failed(error)
      if (!instance.isOver) instance.call(() => this.#releaseOutputs())
      throw failure
    }
  }

  #readOutputs(): void {
    const { instance, outputs } = this.#model
    const { ort } = instance
    const found: Output[] = []
    let sum = 0
    for (let index = 0; index < outputs.length; index++) {
      const tensor = ort.HEAPU32[this.#outputAt + index]!
      const at = this.#dataAt * 4
      instance.check(ort._OrtGetTensorData(tensor, at, at + 4, at + 8, at + 12))
      const heap = ort.HEAPU32
      let bytes = elementBytes(heap[this.#dataAt]!) ?? 0
      const dimensions = heap[this.#dataAt + 2]!
      const rank = heap[this.#dataAt + 3]!
      for (let place = 0; place < rank; place++) bytes *= heap[dimensions / 4 + place]!
      found.push({ data: heap[this.#dataAt + 1]!, bytes })
      sum += bytes
      ort._OrtFree(dimensions)
    }
    this.#take(sum)
    this.#outputBytes = sum
    this.#outputs = found
  }

  output(index: number): Uint8Array {
    const { outputs, instance } = this.#model
    if (outputs[index] === undefined) throw new ExtendError('argument', `the model has no output ${index}`)
    this.#throwIfOver()
    const output = this.#outputs?.[index]
    if (output === undefined) throw new ExtendError('runtime', 'nothing was computed')
    return instance.ort.HEAPU8.subarray(output.data, output.data + output.bytes)
  }

  #throwIfOver(): void {
    if (this.#place === 0 || this.#model.isOver)
      throw new ExtendError('runtime', 'the model is not there any more')
  }

  #take(bytes: number): void {
    this.#budget.take(bytes)
    this.#held += bytes
  }

  #release({ tensor, data, bytes }: Input): void {
    const { ort } = this.#model.instance
    ort._OrtReleaseTensor(tensor)
    ort._free(data)
    this.#take(-bytes)
  }

  /** Also those of a computation that was not finished. */
  #releaseOutputs(): void {
    const { ort } = this.#model.instance
    for (let at = this.#outputAt; at < this.#dataAt; at++) {
      const tensor = ort.HEAPU32[at]!
      if (tensor !== 0) ort._OrtReleaseTensor(tensor)
      ort.HEAPU32[at] = 0
    }
    this.#outputs = undefined
    this.#take(-this.#outputBytes)
    this.#outputBytes = 0
  }

  [Symbol.dispose](): void {
    const { instance } = this.#model
    if (this.#place === 0) return
    const place = this.#place
    this.#place = 0
    if (instance.isOver) return this.#budget.take(-this.#held)
    instance.call((ort) => {
      this.#releaseOutputs()
      for (const input of this.#inputs) if (input !== undefined) this.#release(input)
      ort._OrtReleaseRunOptions(this.#options)
      ort._free(place)
    })
  }
}

function isAlike(input: Input, type: ElementType, dimensions: readonly number[], bytes: number): boolean {
  if (input.type !== type || input.bytes !== bytes || input.dimensions.length !== dimensions.length)
    return false
  for (let index = 0; index < dimensions.length; index++)
    if (input.dimensions[index] !== dimensions[index]) return false
  return true
}
