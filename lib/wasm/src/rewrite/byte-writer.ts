/** Bytes that grow as they are written. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  constructor(sizeHint = 1024) {
    this.#bytes = new Uint8Array(sizeHint)
  }

  get length(): number {
    return this.#length
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }

  u8(byte: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  /** Unsigned LEB128. */
  u32(value: number): void {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.u8((rest % 0x80) + 0x80)
    this.u8(rest)
  }

  /** Signed LEB128 of a number that is not negative. */
  positive(value: number): void {
    let rest = value
    for (; rest >= 0x40; rest = Math.floor(rest / 0x80)) this.u8((rest % 0x80) + 0x80)
    this.u8(rest)
  }

  /** In UTF-8, its length before it. */
  name(text: string): void {
    const bytes = Buffer.from(text)
    this.u32(bytes.length)
    this.append(bytes)
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** A view of what was written so far. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Begins anew; what `finish` gave is overwritten. */
  clear(): void {
    this.#length = 0
  }
}
