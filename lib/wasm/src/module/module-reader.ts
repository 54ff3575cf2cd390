import { WasmError } from '../error.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Longer names than any compiler writes. */
const NAME_BYTES_MAX = 100_000

/** Reads the numbers of the binary format one after the other, never behind `end`. */
export class ModuleReader {
  readonly bytes: Uint8Array
  /** Of the next byte. */
  at: number
  readonly end: number

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  get isAtEnd(): boolean {
    return this.at >= this.end
  }

  /** @throws {WasmError} `module`, with the place */
  fail(what: string, at = this.at): never {
    throw new WasmError('module', `${what} at byte ${at}`)
  }

  u8(): number {
    if (this.at >= this.end) this.fail('it is cut off')
    return this.bytes[this.at++]!
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const first = this.u8()
    return first < 0x80 ? first : this.#longU32(first)
  }

  /** Unsigned LEB128 of at most 48 bits: pages of a memory whose addresses have 64 bits. */
  u48(): number {
    const start = this.at
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80 && value < 2 ** 48) return value
      if (byte < 0x80 || scale >= 2 ** 42) this.fail('there is no number of 48 bits', start)
    }
  }

  #longU32(first: number): number {
    const start = this.at - 1
    let value = first & 0x7f
    for (let scale = 0x80; ; scale *= 0x80) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte >= 0x80 && scale < 2 ** 28) continue
      if (byte >= 0x80 || value > 0xffff_ffff) this.fail('there is no number of 32 bits', start)
      return value
    }
  }

  /** Steps over a signed or unsigned number of at most `bits` bits. */
  skipNumber(bits: number): void {
    const bytesMax = Math.ceil(bits / 7)
    for (let count = 1; this.u8() >= 0x80; count++)
      if (count === bytesMax) this.fail(`there is no number of ${bits} bits`)
  }

  skip(count: number): void {
    if (count > this.end - this.at) this.fail('it is cut off')
    this.at += count
  }

  /** How many things follow, each of which has one byte at least. */
  count(max: number, what: string): number {
    const start = this.at
    const count = this.u32()
    if (count > max || count > this.end - this.at) this.fail(`there are ${count} ${what}`, start)
    return count
  }

  name(): string {
    const start = this.at
    const length = this.u32()
    if (length > NAME_BYTES_MAX) this.fail('there is a name of more than 100000 bytes', start)
    this.skip(length)
    try {
      return utf8.decode(this.bytes.subarray(this.at - length, this.at))
    } catch {
      return this.fail('there is a name that is no UTF-8', start)
    }
  }
}
