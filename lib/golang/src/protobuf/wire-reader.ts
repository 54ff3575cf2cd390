import { GolangError } from '../error.ts'

/** How a field's value is written (protobuf's encoding, "wire type"). */
const WireType = { varint: 0, fixed64: 1, length: 2, fixed32: 5 } as const

const HIGH = 2 ** 32
const VARINT_BYTES_MAX = 10

const utf8 = new TextDecoder()

/**
 * Reads the fields of one protobuf message, in the order they stand in:
 *
 *     while (reader.next())
 *       if (reader.field === 3) count = reader.int()
 *       else reader.skip()
 *
 * The value of each field is to be read once, or skipped. Everything is checked against the message's end.
 *
 * @throws {GolangError} `pprof`, with its place, where the bytes are no such message
 */
export class WireReader {
  readonly #bytes: Uint8Array
  #end: number
  #offset: number
  #wireType = 0
  /** Halves of the number that was read last. */
  #low = 0
  #high = 0
  /** Number of the field that `next` came to. */
  field = 0

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#offset = start
    this.#end = end
  }

  /** Goes to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#offset === this.#end) return false
    this.#varint()
    this.#wireType = this.#low & 7
    // Only the lower 32 bits hold numbers of fields that a schema may have.
    this.field = this.#high === 0 ? this.#low >>> 3 : -1
    return true
  }

  /** Unsigned; exact up to 2^53. */
  uint(): number {
    this.#number()
    return this.#high * HIGH + this.#low
  }

  /** Two's complement of 64 bits; exact to 2^53 either way. */
  int(): number {
    this.#number()
    return (this.#high | 0) * HIGH + this.#low
  }

  /** Unsigned, exact. */
  big(): bigint {
    this.#number()
    return (BigInt(this.#high) << 32n) | BigInt(this.#low)
  }

  /** Unsigned and exact, as a key: a number as far as numbers are exact, a bigint above. */
  id(): number | bigint {
    const value = this.uint()
    return Number.isSafeInteger(value) ? value : (BigInt(this.#high) << 32n) | BigInt(this.#low)
  }

  bool(): boolean {
    this.#number()
    return this.#low !== 0 || this.#high !== 0
  }

  /** UTF-8; what is none becomes U+FFFD. */
  text(bytesMax: number): string {
    const start = this.#payload()
    const length = this.#offset - start
    if (length > bytesMax)
      throw new GolangError('limit', `at byte ${start}: a string of ${length} bytes, at most ${bytesMax}`)
    return utf8.decode(this.#bytes.subarray(start, this.#offset))
  }

  message(): WireReader {
    const start = this.#payload()
    return new WireReader(this.#bytes, start, this.#offset)
  }

  /** Calls back for each number of a repeated field, which is one, or many that are packed; `read` takes one of them. */
  each(read: () => void): void {
    if (this.#wireType === WireType.varint) {
      read()
      return
    }
    const start = this.#payload()
    const messageEnd = this.#end
    this.#end = this.#offset
    this.#offset = start
    this.#wireType = WireType.varint
    while (this.#offset < this.#end) read()
    this.#end = messageEnd
  }

  /** Goes past a field that is not known. */
  skip(): void {
    switch (this.#wireType) {
      case WireType.varint:
        this.#varint()
        break
      case WireType.fixed64:
        this.#take(8)
        break
      case WireType.length:
        this.#payload()
        break
      case WireType.fixed32:
        this.#take(4)
        break
      default:
        throw this.#broken(`unknown wire type ${this.#wireType}`)
    }
  }

  #number(): void {
    if (this.#wireType !== WireType.varint)
      throw this.#broken(`field ${this.field}: a number is expected, not wire type ${this.#wireType}`)
    this.#varint()
  }

  /** Start of a value with a length; the offset is behind it then. */
  #payload(): number {
    if (this.#wireType !== WireType.length)
      throw this.#broken(`field ${this.field}: bytes are expected, not wire type ${this.#wireType}`)
    this.#varint()
    return this.#take(this.#high * HIGH + this.#low)
  }

  #take(byteLength: number): number {
    const start = this.#offset
    if (byteLength > this.#end - start)
      throw this.#broken(`${byteLength} bytes wanted, ${this.#end - start} left`)
    this.#offset = start + byteLength
    return start
  }

  #varint(): void {
    let low = 0
    let high = 0
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      if (this.#offset === this.#end) throw this.#broken('a number is cut off')
      const byte = this.#bytes[this.#offset++]!
      const bits = byte & 0x7f
      // Seven bits each: the fifth lies across the halves.
      if (i < 4) low |= bits << (i * 7)
      else if (i === 4) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (i * 7 - 32)
      if (byte < 0x80) {
        this.#low = low >>> 0
        this.#high = high >>> 0
        return
      }
    }
    throw this.#broken(`a number has more than ${VARINT_BYTES_MAX} bytes`)
  }

  #broken(message: string): GolangError {
    return new GolangError('pprof', `at byte ${this.#offset}: ${message}`)
  }
}
