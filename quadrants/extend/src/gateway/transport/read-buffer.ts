/** Memory of a connection that is rarely read from. */
const SIZE_MIN = 4 << 10
/** As much as Node reads at once by itself. */
const SIZE_MAX = 64 << 10
const GROWTH = 4

/** The one whose bytes somebody is being told: reads are never told within one another. */
let reading: ReadBuffer | undefined

/**
 * What a connection is read into, again and again as long as each byte was copied, or written on, before the next read. Where
 * some were not, somebody has them still: they stay theirs, and the connection has other memory from then on.
 *
 * Without that each read has memory of its own outside of the heap: V8 collects all of its garbage again and again for that
 * alone, a third of the work of a gateway with large bodies.
 */
export class ReadBuffer {
  #bytes = Buffer.allocUnsafeSlow(SIZE_MIN)
  #size = SIZE_MIN
  #openCount = 0

  /** For the next read. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** Has its first bytes told, which were read. */
  tell(byteCount: number, told: (bytes: Buffer) => void): void {
    this.#openCount = byteCount
    const isFull = byteCount === this.#size
    reading = this
    try {
      told(this.#bytes.subarray(0, byteCount))
    } finally {
      reading = undefined
      if (isFull && this.#size < SIZE_MAX) this.#size *= GROWTH
      if (this.#openCount !== 0 || this.#bytes.length !== this.#size)
        this.#bytes = Buffer.allocUnsafeSlow(this.#size)
    }
  }

  /** So many of those that are being told are needed no more: they were copied. */
  digested(byteCount: number): void {
    this.#openCount -= byteCount
  }

  has(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#bytes.buffer
  }
}

/** These bytes are needed no more: they were copied, or the kernel has them. */
export function digested(bytes: Uint8Array): void {
  if (reading?.has(bytes) === true) reading.digested(bytes.length)
}
