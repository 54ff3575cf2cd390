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
const LIST_COMPOSITE = 7
/** Bits of an element by the size that a list's pointer has; pointers are 64 too. */
const ELEMENT_BITS = [0, 1, 8, 16, 32, 64, 64] as const
/** What an element without a size counts. */
const EMPTY_ELEMENT_BYTES = 64
/** Up to so many bytes a text is put together here; the decoder's call costs more. */
const SHORT_TEXT_BYTES = 24

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Where a struct lies in a message, in bytes. */
export interface StructPlace {
  readonly data: number
  readonly dataEnd: number
  /** Of its pointers; they end at `end`. */
  readonly pointers: number
  readonly end: number
  readonly depth: number
}

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
 */
export class MessageReader {
  readonly view: DataView
  readonly bytes: Uint8Array
  readonly #end: number
  #left: number
  readonly #depthMax: number

  /**
   * @param bytes the message with its framing: the number of segments less one, and the segment's words
   * @throws {MessageError} `framing`
   */
  constructor(bytes: Uint8Array, options: MessageOptions = {}) {
    if (bytes.length < 2 * WORD)
      throw new MessageError('framing', `a message has 16 bytes at least, not ${bytes.length}`)
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (this.view.getUint32(0, true) !== 0) throw new MessageError('framing', 'it has several segments')
    this.#end = WORD + this.view.getUint32(4, true) * WORD
    if (this.#end > bytes.length)
      throw new MessageError(
        'framing',
        `its segment has ${this.#end - WORD} bytes, of which ${bytes.length - WORD} are there`,
      )
    if (this.#end === WORD) throw new MessageError('framing', 'its segment is empty')
    this.#left = options.traversalBytesMax ?? 64 << 20
    this.#depthMax = options.depthMax ?? 64
  }

  /** The struct that the message is. */
  root(): StructPlace {
    return this.structAt(WORD, 0) ?? EMPTY_STRUCT
  }

  #count(bytes: number): void {
    // One that leads to something empty a million times works, too.
    this.#left -= bytes + WORD
    if (this.#left < 0) throw new MessageError('traversal', 'more is read than the message may have')
  }

  #check(start: number, bytes: number, depth: number): void {
    if (start < WORD || start + bytes > this.#end)
      throw new MessageError('bounds', `a pointer leads to ${bytes} bytes at ${start}, out of the message`)
    if (depth > this.#depthMax) throw new MessageError('depth', `it is deeper than ${this.#depthMax}`)
    this.#count(bytes)
  }

  /** The struct behind the pointer at a place; undefined for a null pointer. */
  structAt(pointer: number, depth: number): StructPlace | undefined {
    const low = this.view.getInt32(pointer, true)
    const high = this.view.getUint32(pointer + 4, true)
    if (low === 0 && high === 0) return undefined
    if ((low & 3) !== KIND_STRUCT) throw wrongKind(pointer, 'a struct')
    const data = pointer + WORD + (low >> 2) * WORD
    const dataEnd = data + (high & 0xffff) * WORD
    const end = dataEnd + (high >>> 16) * WORD
    this.#check(data, end - data, depth)
    return { data, dataEnd, pointers: dataEnd, end, depth: depth + 1 }
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

  /** An element of a list of structs; lists of numbers or pointers count as structs with one field (encoding: lists). */
  elementOf(
    { start, stepBits, dataBytes, isComposite, isPointers, depth }: ListPlace,
    index: number,
  ): StructPlace {
    if (stepBits === 1) throw new MessageError('bounds', 'a list of single bits is read as structs')
    const data = start + (stepBits >> 3) * index
    const end = data + (stepBits >> 3)
    if (isComposite) return { data, dataEnd: data + dataBytes, pointers: data + dataBytes, end, depth }
    return { data, dataEnd: isPointers ? data : end, pointers: isPointers ? data : end, end, depth }
  }

  /** @throws {MessageError} `text` where it does not end with NUL, or is no UTF-8 */
  textAt(pointer: number, depth: number): string {
    const list = this.listAt(pointer, depth)
    if (list === undefined) return ''
    if (list.stepBits !== 8 || list.isComposite) throw wrongKind(pointer, 'a text')
    const { start, length } = list
    const { bytes } = this
    if (length === 0 || bytes[start + length - 1] !== 0)
      throw new MessageError('text', `the text at ${start} does not end with NUL`)
    const end = start + length - 1
    if (length <= SHORT_TEXT_BYTES) {
      let text = ''
      let at = start
      for (; at < end && bytes[at]! < 0x80; at++) text += String.fromCharCode(bytes[at]!)
      if (at === end) return text
    }
    try {
      return utf8.decode(bytes.subarray(start, end))
    } catch {
      throw new MessageError('text', `the text at ${start} is no UTF-8`)
    }
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
export const EMPTY_STRUCT: StructPlace = { data: 0, dataEnd: 0, pointers: 0, end: 0, depth: 0 }

function wrongKind(pointer: number, wanted: string): MessageError {
  return new MessageError('bounds', `the pointer at ${pointer} is not of ${wanted}`)
}
