import { decodeText } from './decode-text.ts'
import { MessageError } from './message-error.ts'

export interface MessageOptions {
  /** Bytes that may be read in all, those read twice counted twice: 64 MiB, if it is not given. */
  readonly traversalBytesMax?: number
  /** Structs and lists within one another: 64, if it is not given. */
  readonly depthMax?: number
}

const WORD = 8
const KIND_STRUCT = 0
const KIND_LIST = 1
const LIST_BYTES = 2
const LIST_COMPOSITE = 7
/** Bits of an element by the size that a list's pointer has; pointers are 64 too. */
const ELEMENT_BITS = [0, 1, 8, 16, 32, 64, 64] as const
/** What an element without a size counts. */
const EMPTY_ELEMENT_BYTES = 64

export interface ListPlace {
  /** Of the first element. */
  readonly start: number
  readonly length: number
  /** Bits from one element to the next. */
  readonly stepBits: number
  /** Of a list of structs: bytes of each element's data. Of other lists 0. */
  readonly dataBytes: number
  readonly isComposite: boolean
  readonly isPointers: boolean
  readonly depth: number
}

/**
 * A message of Cap'n Proto in one segment, as it lies in memory (capnproto.org/encoding.html). Nothing is copied: it is
 * read while the memory stays as it is. What a hostile sender can do is bounded: each place is checked, all that is read
 * counts against a limit, and so does depth.
 *
 * One reader is enough for all messages of a memory: `open` goes to the next.
 */
export class MessageReader {
  readonly view: DataView
  readonly bytes: Uint8Array
  /** Where the struct lies that was found last: its data, its pointers behind it, their end, and how deep it is. */
  data = 0
  dataEnd = 0
  end = 0
  depth = 0
  #start = WORD
  #end = 0
  #left = 0
  readonly #traversalBytesMax: number
  readonly #depthMax: number

