/** Writes unsigned whole numbers below 2^53, seven bits a byte (LEB128), into memory that grows. */
export class VarintWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(initialBytes = 4096) {
    this.#bytes = new Uint8Array(initialBytes)
  }

  get length(): number {
    return this.#length
  }

  /** @throws {RangeError} for any other number: what follows it could not be read. */
  write(value: number): void {
    if (!(value >= 0 && Number.isSafeInteger(value)))
      throw new RangeError(`${value} is no unsigned whole number below 2^53`)
    if (this.#length + 8 > this.#bytes.length) this.#grow()
    let rest = value
    // Beyond 2^31 shifts do not do.
    while (rest >= 0x8000_0000) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  /** A copy of what was written; the writer is empty again. */
  take(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.#length)
    this.#length = 0
    return bytes
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2 + 8)
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

/** Reads what {@link VarintWriter} wrote. @throws {RangeError} past the end, and above 2^53. */
export class VarintReader {
  readonly #bytes: Uint8Array
  #offset: number

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes
    this.#offset = offset
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length
  }

  read(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.#bytes[this.#offset]
      if (byte === undefined) throw new RangeError(`at byte ${this.#offset}: cut off`)
      this.#offset++
      value += (byte & 0x7f) * scale
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) break
        return value
      }
      scale *= 128
    }
    throw new RangeError(`at byte ${this.#offset}: number too large`)
  }
}
