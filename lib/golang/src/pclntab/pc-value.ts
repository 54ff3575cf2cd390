/** Gives the bytes of the pc values from an offset on: some, not all; none where the table is over. */
export type ReadPcValues = (offset: number) => Uint8Array

/** Where the value of a range stands behind its end. */
const RANGE_WORDS = 2

/** Words that are held between functions: twice what most have. */
const KEPT_WORDS = 4096

const END_MAX = 0x7fffffff

/** Pairs of where a range ends and its value: of 16 bits wherever these are enough, as they are for most functions. */
export type PcRangeWords = Int16Array | Int32Array

/** In a byte of a varint: there is another. */
const MORE = 128

const NO_BYTES = new Uint8Array(0)
const readNothing: ReadPcValues = () => NO_BYTES

/** Whose code a table is about. */
export interface PcValueCode {
  /** Bytes: what is behind them is not read. */
  readonly size: number
  /** Bytes of the shortest instruction. */
  readonly quantum: number
}

/**
 * Decodes pc-value tables (golang.org/s/go12symtab) to ranges of code: pairs of where one ends, in bytes from the
 * function's entry, and the value in it. They are in order, and none is empty.
 *
 * A table is pairs of a value difference, zigzag, and a pc difference, both varints. The value holds from the last pc
 * on, and starts with -1; a value difference of 0 that is not the first ends it.
 */
export class PcRanges {
  #words = new Int32Array(KEPT_WORDS)
  #count = 0
  #isWide = false
  #read: ReadPcValues = readNothing
  #bytes: Uint8Array = NO_BYTES
  /** Of the first of `#bytes`. */
  #base = 0
  #at = 0

  /** Forgets all ranges: the next are another function's. */
  clear(): void {
    this.#count = 0
    this.#isWide = false
    // What a source gave may be a small piece of something large.
    this.#bytes = NO_BYTES
    this.#read = readNothing
    if (this.#words.length > KEPT_WORDS) this.#words = new Int32Array(KEPT_WORDS)
  }

  /**
   * Appends the ranges of the table at an offset; none for 0, where none is. Tables of one function are read alike. Of one that is broken those that stand
   * before the place, and of a longer one so many as `pairsMax`.
   *
   * @returns how many words there are by now, of all tables
   */
  add(read: ReadPcValues, offset: number, { size, quantum }: PcValueCode, pairsMax: number): number {
    if (offset === 0) return this.#count
    this.#read = read
    this.#at = offset - this.#base
    if (!(this.#at >= 0 && this.#at < this.#bytes.length)) this.#load(offset)
    let bytes = this.#bytes
    let at = this.#at
    let value = -1
    let pc = 0
    for (let pair = 0; pair < pairsMax && pc < size; pair++) {
      let difference = bytes[at] ?? MORE
      let pcDifference = bytes[at + 1] ?? MORE
      // Most have one byte each.
      if (difference < MORE && pcDifference < MORE) at += 2
      else {
        this.#at = at
        difference = this.#varint()
        pcDifference = difference === 0 && pair > 0 ? -1 : this.#varint()
        bytes = this.#bytes
        at = this.#at
      }
      if (difference < 0 || pcDifference < 0 || (difference === 0 && pair > 0)) break
      value = (value + ((difference >>> 1) ^ -(difference & 1))) | 0
      if (pcDifference === 0) continue
      pc += pcDifference * quantum
      this.#push(Math.min(pc, END_MAX), value)
    }
    return this.#count
  }

  /** A copy of the ranges of all tables. */
  ranges(): PcRangeWords {
    return this.#isWide
      ? this.#words.slice(0, this.#count)
      : new Int16Array(this.#words.subarray(0, this.#count))
  }

  /** -1 where the table is over, or what stands there is longer than 32 bits. */
  #varint(): number {
    let result = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.#at === this.#bytes.length) {
        this.#load(this.#base + this.#at)
        if (this.#bytes.length === 0) return -1
      }
      const byte = this.#bytes[this.#at++]!
      result |= (byte & (MORE - 1)) << shift
      if (byte < MORE) return result >>> 0
    }
    return -1
  }

  #load(offset: number): void {
    this.#bytes = this.#read(offset)
    this.#base = offset
    this.#at = 0
  }

  #push(end: number, value: number): void {
    if (this.#count + RANGE_WORDS > this.#words.length) {
      const words = new Int32Array(this.#words.length * 2)
      words.set(this.#words)
      this.#words = words
    }
    if (end > 0x7fff || value !== (value << 16) >> 16) this.#isWide = true
    this.#words[this.#count] = end
    this.#words[this.#count + 1] = value
    this.#count += RANGE_WORDS
  }
}

/** The value at an offset into the code, of the ranges of one table: its words from `start` until before `end`. */
export function pcValueAt(ranges: PcRangeWords, start: number, end: number, pcOffset: number): number {
  let low = start / RANGE_WORDS
  let high = end / RANGE_WORDS
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ranges[middle * RANGE_WORDS]! > pcOffset) high = middle
    else low = middle + 1
  }
  return low * RANGE_WORDS < end ? ranges[low * RANGE_WORDS + 1]! : -1
}
