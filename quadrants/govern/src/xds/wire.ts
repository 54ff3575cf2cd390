import { GovernError } from '../error.ts'

/**
 * What xDS messages are made of, by hand: resources are encoded once for all streams, and a response is no more than
 * their bytes one after another between a head and a nonce (protobuf encoding, "Last one wins" and "Field order":
 * fields of a message may come in any order); of a request with a thousand names that are known already, none is
 * decoded.
 */

const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2
const FIXED_32 = 5

/** A field of bytes or text: tag, length, content. */
export function field(number: number, content: Uint8Array | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const tag = (number << 3) | LENGTH_DELIMITED
  const written = Buffer.allocUnsafe(varintBytes(tag) + varintBytes(bytes.length) + bytes.length)
  const offset = writeVarint(written, writeVarint(written, 0, tag), bytes.length)
  written.set(bytes, offset)
  return written
}

/** Goes over the fields of a message; of values other than bytes and text it only knows where they end. */
export class FieldReader {
  readonly #bytes: Buffer
  readonly #end: number
  #position: number
  /** Of the present field; 0 where its value is neither bytes nor text. */
  number = 0
  /** Where the present field is, with its tag. */
  tagStart = 0
  /** Where the value of the present field is. */
  start = 0
  end = 0

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#position = start
    this.#end = end
  }

  /** Goes to the next field; false at the end. @throws {GovernError} `encoding` */
  next(): boolean {
    if (this.#position >= this.#end) return false
    this.tagStart = this.#position
    const tag = this.#varint()
    const kind = tag % 8
    this.number = 0
    if (tag < 8) throw new GovernError('encoding', 'a field has no number')
    if (kind === VARINT) this.#varint()
    else if (kind === FIXED_64) this.#skip(8)
    else if (kind === FIXED_32) this.#skip(4)
    else if (kind === LENGTH_DELIMITED) {
      const length = this.#varint()
      this.number = (tag - kind) / 8
      this.start = this.#position
      this.#skip(length)
      this.end = this.#position
    } else throw new GovernError('encoding', `a field is of kind ${kind}`)
    return true
  }

  text(): string {
    return this.#bytes.toString('utf8', this.start, this.end)
  }

  /** Of the message that the present field holds. */
  inner(): FieldReader {
    return new FieldReader(this.#bytes, this.start, this.end)
  }

  #skip(bytes: number): void {
    this.#position += bytes
    if (this.#position > this.#end) throw new GovernError('encoding', 'a message ends within a field')
  }

  /** Of more than 53 bits it is not exact: such are no lengths. */
  #varint(): number {
    let value = 0
    let factor = 1
    for (let count = 0; count < 10; count++) {
      if (this.#position >= this.#end) throw new GovernError('encoding', 'a message ends within a number')
      const byte = this.#bytes[this.#position++]!
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 128
    }
    throw new GovernError('encoding', 'a number is longer than ten bytes')
  }
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 0x7f; rest >>>= 7) bytes++
  return bytes
}

function writeVarint(target: Buffer, start: number, value: number): number {
  let offset = start
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) target[offset++] = (rest & 0x7f) | 0x80
  target[offset++] = rest
  return offset
}
