/** What each entry counts for beside its name and value (RFC 7541, section 4.1). */
export const ENTRY_OVERHEAD_BYTES = 32
const FIRST_BYTES = 1024
const FIRST_ENTRIES = 32

/** What a length is where something was too long to be kept. */
export const TOO_LONG = -1
/** What the length of a name is that was never seen. */
export const UNKNOWN = -2
/** A place in a `NameSet` that nobody has looked for yet. */
export const NOT_LOOKED = -2

/** A part of some bytes; `length` may be `TOO_LONG` or `UNKNOWN`. */
export interface Span {
  bytes: Uint8Array
  start: number
  length: number
}

/**
 * The dynamic table of an HPACK decoder (RFC 7541, section 2.3.2) as somebody sees it who may have come late.
 *
 * Entries are counted from the newest, so all that were added while we looked are known for sure, whatever was there
 * before. `unknownBytesMax` is what older ones may take at most: adding entries pushes them out, and 0 means that the
 * table is known whole.
 */
export class DynamicTable {
  /** Entries that we keep; index 0 is the newest. */
  count = 0
  /** Upper bound of what entries older than the kept ones take. */
  unknownBytesMax: number
  /** Upper bound of what the whole table takes at the encoder. */
  #limitBytes: number
  readonly #keptBytesMax: number
  #keptBytes = 0
  #bytes = Buffer.alloc(FIRST_BYTES)
  /** Where the oldest entry's bytes start, and where the next one's go; an entry's name and value lie in one piece. */
  #oldestStart = 0
  #end = 0
  /** A ring of entries, each a slot of these columns. The size of the arrays is a power of two. */
  #newest = 0
  #starts = new Uint32Array(FIRST_ENTRIES)
  #nameLengths = new Int32Array(FIRST_ENTRIES)
  #valueLengths = new Int32Array(FIRST_ENTRIES)
  #sizes = new Uint32Array(FIRST_ENTRIES)
  /** Lengths of names, also of those that are not kept. */
  #nameSizes = new Uint32Array(FIRST_ENTRIES)
  /** Strings of entries that were asked for. */
  #names: (string | undefined)[] = new Array<string | undefined>(FIRST_ENTRIES).fill(undefined)
  #values: (string | undefined)[] = new Array<string | undefined>(FIRST_ENTRIES).fill(undefined)
  /** Place of each entry's name among those that are asked for. */
  #places = new Int32Array(FIRST_ENTRIES)

  /**
   * @param limitBytes what the encoder's table may take; infinite where nobody knows
   * @param keptBytesMax what we keep of it at most
   * @param isJoined whether there may be entries already
   */
  constructor(limitBytes: number, keptBytesMax: number, isJoined: boolean) {
    this.#limitBytes = limitBytes
    this.#keptBytesMax = keptBytesMax
    this.unknownBytesMax = isJoined ? limitBytes : 0
  }

  get limitBytes(): number {
    return this.#limitBytes
  }

  get keptBytes(): number {
    return this.#keptBytes
  }

  /** Forgets all entries: there may be any, within the limit. */
  forget(limitBytes: number): void {
    this.clear()
    this.#limitBytes = limitBytes
    this.unknownBytesMax = limitBytes
  }

  clear(): void {
    this.count = 0
    this.#keptBytes = 0
    this.#oldestStart = this.#end = 0
    this.unknownBytesMax = 0
    this.#names.fill(undefined)
    this.#values.fill(undefined)
  }

  /** The encoder has chosen this size (RFC 7541, section 4.3). */
  resize(limitBytes: number): void {
    this.#limitBytes = limitBytes
    this.#evict(Math.min(limitBytes, this.#keptBytesMax))
    this.#settle()
  }

