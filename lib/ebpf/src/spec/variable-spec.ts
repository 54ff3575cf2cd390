import { EbpfError } from '../error.ts'

/** A global variable of an object, backed by the bytes its section will begin with. */
export class VariableSpec {
  readonly name: string
  /** `.rodata`, `.data`, `.bss` and their kin: the map it will live in. */
  readonly map: string
  readonly offset: number
  readonly byteLength: number
  readonly bytes: Uint8Array
  readonly #littleEndian: boolean

  constructor(name: string, map: string, offset: number, bytes: Uint8Array, littleEndian: boolean) {
    this.name = name
    this.map = map
    this.offset = offset
    this.bytes = bytes
    this.byteLength = bytes.length
    this.#littleEndian = littleEndian
  }

  /**
   * Sets what the program finds when it starts. Numbers fit variables of 1, 2, 4 and 8 bytes, signed and unsigned;
   * bytes have exactly the variable's length.
   *
   * @throws {EbpfError} `argument` when it does not fit
   */
  set(value: number | bigint | boolean | Uint8Array): void {
    if (value instanceof Uint8Array) {
      if (value.length !== this.byteLength)
        throw new EbpfError('argument', `${this.name}: ${value.length} bytes for ${this.byteLength}`)
      this.bytes.set(value)
      return
    }
    if (typeof value === 'number' && !Number.isInteger(value))
      throw new EbpfError('argument', `${this.name}: ${value} is not an integer`)
    if (![1, 2, 4, 8].includes(this.byteLength))
      throw new EbpfError('argument', `${this.name}: a number for ${this.byteLength} bytes`)
    const bits = this.byteLength * 8
    const wide = BigInt(value)
    if (BigInt.asUintN(bits, wide) !== wide && BigInt.asIntN(bits, wide) !== wide)
      throw new EbpfError('argument', `${this.name}: ${value} does not fit ${bits} bits`)
    for (let i = 0; i < this.byteLength; i++) {
      const place = this.#littleEndian ? i : this.byteLength - 1 - i
      this.bytes[place] = Number((wide >> BigInt(8 * i)) & 0xffn)
    }
  }
}
