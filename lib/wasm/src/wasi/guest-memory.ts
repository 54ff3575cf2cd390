import { fail } from './errno.ts'

/** More pieces than one call may have: IOV_MAX of Linux. */
const PIECES_MAX = 1024

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A guest's linear memory. Each place is checked; whatever is outside of it fails the call with FAULT. Views are made
 * anew after the memory has grown, so nothing that is read here may be kept across a wait.
 */
export class GuestMemory {
  readonly #memory: WebAssembly.Memory
  #view: DataView<ArrayBuffer>
  #bytes: Uint8Array<ArrayBuffer>

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory
    this.#view = new DataView(memory.buffer as ArrayBuffer)
    this.#bytes = new Uint8Array(memory.buffer as ArrayBuffer)
  }

  get byteLength(): number {
    return this.#memory.buffer.byteLength
  }

  #refresh(): void {
    const buffer = this.#memory.buffer as ArrayBuffer
    this.#view = new DataView(buffer)
    this.#bytes = new Uint8Array(buffer)
  }

  /** Arguments of type i32 arrive with a sign. Called before a view is taken: it may be replaced here. */
  #place(pointer: number, length: number): number {
    const start = pointer >>> 0
    // Growing detaches the buffer there was, which has no bytes then; asking for the one there is takes longer than that.
    if (start + length > this.#bytes.length || this.#bytes.length === 0) {
      this.#refresh()
      if (start + length > this.#bytes.length) fail('FAULT')
    }
    return start
  }

  /** The bytes themselves, not a copy. */
  bytes(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    const size = length >>> 0
    const start = this.#place(pointer, size)
    return this.#bytes.subarray(start, start + size)
  }

  u8(pointer: number): number {
    const at = this.#place(pointer, 1)
    return this.#view.getUint8(at)
  }

  u16(pointer: number): number {
    const at = this.#place(pointer, 2)
    return this.#view.getUint16(at, true)
  }

  u32(pointer: number): number {
    const at = this.#place(pointer, 4)
    return this.#view.getUint32(at, true)
  }

  u64(pointer: number): bigint {
    const at = this.#place(pointer, 8)
    return this.#view.getBigUint64(at, true)
  }

  setU8(pointer: number, value: number): void {
    const at = this.#place(pointer, 1)
    this.#view.setUint8(at, value)
  }

  setU16(pointer: number, value: number): void {
    const at = this.#place(pointer, 2)
    this.#view.setUint16(at, value, true)
  }

  setU32(pointer: number, value: number): void {
    const at = this.#place(pointer, 4)
    this.#view.setUint32(at, value, true)
  }

  setU64(pointer: number, value: bigint): void {
    const at = this.#place(pointer, 8)
    this.#view.setBigUint64(at, value, true)
  }

  /** A string that must be UTF-8; ILSEQ where it is not, NAMETOOLONG where it has more bytes than a path may. */
  text(pointer: number, length: number, bytesMax = 4096): string {
    const bytes = this.bytes(pointer, length)
    if (bytes.length > bytesMax) fail('NAMETOOLONG')
    try {
      return utf8.decode(bytes)
    } catch {
      return fail('ILSEQ')
    }
  }

  /** Copies as much as fits, and says how much that was. */
  fill(pointer: number, length: number, content: Uint8Array): number {
    const target = this.bytes(pointer, length)
    const count = Math.min(target.length, content.length)
    target.set(content.subarray(0, count))
    return count
  }

  /** An array of `iovec` or `ciovec`: pairs of pointer and length. Each is checked before any is used. */
  pieces(pointer: number, count: number): readonly Uint8Array<ArrayBuffer>[] {
    const pieceCount = count >>> 0
    if (pieceCount > PIECES_MAX) fail('INVAL')
    this.#place(pointer, pieceCount * 8)
    return Array.from({ length: pieceCount }, (_, index) => {
      const at = (pointer >>> 0) + index * 8
      return this.bytes(this.u32(at), this.u32(at + 4))
    })
  }
}