  /** A slot for `nameOf`, …, or -1 where the entry is not known. @param index 0 is the newest */
  slotOf(index: number): number {
    return index < this.count ? (this.#newest - index) & (this.#starts.length - 1) : -1
  }

  /** Whether an entry may be there at all. */
  mayHave(index: number): boolean {
    return index < this.count || (index - this.count + 1) * ENTRY_OVERHEAD_BYTES <= this.unknownBytesMax
  }

  nameOf(slot: number, into: Span): void {
    into.bytes = this.#bytes
    into.start = this.#starts[slot]!
    into.length = this.#nameLengths[slot]!
  }

  /** The value as a string, made once; undefined where it was too long to be kept. */
  valueOf(slot: number): string | undefined {
    const length = this.#valueLengths[slot]!
    if (length < 0) return undefined
    const start = this.#starts[slot]! + Math.max(this.#nameLengths[slot]!, 0)
    return (this.#values[slot] ??= this.#bytes.toString('utf8', start, start + length))
  }

  /** The name as a string, made once; undefined where it is not known, or was too long to be kept. */
  nameTextOf(slot: number): string | undefined {
    const length = this.#nameLengths[slot]!
    if (length < 0) return undefined
    const start = this.#starts[slot]!
    return (this.#names[slot] ??= this.#bytes.toString('utf8', start, start + length))
  }

  sizeOf(slot: number): number {
    return this.#sizes[slot]!
  }

  /** Length of its name, even if it was too long to be kept; 0 where nobody knows. */
  nameSizeOf(slot: number): number {
    return this.#nameSizes[slot]!
  }

  isNameKnown(slot: number): boolean {
    return this.#nameLengths[slot] !== UNKNOWN
  }

  /** What `keepPlace` was told, or `NOT_LOOKED`. */
  placeOf(slot: number): number {
    return this.#places[slot]!
  }

  keepPlace(slot: number, place: number): void {
    this.#places[slot] = place
  }

  forgetPlaces(): void {
    this.#places.fill(NOT_LOOKED)
  }

  /**
   * Adds an entry as the newest. The spans must not be in this table.
   * @param nameSize length of the name, whether or not it is kept; 0 where nobody knows: the entry then counts for more
   * @param valueSize length of the value, whether or not it is kept
   */
  add(name: Span, value: Span, nameSize: number, valueSize: number): void {
    const sizeBytes = nameSize + valueSize + ENTRY_OVERHEAD_BYTES
    if (sizeBytes > this.#limitBytes) {
      // It empties the table, and is not in it (RFC 7541, section 4.4).
      this.clear()
      return
    }
    if (sizeBytes > this.#keptBytesMax) {
      // So the limit is larger than what we keep: entries go from here, and stay there.
      this.#evict(0)
      this.unknownBytesMax += sizeBytes
      this.#settle()
      return
    }
    this.#evict(Math.min(this.#limitBytes, this.#keptBytesMax) - sizeBytes)
    if (this.count === this.#starts.length) this.#growColumns()
    const nameLength = Math.max(name.length, 0)
    const valueLength = Math.max(value.length, 0)
    this.#makeRoom(nameLength + valueLength)
    const slot = (this.#newest = (this.#newest + 1) & (this.#starts.length - 1))
    this.#starts[slot] = this.#end
    this.#nameLengths[slot] = name.length
    this.#valueLengths[slot] = value.length
    this.#sizes[slot] = sizeBytes
    this.#nameSizes[slot] = nameSize
    this.#names[slot] = this.#values[slot] = undefined
    this.#places[slot] = NOT_LOOKED
    copy(name, nameLength, this.#bytes, this.#end)
    copy(value, valueLength, this.#bytes, this.#end + nameLength)
    this.#end += nameLength + valueLength
    this.#keptBytes += sizeBytes
    this.count++
    this.#settle()
  }

  /** Evicts the oldest entries until the rest takes no more than this. */
  #evict(bytesMax: number): void {
    const isByEncoder = this.#limitBytes <= this.#keptBytesMax
    // What the encoder evicts of those that we know, it does after all that are older.
    if (isByEncoder && this.#keptBytes > bytesMax) this.unknownBytesMax = 0
    while (this.#keptBytes > bytesMax) {
      const slot = this.slotOf(this.count - 1)
      this.#oldestStart += Math.max(this.#nameLengths[slot]!, 0) + Math.max(this.#valueLengths[slot]!, 0)
      this.#keptBytes -= this.#sizes[slot]!
      if (!isByEncoder) this.unknownBytesMax += this.#sizes[slot]!
      this.#names[slot] = this.#values[slot] = undefined
      this.count--
    }
  }

  #settle(): void {
    this.unknownBytesMax = Math.max(0, Math.min(this.unknownBytesMax, this.#limitBytes - this.#keptBytes))
  }

  #makeRoom(byteLength: number): void {
    if (this.#end + byteLength <= this.#bytes.length) return
    const usedBytes = this.#end - this.#oldestStart
    // Half of it is free after this, so that moving costs less than writing did.
    let size = this.#bytes.length
    while (size < 2 * (usedBytes + byteLength)) size *= 2
    const target = size === this.#bytes.length ? this.#bytes : Buffer.alloc(size)
    target.set(this.#bytes.subarray(this.#oldestStart, this.#end))
    for (let index = 0; index < this.count; index++) this.#starts[this.slotOf(index)]! -= this.#oldestStart
    this.#bytes = target
    this.#oldestStart = 0
    this.#end = usedBytes
  }

  #growColumns(): void {
    const slots = Array.from({ length: this.count }, (_, i) => this.slotOf(this.count - 1 - i))
    const grown = <T extends Uint32Array | Int32Array>(column: T, into: T): T => {
      for (const [i, slot] of slots.entries()) into[i] = column[slot]!
      return into
    }
    const size = 2 * this.#starts.length
    this.#starts = grown(this.#starts, new Uint32Array(size))
    this.#nameLengths = grown(this.#nameLengths, new Int32Array(size))
    this.#valueLengths = grown(this.#valueLengths, new Int32Array(size))
    this.#sizes = grown(this.#sizes, new Uint32Array(size))
    this.#nameSizes = grown(this.#nameSizes, new Uint32Array(size))
    this.#places = grown(this.#places, new Int32Array(size))
    const strings = (column: readonly (string | undefined)[]) =>
      Array.from({ length: size }, (_, i) => (i < slots.length ? column[slots[i]!] : undefined))
    this.#names = strings(this.#names)
    this.#values = strings(this.#values)
    this.#newest = this.count - 1
  }
}

function copy(span: Span, length: number, target: Uint8Array, at: number): void {
  const { bytes, start } = span
  for (let i = 0; i < length; i++) target[at + i] = bytes[start + i]!
}
