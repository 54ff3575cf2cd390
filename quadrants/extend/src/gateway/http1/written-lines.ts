import { CONTROL } from './byte-class.ts'
import { type Http1Error, http1Error } from './http1-error.ts'

/** What of a text is written and checked at once: heads are smaller, but for rare ones. */
const SCRATCH_BYTES = 16_384
const WORDS = new Int32Array(SCRATCH_BYTES / 4)
const SCRATCH = Buffer.from(WORDS.buffer)

/**
 * The bytes of a text of lines, if nothing in it ends a line but the ends of so many lines. It is the bytes that are
 * looked at: a character above U+00FF has become some other by then.
 */
export function linesAsBytes(text: string, lineCount: number): Buffer | Http1Error {
  const { length } = text
  let bytes: Buffer
  let controlCount = 0
  if (length <= SCRATCH_BYTES - 4) {
    SCRATCH.write(text, 0, length, 'latin1')
    WORDS[length >> 2]! &= (1 << ((length & 3) * 8)) - 1
    controlCount = countInWords((length + 3) >> 2) - paddingOf(length)
    bytes = Buffer.allocUnsafe(length)
    SCRATCH.copy(bytes, 0, 0, length)
  } else {
    bytes = Buffer.from(text, 'latin1')
    for (const byte of bytes) controlCount += CONTROL[byte]!
  }
  return controlCount === 2 * lineCount ? bytes : http1Error('bad-field-value', 0)
}

/** Zeros behind the text in its last word, which are controls as well. */
function paddingOf(length: number): number {
  return (4 - (length & 3)) & 3
}

/** Controls among the bytes: four at a time are looked at, and one by one where one of the four is one. */
function countInWords(wordCount: number): number {
  let count = 0
  for (let i = 0; i < wordCount; i++) {
    const word = WORDS[i]!
    // A byte below 0x20, or 0x7f: without the high bit itself, but with it after the subtraction or the addition.
    if (((word - 0x2020_2020) | (word + 0x0101_0101)) & ~word & 0x8080_8080)
      count +=
        CONTROL[word & 0xff]! +
        CONTROL[(word >>> 8) & 0xff]! +
        CONTROL[(word >>> 16) & 0xff]! +
        CONTROL[word >>> 24]!
  }
  return count
}
