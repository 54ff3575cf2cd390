import type { ElementType } from './element-type.ts'
import type { TensorBudget } from './tensor-budget.ts'
import type { TensorSpec } from './tensor-spec.ts'

/** What models are loaded into. Whatever it holds is gone when it is disposed of. */
export interface InferenceRuntime extends Disposable {
  /** It was disposed of, or failed in a way that leaves nothing to rely on. */
  readonly isOver: boolean
  /** Bytes of memory that it has for itself; undefined where it shares the process's. */
  readonly memoryBytes: number | undefined
  /**
   * Loads an ONNX model. The bytes are not used any more afterwards.
   *
   * @throws {ExtendError} `encoding` for bytes that are no such model, `unsupported` for one that cannot be used by
   *   wasi-nn or has an operator that is not there, `too-large`, `runtime`
   */
  load(bytes: Uint8Array): Promise<Model>
}

/** A model that is loaded. Any number of guests may use it at once. */
export interface Model extends Disposable {
  /** It was disposed of, or its runtime has ended. */
  readonly isOver: boolean
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  /** @param budget what its tensors are counted in */
  open(budget: TensorBudget): Execution
}

/** Inputs and outputs of one who uses a model. Disposed of, it gives all back. */
export interface Execution extends Disposable {
  /**
   * Sets an input; the data is copied. It stays for further computations.
   *
   * @throws {ExtendError} `argument` where it does not fit, `too-large`
   */
  setInput(index: number, type: ElementType, dimensions: readonly number[], data: Uint8Array): void
  /**
   * Computes the outputs. Where it is no promise, it is done.
   *
   * @throws {ExtendError} `runtime` where an input is not set, or the model fails; `too-large`, `busy`
   */
  compute(): void | Promise<void>
  /**
   * An output of the last computation, in little endian; to be copied before anything else is called.
   *
   * @throws {ExtendError} `argument` for an index that is none, `runtime` where nothing was computed
   */
  output(index: number): Uint8Array
}
