/** A read past the end, with where it happened. */
export class ByteReaderError extends RangeError {
  readonly offset: number

  constructor(offset: number, wantedBytes: number, availableBytes: number) {
    super(`at byte ${offset}: ${wantedBytes} bytes wanted, ${Math.max(availableBytes, 0)} left`)
    this.name = 'ByteReaderError'
    this.offset = offset
  }
}

export interface ByteReaderOptions {
  /** Byte order of the numbers. Default true. */
  readonly littleEndian?: boolean
}

const utf8 = new TextDecoder()

/** Reads numbers and strings from foreign bytes; every read is checked against the end. */
export class ByteReader {
  readonly bytes: Uint8Array
  readonly littleEndian: boolean
  offset = 0
  readonly #view: DataView

  constructor(bytes: Uint8Array, options: ByteReaderOptions = {}) {
    this.bytes = bytes
    this.littleEndian = options.littleEndian ?? true
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remainingBytes(): number {
    return this.bytes.length - this.offset
  }

  /** @throws {ByteReaderError} outside of the bytes. */
  seek(offset: number): this {
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > this.bytes.length)
      throw new ByteReaderError(offset, 0, this.bytes.length - offset)
    this.offset = offset
    return this
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), this.littleEndian)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), this.littleEndian)
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), this.littleEndian)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), this.littleEndian)
  }

  /** A 64-bit length or offset as a number. @throws {RangeError} above 2^53 - 1. */
  size(): number {
    const at = this.offset
    const value = this.u64()
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new RangeError(`at byte ${at}: size ${value} is too large`)
    return Number(value)
  }

  /** A view of the next bytes, not a copy. */
  take(byteLength: number): Uint8Array {
    const at = this.#take(byteLength)
    return this.bytes.subarray(at, at + byteLength)
  }

  skip(byteLength: number): this {
    this.#take(byteLength)
    return this
  }

  /** UTF-8 up to the next NUL, which is consumed. @throws {ByteReaderError} when there is none. */
  cstring(): string {
    const end = this.bytes.indexOf(0, this.offset)
    if (end === -1) throw new ByteReaderError(this.offset, this.remainingBytes + 1, this.remainingBytes)
    const text = utf8.decode(this.bytes.subarray(this.offset, end))
    this.offset = end + 1
    return text
  }

  #take(byteLength: number): number {
    const at = this.offset
    if (!(byteLength >= 0) || byteLength > this.bytes.length - at)
      throw new ByteReaderError(at, byteLength, this.bytes.length - at)
    this.offset = at + byteLength
    return at
  }
}
