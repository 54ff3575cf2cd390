/**
 * Bytes of a body that filters see and change. Pieces are kept as they came, and made one only where somebody wants to
 * read across them.
 */
export class BodyBuffer {
  #pieces: Uint8Array[] = []
  #length = 0

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

  /** All that another has, which has nothing then. */
  take(other: BodyBuffer): void {
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
    this.#pieces = []
    this.#length = 0
  }

  /** From now on it has bytes of its own, whatever becomes of those that it was given. */
  own(): void {
    if (this.#length > 0) this.#pieces = [Buffer.concat(this.#pieces, this.#length)]
  }

  /** All of it in one piece, which stays this buffer's. */
  bytes(): Uint8Array {
    const [first] = this.#pieces
    if (this.#pieces.length === 1 && first !== undefined) return first
    const joined = Buffer.concat(this.#pieces, this.#length)
    this.#pieces = this.#length === 0 ? [] : [joined]
    return joined
  }
}
