/**
 * Bytes of a body that filters see and change. Pieces are kept as they came, and made one only where somebody wants to
 * read across them.
 */
export class BodyBuffer {
  #pieces: Uint8Array[] = []
  #length = 0
  /** Whether memory of others is among the pieces, which they write again. */
  #isBorrowed = false

  /** Of bytes that stay somebody else's: whoever keeps it takes them (`own`). */
  static borrowed(piece: Uint8Array): BodyBuffer {
    const buffer = new BodyBuffer()
    buffer.append(piece)
    buffer.#isBorrowed = true
    return buffer
  }

  get length(): number {
    return this.#length
  }

  /** The bytes become this buffer's. */
  append(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.#length += piece.length
  }

  prepend(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#pieces.unshift(piece)
    this.#length += piece.length
  }

  /** Copies what is somebody else's. */
  own(): void {
    if (!this.#isBorrowed) return
    this.#isBorrowed = false
    this.#pieces = this.#pieces.map((piece) => Buffer.from(piece))
  }

  /** All that another has, which has nothing then; copied, where it is somebody else's. */
  take(other: BodyBuffer): void {
    other.own()
    for (const piece of other.#pieces) this.#pieces.push(piece)
    this.#length += other.#length
    other.clear()
  }

  /** So many bytes at its begin, or all. */
  removeFirst(byteCount: number): void {
    if (byteCount === 0) return
    const rest = byteCount >= this.#length ? undefined : this.bytes().subarray(byteCount)
    this.clear()
    if (rest !== undefined) this.append(rest)
  }

  clear(): void {
    this.#isBorrowed = false
    this.#pieces = []
    this.#length = 0
  }

  /** All of it in one piece, which stays whose it was. */
  bytes(): Uint8Array {
    const [first] = this.#pieces
    if (this.#pieces.length === 1 && first !== undefined) return first
    const joined = Buffer.concat(this.#pieces, this.#length)
    this.#isBorrowed = false
    this.#pieces = this.#length === 0 ? [] : [joined]
    return joined
  }
}
