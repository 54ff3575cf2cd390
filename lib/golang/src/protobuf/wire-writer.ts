import { GolangError } from '../error.ts'

const VARINT = 0
const LENGTH = 2
/** A varint of 64 bits. */
const VARINT_BYTES_MAX = 10
const BYTES_FIRST = 4096

const utf8 = new TextEncoder()

/** Writes the fields of a protobuf message. As in proto3, a number that is 0 is left out. */
export class WireWriter {
  readonly #bytesMax: number
  #bytes = new Uint8Array(BYTES_FIRST)
  #length = 0

  /** @param bytesMax most that is written */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** A whole number, negative ones as two's complement of 64 bits. @throws {GolangError} `pprof` for any other */
  int(field: number, value: number | bigint): void {
    if (value === 0 || value === 0n) return
    this.#varint(field * 8 + VARINT)
    this.#varint(value)
  }

  bool(field: number, value: boolean): void {
    this.int(field, value ? 1 : 0)
  }

  /** Also where it is empty: it is meant for repeated fields, in which each counts. */
  text(field: number, value: string): void {
    this.#delimited(field, () => {
      this.#reserve(value.length * 3)
      this.#length += utf8.encodeInto(value, this.#bytes.subarray(this.#length)).written
    })
  }

  /** A repeated number, packed. */
  packed(field: number, values: readonly (number | bigint)[]): void {
    if (values.length === 0) return
    this.#delimited(field, () => {
      for (const value of values) this.#varint(value)
    })
  }

  message(field: number, write: () => void): void {
    this.#delimited(field, write)
  }

  /** What was written so far. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** The length stands before the content, and is known after it: the content moves by its few bytes. */
  #delimited(field: number, write: () => void): void {
    this.#varint(field * 8 + LENGTH)
    const start = this.#length
    write()
    const end = this.#length
    this.#varint(end - start)
    const prefix = this.#bytes.slice(end, this.#length)
    this.#bytes.copyWithin(start + prefix.length, start, end)
    this.#bytes.set(prefix, start)
  }

  #varint(value: number | bigint): void {
    this.#reserve(VARINT_BYTES_MAX)
    if (typeof value === 'bigint' || !Number.isSafeInteger(value) || value < 0) {
      this.#wideVarint(value)
      return
    }
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[this.#length++] = (rest % 0x80) | 0x80
    this.#bytes[this.#length++] = rest
  }

  #wideVarint(value: number | bigint): void {
    if (typeof value === 'number' && !Number.isInteger(value))
      throw new GolangError('pprof', `${value} is no whole number`)
    const wide = BigInt(value)
    if (wide < -(1n << 63n) || wide >= 1n << 64n)
      throw new GolangError('pprof', `${wide} does not fit into 64 bits`)
    let rest = BigInt.asUintN(64, wide)
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80
    this.#bytes[this.#length++] = Number(rest)
  }

  #reserve(byteLength: number): void {
    const wanted = this.#length + byteLength
    if (wanted <= this.#bytes.length) return
    if (wanted > this.#bytesMax)
      throw new GolangError('limit', `more than ${this.#bytesMax} bytes would be written`)
    const grown = new Uint8Array(Math.min(Math.max(wanted, this.#bytes.length * 2), this.#bytesMax))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
