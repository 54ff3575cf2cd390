import { Http2Error } from '../http2-error.ts'
import {
  DynamicTable,
  ENTRY_OVERHEAD_BYTES,
  NOT_LOOKED,
  type Span,
  TOO_LONG,
  UNKNOWN,
} from './dynamic-table.ts'
import { decodeHuffman, NOT_HUFFMAN } from './huffman.ts'
import type { NameSet } from './name-set.ts'
import { STATIC_TABLE } from './static-table.ts'

/** What a table may take before anybody says otherwise (RFC 9113, section 6.5.2). */
export const TABLE_BYTES_DEFAULT = 4096
/** Bytes of an integer behind its first: enough for 2^35, which no length or index here comes near to. */
const INTEGER_BYTES_MAX = 5
/** Where strings are decoded to, for all decoders: nothing stays there beyond one field. */
const SCRATCH_BYTES = 8192
const NAME_SCRATCH = Buffer.alloc(SCRATCH_BYTES)
const VALUE_SCRATCH = Buffer.alloc(SCRATCH_BYTES)
const LITERAL_TABLE = STATIC_TABLE.map(([name]) => Buffer.from(name, 'latin1'))

/** Is told the fields of a header block, in their order. */
export interface FieldSink {
  /** @param value undefined where it is longer than `stringBytesMax` */
  field(name: string, value: string | undefined): void
}

export interface HpackOptions {
  /** The fields that are told. Default: all. */
  readonly names?: NameSet
  /** Whether there were header blocks before the first that we see. Default false. */
  readonly isJoined?: boolean
  /** What is kept of the dynamic table, in bytes as HPACK counts them. Default 64 KiB. */
  readonly tableBytesMax?: number
  /** Longest name and longest value that is kept and told. Default 8 KiB. */
  readonly stringBytesMax?: number
  /** Largest header list, in bytes as HPACK counts them; a larger one is an error. Default 1 MiB. */
  readonly listBytesMax?: number
}

/**
 * Decodes the header blocks of one direction of a connection (HPACK, RFC 7541).
 *
 * All fields are decoded, so that the dynamic table is exact, but strings are made only of those that are asked for.
 * Who joins late does not know the table: a field that refers to what was there before is unknown and counted.
 */
export class HpackDecoder {
  readonly #table: DynamicTable
  readonly #stringBytesMax: number
  readonly #listBytesMax: number
  readonly #tableBytesMax: number
  #names: NameSet | undefined
  #staticPlaces: Int32Array
  /** What the other side allows the encoder's table to take; infinite where that is not known. */
  #allowedBytes: number
  /** The size that the encoder's next header block must begin with at most. */
  #requiredBytes = Infinity
  /** Whether the encoder's size is known, and not only a bound of it. */
  #isSizeKnown: boolean
  readonly #nameScratch: Buffer
  readonly #valueScratch: Buffer
  readonly #name: Span = { bytes: new Uint8Array(0), start: 0, length: 0 }
  readonly #value: Span = { bytes: new Uint8Array(0), start: 0, length: 0 }
  /** The block that is being decoded. */
  #bytes: Uint8Array = this.#name.bytes
  #start = 0
  #at = 0
  #end = 0
  #listBytes = 0
  #unknown = 0
  /** Fields so far that nobody can know who did not see the connection's beginning. */
  unknownFieldCount = 0
  /** Names and values so far that were longer than `stringBytesMax`. */
  longStringCount = 0
  /** Changes with the table and with what is allowed: while it is the same, the same bytes say the same. */
  version = 0

  constructor({
    names,
    isJoined = false,
    tableBytesMax = 65_536,
    stringBytesMax = 8192,
    listBytesMax = 1 << 20,
  }: HpackOptions = {}) {
    this.#allowedBytes = isJoined ? Infinity : TABLE_BYTES_DEFAULT
    this.#isSizeKnown = !isJoined
    this.#table = new DynamicTable(this.#allowedBytes, tableBytesMax, isJoined)
    this.#tableBytesMax = tableBytesMax
    this.#stringBytesMax = stringBytesMax
    this.#listBytesMax = listBytesMax
    this.#nameScratch = stringBytesMax <= SCRATCH_BYTES ? NAME_SCRATCH : Buffer.alloc(stringBytesMax)
    this.#valueScratch = stringBytesMax <= SCRATCH_BYTES ? VALUE_SCRATCH : Buffer.alloc(stringBytesMax)
    this.#names = names
    this.#staticPlaces = placesOf(names)
  }

  /** Other fields are asked for from now on; undefined: all. The dynamic table stays as it is. */
  ask(names: NameSet | undefined): void {
    this.version++
    this.#names = names
    this.#staticPlaces = placesOf(names)
    this.#table.forgetPlaces()
  }

