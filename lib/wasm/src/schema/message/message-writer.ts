import { MessageError } from './message-error.ts'

const WORD = 8
const BYTES_MAX = 1 << 30
const LIST_COMPOSITE = 7
const ELEMENTS_MAX = 2 ** 29
const DEPTH_MAX = 64

const encoder = new TextEncoder()

/** Where a struct is written. */
export interface StructTarget {
  readonly data: number
  readonly pointers: number
}

/** Writes a message of one segment, each object behind the one before it. */
export class MessageWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  /** The framing and the root's pointer are there from the start. */
  #length = 2 * WORD
  #depth = 0

  /** Before the fields of a struct: no reader goes deeper, and a cycle has no end. */
  enter(): void {
    if (++this.#depth > DEPTH_MAX) throw new MessageError('depth', `it is deeper than ${DEPTH_MAX}`)
  }

  /** Behind them. */
  leave(): void {
    this.#depth--
  }

  /** The message, with its framing. */
  finish(): Uint8Array {
    this.#view.setUint32(4, this.#length / WORD - 1, true)
    return this.#bytes.slice(0, this.#length)
  }

  #allocate(words: number): number {
    const start = this.#length
    this.#length += words * WORD
    if (this.#length > BYTES_MAX) throw new MessageError('value', `it is more than ${BYTES_MAX} bytes`)
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return start
  }

  #pointTo(pointer: number, start: number, kind: number, high: number): void {
    this.#view.setInt32(pointer, (((start - pointer) / WORD - 1) << 2) | kind, true)
    this.#view.setUint32(pointer + 4, high, true)
  }

  /** The message's own struct. */
  root(dataWords: number, pointerCount: number): StructTarget {
    return this.struct(WORD, dataWords, pointerCount)
  }

  struct(pointer: number, dataWords: number, pointerCount: number): StructTarget {
    const data = this.#allocate(dataWords + pointerCount)
    // A struct without a size lies nowhere: its pointer says so by an offset of -1, as 0 would be null.
    if (dataWords + pointerCount === 0) this.#view.setInt32(pointer, -4, true)
    else this.#pointTo(pointer, data, 0, (pointerCount << 16) | dataWords)
    return { data, pointers: data + dataWords * WORD }
  }

  /** A list of numbers or pointers. @param size as the encoding has it, 0 to 6. @returns where the first element lies */
  list(pointer: number, size: number, bits: number, length: number): number {
    if (length >= ELEMENTS_MAX) throw new MessageError('value', `a list has ${length} elements`)
    const start = this.#allocate(Math.ceil((bits * length) / 64))
    this.#pointTo(pointer, start, 1, ((length << 3) | size) >>> 0)
    return start
  }

  /** A list of structs. @returns where the first lies */
  structs(pointer: number, dataWords: number, pointerCount: number, length: number): number {
    const words = (dataWords + pointerCount) * length
    if (length >= ELEMENTS_MAX || words >= ELEMENTS_MAX)
      throw new MessageError('value', `a list of structs has ${length} elements`)
    const tag = this.#allocate(words + 1)
    this.#pointTo(pointer, tag, 1, ((words << 3) | LIST_COMPOSITE) >>> 0)
    this.#view.setInt32(tag, length << 2, true)
    this.#view.setUint32(tag + 4, (pointerCount << 16) | dataWords, true)
    return tag + WORD
  }

  text(pointer: number, text: string): void {
    if (text === '') return
    if (!text.isWellFormed()) throw new MessageError('value', 'a text has half of a surrogate pair')
    const bytes = encoder.encode(text)
    const start = this.list(pointer, 2, 8, bytes.length + 1)
    this.#bytes.set(bytes, start)
  }

  data(pointer: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const start = this.list(pointer, 2, 8, bytes.length)
    this.#bytes.set(bytes, start)
  }

  int8(at: number, value: number, initial = 0): void {
    this.#view.setInt8(at, fitting(value, -0x80, 0x7f) ^ initial)
  }

  uint8(at: number, value: number, initial = 0): void {
    this.#view.setUint8(at, fitting(value, 0, 0xff) ^ initial)
  }

  int16(at: number, value: number, initial = 0): void {
    this.#view.setInt16(at, fitting(value, -0x8000, 0x7fff) ^ initial, true)
  }

  uint16(at: number, value: number, initial = 0): void {
    this.#view.setUint16(at, fitting(value, 0, 0xffff) ^ initial, true)
  }

  int32(at: number, value: number, initial = 0): void {
    this.#view.setInt32(at, fitting(value, -0x8000_0000, 0x7fff_ffff) ^ initial, true)
  }

  uint32(at: number, value: number, initial = 0): void {
    this.#view.setUint32(at, fitting(value, 0, 0xffff_ffff) ^ initial, true)
  }

  int64(at: number, value: bigint, initial = 0n): void {
    if (BigInt.asIntN(64, value) !== value)
      throw new MessageError('value', `${value} does not fit into 64 bits`)
    this.#view.setBigInt64(at, value ^ initial, true)
  }

  uint64(at: number, value: bigint, initial = 0n): void {
    if (BigInt.asUintN(64, value) !== value)
      throw new MessageError('value', `${value} does not fit into 64 bits`)
    this.#view.setBigUint64(at, value ^ initial, true)
  }

  float32(at: number, value: number, initial = 0): void {
    this.#view.setFloat32(at, value, true)
    if (Object.is(initial, 0)) return
    mixed.setFloat32(0, initial)
    this.#view.setUint32(at, this.#view.getUint32(at, true) ^ mixed.getUint32(0), true)
  }

  float64(at: number, value: number, initial = 0): void {
    this.#view.setFloat64(at, value, true)
    if (Object.is(initial, 0)) return
    mixed.setFloat64(0, initial)
    this.#view.setBigUint64(at, this.#view.getBigUint64(at, true) ^ mixed.getBigUint64(0), true)
  }

  bool(data: number, offset: number, value: boolean): void {
    if (!value) return
    const at = data + (offset >> 3)
    this.#view.setUint8(at, this.#view.getUint8(at) | (1 << (offset & 7)))
  }
}

function fitting(value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new MessageError('value', `${value} is no integer from ${least} to ${most}`)
}

const mixed = new DataView(new ArrayBuffer(8))
