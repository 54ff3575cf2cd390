/** A name of this many bytes or less is looked for among those that were read before. */
const CACHED_NAME_BYTES_MAX = 64
/** Names that are kept: what filters ask for is always the same. Over it those there are stay, and no more come. */
const CACHED_NAMES_MAX = 512
/** Up to this many bytes a loop is faster than a call of Node's. */
const SHORT_BYTES_MAX = 24

/** What a guest's pointers mean. Views are made anew after the memory has grown. */
export class VmMemory {
  readonly #memory: WebAssembly.Memory
  readonly #allocate: (size: number) => number
  readonly #names = new Map<number, string>()
  /** Bytes that were looked at so far; whoever wants to know sets it back. */
  movedBytes = 0
  #bytes: Buffer
  #view: DataView

  /** @param allocate has the guest make place for that many bytes; 0 where it has none */
  constructor(memory: WebAssembly.Memory, allocate: (size: number) => number) {
    this.#memory = memory
    this.#allocate = allocate
    this.#bytes = Buffer.from(memory.buffer)
    this.#view = new DataView(memory.buffer)
  }

  get byteLength(): number {
    return this.#memory.buffer.byteLength
  }

  /** Whether the bytes are within it. Arguments of type i32 arrive with a sign. */
  has(pointer: number, length: number): boolean {
    const end = (pointer >>> 0) + (length >>> 0)
    this.movedBytes += length >>> 0
    if (end <= this.#bytes.length && this.#bytes.length > 0) return true
    this.#bytes = Buffer.from(this.#memory.buffer)
    this.#view = new DataView(this.#memory.buffer)
    return end <= this.#bytes.length
  }

  /** The bytes themselves, valid until the guest runs again; undefined outside of the memory. */
  slice(pointer: number, length: number): Buffer | undefined {
    if (!this.has(pointer, length)) return undefined
    const start = pointer >>> 0
    return this.#bytes.subarray(start, start + (length >>> 0))
  }

  /** Each byte a character; undefined outside of the memory. */
  latin1(pointer: number, length: number): string | undefined {
    if (!this.has(pointer, length)) return undefined
    const start = pointer >>> 0
    return this.#bytes.toString('latin1', start, start + (length >>> 0))
  }

  /** As `latin1`, for what is often the same, and in lower-case where it is the name of a field. */
  name(pointer: number, length: number, isLowered: boolean): string | undefined {
    if (!this.has(pointer, length)) return undefined
    const start = pointer >>> 0
    const size = length >>> 0
    const read = (): string => {
      const text = this.#bytes.toString('latin1', start, start + size)
      return isLowered ? lowered(text) : text
    }
    if (size > CACHED_NAME_BYTES_MAX) return read()
    // FNV-1a of the bytes; two names with one hash are told apart by comparing.
    let hash = isLowered ? 0x811c9dc5 : 0x4f1bbcdc
    for (let index = start; index < start + size; index++) {
      hash = Math.imul(hash ^ this.#byte(index, isLowered), 0x01000193)
    }
    const known = this.#names.get(hash)
    if (known !== undefined && this.#equals(known, start, size, isLowered)) return known
    const name = read()
    if (known === undefined && this.#names.size < CACHED_NAMES_MAX) this.#names.set(hash, name)
    return name
  }

  u32(pointer: number): number | undefined {
    return this.has(pointer, 4) ? this.#view.getUint32(pointer >>> 0, true) : undefined
  }

  setU32(pointer: number, value: number): boolean {
    if (!this.has(pointer, 4)) return false
    this.#view.setUint32(pointer >>> 0, value, true)
    return true
  }

  setU64(pointer: number, value: bigint): boolean {
    if (!this.has(pointer, 8)) return false
    this.#view.setBigUint64(pointer >>> 0, value, true)
    return true
  }

  set(pointer: number, bytes: Uint8Array): boolean {
    if (!this.has(pointer, bytes.length)) return false
    this.#bytes.set(bytes, pointer >>> 0)
    return true
  }

  /** Has the guest make place for a text, and tells it where that is. False where it gave none, or pointed nowhere. */
  giveText(text: string, pointerPointer: number, sizePointer: number): boolean {
    const { length } = text
    const pointer = length === 0 ? 0 : this.place(length)
    if (pointer === undefined) return false
    if (length <= SHORT_BYTES_MAX) {
      for (let index = 0; index < length; index++) this.#bytes[pointer + index] = text.charCodeAt(index)
    } else {
      this.#bytes.write(text, pointer, 'latin1')
    }
    return this.setU32(pointerPointer, pointer) && this.setU32(sizePointer, length)
  }

  giveBytes(bytes: Uint8Array, pointerPointer: number, sizePointer: number): boolean {
    const pointer = bytes.length === 0 ? 0 : this.place(bytes.length)
    if (pointer === undefined) return false
    this.#bytes.set(bytes, pointer)
    return this.setU32(pointerPointer, pointer) && this.setU32(sizePointer, bytes.length)
  }

  /** Has the guest make place; undefined where it gave none. */
  place(size: number): number | undefined {
    const pointer = this.#allocate(size) >>> 0
    return pointer === 0 || !this.has(pointer, size) ? undefined : pointer
  }

  /** All of it, from address 0 on; valid until the guest runs again. */
  get all(): Buffer {
    this.has(0, 0)
    return this.#bytes
  }

  #byte(index: number, isLowered: boolean): number {
    const byte = this.#bytes[index] ?? 0
    return isLowered && byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
  }

  #equals(known: string, start: number, size: number, isLowered: boolean): boolean {
    if (known.length !== size) return false
    for (let index = 0; index < size; index++)
      if (known.charCodeAt(index) !== this.#byte(start + index, isLowered)) return false
    return true
  }
}

/** In lower-case where it has letters of ASCII: those above stay, as they are bytes and no letters. */
export function lowered(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