  /**
   * The encoder has agreed to SETTINGS_HEADER_TABLE_SIZE of the other side.
   * @param bytes undefined where nobody knows what it agreed to
   */
  allowTable(bytes: number | undefined): void {
    this.version++
    this.#allowedBytes = bytes ?? Infinity
    if (this.#allowedBytes < this.#table.limitBytes)
      this.#requiredBytes = Math.min(this.#requiredBytes, this.#allowedBytes)
  }

  /**
   * It may be that the encoder has agreed to more: a larger table is taken, a smaller one not required.
   * @param bytes undefined where nobody knows what it may have agreed to
   */
  widenTable(bytes: number | undefined): void {
    this.version++
    this.#allowedBytes = bytes ?? Infinity
  }

  /** A header block was not seen, or not decoded: what the table holds is not known any more. */
  lose(): void {
    this.version++
    this.#isSizeKnown = false
    this.#requiredBytes = Infinity
    this.#table.forget(this.#allowedBytes)
  }

  /**
   * How many entries there may be that we do not know. 0: the table is known whole. Where the encoder's limit is not
   * known, it is taken to be `tableBytesMax`; fields beyond that are unknown too, and not an error.
   */
  get unknownEntryCountMax(): number {
    const bytes = Math.min(
      this.#table.unknownBytesMax,
      Math.max(this.#tableBytesMax - this.#table.keptBytes, 0),
    )
    return Math.floor(bytes / ENTRY_OVERHEAD_BYTES)
  }

  /** Entries of the dynamic table that are known, and what they take as HPACK counts it. */
  get known(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#table.count, bytes: this.#table.keptBytes }
  }

  /**
   * Decodes one header block, whole.
   *
   * @returns how many of its fields are unknown
   * @throws {Http2Error} `hpack-…` with the offset in the block; the table is lost then
   */
  decode(bytes: Uint8Array, start: number, end: number, sink: FieldSink): number {
    this.#bytes = bytes
    this.#start = this.#at = start
    this.#end = end
    this.#listBytes = this.#unknown = 0
    try {
      this.#sizeUpdates()
      while (this.#at < end) this.#field(sink)
    } catch (error) {
      this.lose()
      throw error
    } finally {
      this.unknownFieldCount += this.#unknown
    }
    return this.#unknown
  }

  #sizeUpdates(): void {
    while (this.#at < this.#end && (this.#bytes[this.#at]! & 0xe0) === 0x20) {
      const at = this.#at
      const size = this.#integer(0x1f)
      const bytesMax = Math.min(this.#allowedBytes, this.#requiredBytes)
      if (size > bytesMax)
        throw this.#error(
          'hpack-size-update',
          at,
          `a table of ${size} bytes, at most ${bytesMax} are allowed`,
        )
      this.#requiredBytes = Infinity
      this.#isSizeKnown = true
      this.version++
      this.#table.resize(size)
    }
    if (this.#requiredBytes === Infinity) return
    if (this.#isSizeKnown)
      throw this.#error(
        'hpack-size-update',
        this.#start,
        `the table is not made ${this.#requiredBytes} bytes small`,
      )
    this.version++
    // It was no larger before either.
    this.#table.resize(this.#requiredBytes)
    this.#requiredBytes = Infinity
  }

  #field(sink: FieldSink): void {
    const at = this.#at
    const first = this.#bytes[at]!
    if ((first & 0x80) !== 0) this.#indexed(this.#integer(0x7f), at, sink)
    else if ((first & 0x40) !== 0) this.#literal(this.#integer(0x3f), at, true, sink)
    else if ((first & 0x20) !== 0) throw this.#error('hpack-size-update', at, 'a table size behind a field')
    // Never indexed (0x10) is a wish to whoever passes the field on.
    else this.#literal(this.#integer(0x0f), at, false, sink)
  }

  #indexed(index: number, at: number, sink: FieldSink): void {
    if (index === 0) throw this.#error('hpack-index', at, 'index 0')
    if (index <= STATIC_TABLE.length) {
      const [name, value] = STATIC_TABLE[index - 1]!
      this.#count(name.length + value.length, at)
      if (this.#names === undefined || this.#staticPlaces[index]! >= 0) sink.field(name, value)
      return
    }
    const slot = this.#slot(index, at)
    if (slot === -1 || !this.#table.isNameKnown(slot)) {
      this.#count(0, at)
      this.#unknown++
      return
    }
    this.#count(this.#table.sizeOf(slot) - ENTRY_OVERHEAD_BYTES, at)
    const name = this.#nameInTable(slot)
    if (name !== undefined) sink.field(name, this.#table.valueOf(slot))
  }

  #literal(index: number, at: number, isAdded: boolean, sink: FieldSink): void {
    const name = this.#name
    let nameLength = 0
    let asked: string | undefined
    if (index === 0) {
      nameLength = this.#string(name, this.#nameScratch)
      asked = this.#askedName(name)
    } else if (index <= STATIC_TABLE.length) {
      name.bytes = LITERAL_TABLE[index - 1]!
      name.start = 0
      name.length = nameLength = name.bytes.length
      if (this.#names === undefined || this.#staticPlaces[index]! >= 0) asked = STATIC_TABLE[index - 1]![0]
    } else {
      const slot = this.#slot(index, at)
      if (slot === -1) name.length = UNKNOWN
      else {
        asked = this.#nameInTable(slot)
        this.#table.nameOf(slot, name)
        nameLength = this.#table.nameSizeOf(slot)
        // Adding an entry moves the table's bytes.
        if (isAdded && name.length > 0) {
          this.#nameScratch.set(name.bytes.subarray(name.start, name.start + name.length))
          name.bytes = this.#nameScratch
          name.start = 0
        }
      }
    }
    const value = this.#value
    const valueLength = this.#string(value, this.#valueScratch)
    this.#count(nameLength + valueLength, at)
    if (name.length === UNKNOWN) this.#unknown++
    const text = asked === undefined || value.length < 0 ? undefined : textOf(value, this.#valueScratch)
    if (isAdded) {
      this.version++
      this.#table.add(name, value, nameLength, valueLength)
    }
    // At last, since whoever is told may use the scratch.
    if (asked !== undefined) sink.field(asked, text)
  }

  /** @throws {Http2Error} where no entry can be */
  #slot(index: number, at: number): number {
    const inTable = index - STATIC_TABLE.length - 1
    const slot = this.#table.slotOf(inTable)
    if (slot === -1 && !this.#table.mayHave(inTable))
      throw this.#error('hpack-index', at, `no entry ${index}`)
    return slot
  }

  /** The name of an entry, if it is asked for. */
  #nameInTable(slot: number): string | undefined {
    const name = this.#name
    if (this.#names === undefined) return this.#table.nameTextOf(slot)
    let place = this.#table.placeOf(slot)
    if (place === NOT_LOOKED) {
      this.#table.nameOf(slot, name)
      place = name.length < 0 ? -1 : this.#names.find(name.bytes, name.start, name.length)
      this.#table.keepPlace(slot, place)
    }
    return place < 0 ? undefined : this.#names.names[place]
  }

  #askedName(name: Span): string | undefined {
    const { bytes, start, length } = name
    if (length < 0) return undefined
    if (this.#names === undefined) return textOf(name, this.#nameScratch)
    return this.#names.names[this.#names.find(bytes, start, length)]
  }

  /** Reads a string into `span`, which may then lie in `scratch`. @returns its length, whether or not it is kept */
  #string(span: Span, scratch: Uint8Array): number {
    const at = this.#at
    if (at >= this.#end) throw this.#error('hpack-truncated', at, 'the block ends before a string')
    const isHuffman = (this.#bytes[at]! & 0x80) !== 0
    const byteLength = this.#integer(0x7f)
    const start = this.#at
    if (byteLength > this.#end - start)
      throw this.#error(
        'hpack-truncated',
        at,
        `a string of ${byteLength} bytes, ${this.#end - start} are left`,
      )
    this.#at = start + byteLength
    let length = byteLength
    span.bytes = this.#bytes
    span.start = start
    if (isHuffman) {
      length = decodeHuffman(this.#bytes, start, this.#at, scratch)
      if (length === NOT_HUFFMAN)
        throw this.#error('hpack-huffman', start, 'a string that is not in the code')
      span.bytes = scratch
      span.start = 0
    }
    span.length = length
    if (length > this.#stringBytesMax) {
      span.length = TOO_LONG
      this.longStringCount++
    }
    return length
  }

  /** Reads an integer whose prefix is these bits of its first byte (RFC 7541, section 5.1). */
  #integer(mask: number): number {
    const first = this.#at
    let value = this.#bytes[this.#at++]! & mask
    if (value < mask) return value
    for (let i = 0, factor = 1; i < INTEGER_BYTES_MAX; i++, factor *= 128) {
      if (this.#at >= this.#end)
        throw this.#error('hpack-truncated', first, 'the block ends within an integer')
      const byte = this.#bytes[this.#at++]!
      value += (byte & 0x7f) * factor
      if ((byte & 0x80) === 0) return value
    }
    throw this.#error('hpack-integer', first, `an integer of more than ${INTEGER_BYTES_MAX + 1} bytes`)
  }

  #count(bytes: number, at: number): void {
    this.#listBytes += bytes + ENTRY_OVERHEAD_BYTES
    if (this.#listBytes > this.#listBytesMax)
      throw this.#error('hpack-list-limit', at, `more than ${this.#listBytesMax} bytes of fields`)
  }

  #error(code: Http2Error['code'], at: number, message: string): Http2Error {
    return new Http2Error(code, at - this.#start, message)
  }
}

/** A string of what is in the scratch, or is put there: a foreign array has no `toString` of a part. */
function textOf(span: Span, scratch: Buffer): string {
  const { start, length } = span
  if (span.bytes !== scratch) {
    for (let i = 0; i < length; i++) scratch[i] = span.bytes[start + i]!
    return scratch.toString('utf8', 0, length)
  }
  return scratch.toString('utf8', start, start + length)
}

function placesOf(names: NameSet | undefined): Int32Array {
  return Int32Array.from([-1, ...LITERAL_TABLE.map((name) => names?.find(name, 0, name.length) ?? -1)])
}
