const POOL_BYTES = 4096
const TRACE_BYTES = 16
const SPAN_BYTES = 8

/** Random ids of traces and spans; randomness is fetched for many at once. */
export class TraceIds {
  readonly #fill: (bytes: Uint8Array) => void
  readonly #pool = Buffer.alloc(POOL_BYTES)
  #at = POOL_BYTES

  constructor(fill: (bytes: Uint8Array) => void) {
    this.#fill = fill
  }

  /** 32 hexadecimal digits, not all 0. */
  traceId(): string {
    return this.#take(TRACE_BYTES)
  }

  /** 16 hexadecimal digits, not all 0. */
  spanId(): string {
    return this.#take(SPAN_BYTES)
  }

  #take(length: number): string {
    if (this.#at + length > POOL_BYTES) {
      this.#fill(this.#pool)
      this.#at = 0
    }
    const from = this.#at
    this.#at += length
    // All 0 says that there is none.
    if (this.#pool.readUInt32LE(from) === 0) this.#pool[from] = 1
    return this.#pool.toString('hex', from, from + length)
  }
}