  /** @param bytes of a message, or of a memory that messages lie in: `open` says where then */
  constructor(bytes: Uint8Array, options: MessageOptions = {}) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#traversalBytesMax = options.traversalBytesMax ?? 64 << 20
    this.#depthMax = options.depthMax ?? 64
  }

  /**
   * Goes to the struct that a message is. What was read of another one before is not read on.
   *
   * @param at where it begins: the number of segments less one, and the segment's words
   * @throws {MessageError} `framing`
   */
  open(at = 0, length = this.bytes.length - at): this {
    if (at < 0 || length < 2 * WORD || at + length > this.bytes.length)
      throw new MessageError('framing', `a message has 16 bytes at least, not ${length}`)
    if (this.view.getUint32(at, true) !== 0) throw new MessageError('framing', 'it has several segments')
    this.#start = at + WORD
    this.#end = this.#start + this.view.getUint32(at + 4, true) * WORD
    if (this.#end > at + length || this.#end === this.#start)
      throw new MessageError(
        'framing',
        `its segment has ${this.#end - this.#start} bytes, of which ${length - WORD} are there`,
      )
    this.#left = this.#traversalBytesMax
    if (!this.structAt(this.#start, 0)) this.nothing()
    return this
  }

  /** The struct found last is one that is not there: all of it has its defaults. */
  nothing(): void {
    this.data = this.dataEnd = this.end = this.depth = 0
  }

  #count(bytes: number): void {
    // One that leads to something empty a million times works, too.
    this.#left -= bytes + WORD
    if (this.#left < 0) throw new MessageError('traversal', 'more is read than the message may have')
  }

  #check(start: number, bytes: number, depth: number): void {
    if (start < this.#start || start + bytes > this.#end)
      throw new MessageError('bounds', `a pointer leads to ${bytes} bytes at ${start}, out of the message`)
    if (depth > this.#depthMax) throw new MessageError('depth', `it is deeper than ${this.#depthMax}`)
    this.#count(bytes)
  }

  /** Goes to the struct behind the pointer at a place; false for a null pointer. */
  structAt(pointer: number, depth: number): boolean {
    const low = this.view.getInt32(pointer, true)
    const high = this.view.getInt32(pointer + 4, true)
    if (low === 0 && high === 0) return false
    if ((low & 3) !== KIND_STRUCT) throw wrongKind(pointer, 'a struct')
    const data = pointer + WORD + (low >> 2) * WORD
    const dataEnd = data + (high & 0xffff) * WORD
    const end = dataEnd + (high >>> 16) * WORD
    this.#check(data, end - data, depth)
    this.data = data
    this.dataEnd = dataEnd
    this.end = end
    this.depth = depth + 1
    return true
  }

  /** The list behind the pointer at a place; undefined for a null pointer. */
  listAt(pointer: number, depth: number): ListPlace | undefined {
    const low = this.view.getInt32(pointer, true)
    const high = this.view.getUint32(pointer + 4, true)
    if (low === 0 && high === 0) return undefined
    if ((low & 3) !== KIND_LIST) throw wrongKind(pointer, 'a list')
    const start = pointer + WORD + (low >> 2) * WORD
    const size = high & 7
    const count = high >>> 3
    if (size === LIST_COMPOSITE) return this.#compositeAt(start, count, depth)
    const bits = ELEMENT_BITS[size]!
    this.#check(start, Math.ceil((bits * count) / 64) * WORD, depth)
    // Elements without a size cost nothing in the message: they count as if they did.
    // A bit takes as much room here as a byte.
    if (bits === 1) this.#count(count)
    if (bits === 0) this.#count(count * EMPTY_ELEMENT_BYTES)
    return {
      start,
      length: count,
      stepBits: bits,
      dataBytes: size === 6 ? 0 : bits >> 3,
      isComposite: false,
      isPointers: size === 6,
      depth: depth + 1,
    }
  }

  #compositeAt(tag: number, words: number, depth: number): ListPlace {
    this.#check(tag, (words + 1) * WORD, depth)
    const low = this.view.getInt32(tag, true)
    const high = this.view.getUint32(tag + 4, true)
    const length = low >>> 2
    const dataBytes = (high & 0xffff) * WORD
    const step = dataBytes + (high >>> 16) * WORD
    if ((low & 3) !== KIND_STRUCT || step * length > words * WORD)
      throw new MessageError('bounds', `the list at ${tag} has more elements than room`)
    if (step === 0) this.#count(length * EMPTY_ELEMENT_BYTES)
    return {
      start: tag + WORD,
      length,
      stepBits: step * 8,
      dataBytes,
      isComposite: true,
      isPointers: false,
      depth: depth + 1,
    }
  }

  /** Goes to an element of a list of structs; lists of numbers or pointers count as structs with one field (encoding: lists). */
  elementOf({ start, stepBits, dataBytes, isComposite, isPointers, depth }: ListPlace, index: number): void {
    if (stepBits === 1) throw new MessageError('bounds', 'a list of single bits is read as structs')
    this.data = start + (stepBits >> 3) * index
    this.end = this.data + (stepBits >> 3)
    this.dataEnd = isComposite ? this.data + dataBytes : isPointers ? this.data : this.end
    this.depth = depth
  }

  /** @throws {MessageError} `text` where it does not end with NUL, or is no UTF-8 */
  textAt(pointer: number, depth: number): string {
    const low = this.view.getInt32(pointer, true)
    const high = this.view.getInt32(pointer + 4, true)
    if (low === 0 && high === 0) return ''
    if ((low & 3) !== KIND_LIST || (high & 7) !== LIST_BYTES) throw wrongKind(pointer, 'a text')
    const start = pointer + WORD + (low >> 2) * WORD
    const length = high >>> 3
    this.#check(start, (length + 7) & ~7, depth)
    const end = start + length - 1
    if (length === 0 || this.bytes[end] !== 0)
      throw new MessageError('text', `the text at ${start} does not end with NUL`)
    return decodeText(this.bytes, start, end)
  }

  /** The bytes themselves, not a copy. */
  dataAt(pointer: number, depth: number): Uint8Array {
    const list = this.listAt(pointer, depth)
    if (list === undefined) return NO_BYTES
    if (list.stepBits !== 8 || list.isComposite) throw wrongKind(pointer, 'data')
    return this.bytes.subarray(list.start, list.start + list.length)
  }
}

const NO_BYTES = new Uint8Array()

function wrongKind(pointer: number, wanted: string): MessageError {
  return new MessageError('bounds', `the pointer at ${pointer} is not of ${wanted}`)
}
