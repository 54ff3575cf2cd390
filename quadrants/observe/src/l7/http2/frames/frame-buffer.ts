const FIRST_BYTES = 1024

/** Bytes that came in pieces, put together. It keeps what it once grew to, up to its limit. */
export class FrameBuffer {
  bytes = new Uint8Array(0)
  length = 0
  readonly #bytesMax: number

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** @returns false where it would be longer than the limit; nothing is added then */
  append(bytes: Uint8Array, start: number, end: number): boolean {
    const length = this.length + end - start
    if (length > this.#bytesMax) return false
    if (length > this.bytes.length) {
      const grown = new Uint8Array(
        Math.min(Math.max(length, 2 * this.bytes.length, FIRST_BYTES), this.#bytesMax),
      )
      grown.set(this.bytes.subarray(0, this.length))
      this.bytes = grown
    }
    this.bytes.set(bytes.subarray(start, end), this.length)
    this.length = length
    return true
  }
}
