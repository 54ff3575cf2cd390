/** Of each connection, for as long as it lives: most of what comes fits in. */
const SMALL_BYTES = 16 << 10
/** Of one that has more to say. What waits for a slow reader is a piece of that size at most, beside what its socket holds. */
const LARGE_BYTES = 128 << 10
/** How many connections of a thread may have a large one at once; the others go on with their small ones. */
const LARGE_COUNT_MAX = 64
/** So many bytes are cheaper copied than their memory given away. */
const COPIED_BYTES_MAX = 32 << 10

/**
 * The memory that connections of a thread read into again and again: what comes is mostly written to another connection at
 * once, and not needed afterwards. New memory for each read costs more than the reading.
 */
export class ReadMemory {
  readonly #free: Buffer[] = []
  #largeCount = 0
  /** Whose bytes are being looked at. */
  #current: ReadSlot | undefined

  open(): ReadSlot {
    return new ReadSlot(this)
  }

  /** Has somebody look at what was read, and notices what is kept of it. */
  show(slot: ReadSlot, length: number, onData: (bytes: Buffer) => void): void {
    slot.length = length
    this.#current = slot
    onData(slot.bytes.subarray(0, length))
    this.#current = undefined
  }

  /** For longer than the call that brought them: a copy where they are few, else nothing more is read into their memory. */
  keep(bytes: Uint8Array): Uint8Array {
    if (bytes.buffer !== this.#current?.bytes.buffer) return bytes
    if (bytes.length <= COPIED_BYTES_MAX) return Buffer.from(bytes)
    this.give(bytes)
    return bytes
  }

  /** Somebody has these already, and may still have them when this call is over. */
  give(bytes: Uint8Array): void {
    if (bytes.buffer === this.#current?.bytes.buffer) this.#current.isGiven = true
  }

  takeLarge(): Buffer | undefined {
    if (this.#largeCount >= LARGE_COUNT_MAX) return undefined
    this.#largeCount++
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(LARGE_BYTES)
  }

  /** @param isGiven its memory is somebody's now */
  leaveLarge(bytes: Buffer, isGiven: boolean): void {
    this.#largeCount--
    if (!isGiven) this.#free.push(bytes)
  }
}

/** What one connection reads into next. */
export class ReadSlot {
  readonly #memory: ReadMemory
  #small: Buffer = Buffer.allocUnsafeSlow(SMALL_BYTES)
  #large: Buffer | undefined
  /** Of the last read. */
  length = 0
  isGiven = false

  constructor(memory: ReadMemory) {
    this.#memory = memory
  }

  get bytes(): Buffer {
    return this.#large ?? this.#small
  }

  /** For the next read: large where the last one was full, small again where that would have done. */
  next(): Buffer {
    const large = this.#large
    if (large === undefined) {
      if (this.isGiven) this.#small = Buffer.allocUnsafeSlow(SMALL_BYTES)
      if (this.length === SMALL_BYTES) this.#large = this.#memory.takeLarge()
    } else if (this.isGiven || this.length <= SMALL_BYTES) {
      this.#memory.leaveLarge(large, this.isGiven)
      this.#large = this.length > SMALL_BYTES ? this.#memory.takeLarge() : undefined
    }
    this.isGiven = false
    return this.bytes
  }

  /** The connection is over. */
  close(): void {
    if (this.#large !== undefined) this.#memory.leaveLarge(this.#large, this.isGiven)
    this.#large = undefined
  }
}
