import type { ListPlace, MessageReader } from './message-reader.ts'

/**
 * Reads the fields of one struct; what generated classes are made of. Offsets are in units of the field's size, as the
 * encoding has them; a field that the sender did not know yet is its default, as is one that only begins in the data: an
 * element of a list of numbers is shorter than a word. Names begin with `$`, as those of fields cannot.
 */
export class StructReader {
  protected readonly $message: MessageReader
  readonly #data: number
  readonly #dataEnd: number
  readonly #end: number
  readonly #depth: number

  /** Of the struct that the message found last. */
  constructor(message: MessageReader) {
    this.$message = message
    this.#data = message.data
    this.#dataEnd = message.dataEnd
    this.#end = message.end
    this.#depth = message.depth
  }

  protected $bool(offset: number): boolean {
    const at = this.#data + (offset >> 3)
    return at < this.#dataEnd && ((this.$message.view.getUint8(at) >> (offset & 7)) & 1) === 1
  }

  protected $int8(offset: number): number {
    const at = this.#data + offset
    return at < this.#dataEnd ? this.$message.view.getInt8(at) : 0
  }

  protected $uint8(offset: number): number {
    const at = this.#data + offset
    return at < this.#dataEnd ? this.$message.view.getUint8(at) : 0
  }

  protected $int16(offset: number): number {
    const at = this.#data + offset * 2
    return at + 2 <= this.#dataEnd ? this.$message.view.getInt16(at, true) : 0
  }

  protected $uint16(offset: number): number {
    const at = this.#data + offset * 2
    return at + 2 <= this.#dataEnd ? this.$message.view.getUint16(at, true) : 0
  }

  protected $int32(offset: number): number {
    const at = this.#data + offset * 4
    return at + 4 <= this.#dataEnd ? this.$message.view.getInt32(at, true) : 0
  }

  protected $uint32(offset: number): number {
    const at = this.#data + offset * 4
    return at + 4 <= this.#dataEnd ? this.$message.view.getUint32(at, true) : 0
  }

  protected $int64(offset: number): bigint {
    const at = this.#data + offset * 8
    return at + 8 <= this.#dataEnd ? this.$message.view.getBigInt64(at, true) : 0n
  }

  protected $uint64(offset: number): bigint {
    const at = this.#data + offset * 8
    return at + 8 <= this.#dataEnd ? this.$message.view.getBigUint64(at, true) : 0n
  }

  /** @param initial its default, with which its bits are mixed */
  protected $float32(offset: number, initial = 0): number {
    const at = this.#data + offset * 4
    if (at + 4 > this.#dataEnd) return initial
    if (Object.is(initial, 0)) return this.$message.view.getFloat32(at, true)
    mixed.setFloat32(0, initial)
    mixed.setUint32(0, mixed.getUint32(0) ^ this.$message.view.getUint32(at, true))
    return mixed.getFloat32(0)
  }

  protected $float64(offset: number, initial = 0): number {
    const at = this.#data + offset * 8
    if (at + 8 > this.#dataEnd) return initial
    if (Object.is(initial, 0)) return this.$message.view.getFloat64(at, true)
    mixed.setFloat64(0, initial)
    mixed.setBigUint64(0, mixed.getBigUint64(0) ^ this.$message.view.getBigUint64(at, true))
    return mixed.getFloat64(0)
  }

  #pointer(index: number): number | undefined {
    const at = this.#dataEnd + index * 8
    return at < this.#end ? at : undefined
  }

  protected $text(index: number): string {
    const at = this.#pointer(index)
    return at === undefined ? '' : this.$message.textAt(at, this.#depth)
  }

  protected $bytes(index: number): Uint8Array {
    const at = this.#pointer(index)
    return at === undefined ? new Uint8Array() : this.$message.dataAt(at, this.#depth)
  }

  /** Undefined where there is none. */
  protected $struct<T>(index: number, of: new (message: MessageReader) => T): T | undefined {
    const at = this.#pointer(index)
    if (at === undefined || !this.$message.structAt(at, this.#depth)) return undefined
    return new of(this.$message)
  }

  protected $list(index: number): ListPlace | undefined {
    const at = this.#pointer(index)
    return at === undefined ? undefined : this.$message.listAt(at, this.#depth)
  }
}

const mixed = new DataView(new ArrayBuffer(8))
