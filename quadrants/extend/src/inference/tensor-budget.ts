import { ExtendError } from '../error.ts'

/** Bytes that all tensors of a guest may have at once. */
export class TensorBudget {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @param bytes less than 0 to give them back @throws {ExtendError} `too-large` */
  take(bytes: number): void {
    if (bytes > 0 && !(this.#bytes + bytes <= this.#bytesMax))
      throw new ExtendError('too-large', `all tensors may have ${this.#bytesMax} bytes, not ${bytes} more`)
    this.#bytes += bytes
  }
}
