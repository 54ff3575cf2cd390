/** Pieces that wait for what comes before them: of each, the kernel's program has told at most 256 KiB in all. */
const PIECES_MAX = 512

interface Piece {
  readonly sequence: number
  readonly bytes: Uint8Array
}

/** Puts bytes of one direction of a TCP connection in order, by their sequence numbers. */
export class UnorderedBytes {
  #next: number
  #left: number
  #pieces: Piece[] = []
  readonly #push: (bytes: Uint8Array) => void

  /**
   * @param next sequence number of the first byte that is missing
   * @param left so many bytes from there on are of no interest
   * @param push takes what is in order; the bytes are good during the call only
   */
  constructor(next: number, left: number, push: (bytes: Uint8Array) => void) {
    this.#next = next
    this.#left = left
    this.#push = push
  }

  add(sequence: number, bytes: Uint8Array): void {
    if (!this.#take(sequence, bytes)) {
      if (this.#pieces.length < PIECES_MAX) this.#pieces.push({ sequence, bytes: new Uint8Array(bytes) })
      return
    }
    // One that is taken may be what another one waits for.
    for (let before = -1; before !== this.#pieces.length;) {
      before = this.#pieces.length
      this.#pieces = this.#pieces.filter((piece) => !this.#take(piece.sequence, piece.bytes))
    }
  }

  /** Whether all bytes up to this one have been in order. */
  isWholeAt(sequence: number): boolean {
    return this.#next === sequence && this.#left === 0
  }

  /** False: something before it is missing. */
  #take(sequence: number, bytes: Uint8Array): boolean {
    // As signed numbers, which go round as sequence numbers do.
    const known = (this.#next - sequence) | 0
    if (known < 0) return false
    if (known >= bytes.length) return true
    this.#next = (sequence + bytes.length) >>> 0
    const dull = Math.min(this.#left, bytes.length - known)
    this.#left -= dull
    if (known + dull < bytes.length) this.#push(bytes.subarray(known + dull))
    return true
  }
}
