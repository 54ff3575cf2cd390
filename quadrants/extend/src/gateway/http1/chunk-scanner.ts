import { CR, FIELD_VALUE, HEX_VALUE, LF, TOKEN_LOWER } from './byte-class.ts'
import type { Http1ErrorCode } from './http1-error.ts'

const SIZE_START = 0
const SIZE = 1
const EXTENSION_START = 2
const EXTENSION_NAME = 3
const EXTENSION_VALUE_START = 4
const EXTENSION_VALUE = 5
const QUOTED = 6
const ESCAPED = 7
const QUOTED_END = 8
const SIZE_LF = 9
const DATA = 10
const DATA_CR = 11
const DATA_LF = 12
const END = 13

/**
 * Of a chunk's size, zeros in front included: 4 GiB. Nobody sends such a chunk, and a number with more digits is one that
 * somebody else cuts off.
 */
const SIZE_DIGITS_MAX = 8

/**
 * Reads what stands around the data of chunks (RFC 9112 7.1), in any pieces. Extensions must be well-formed, without the
 * white space that the RFC calls bad, and are left out.
 *
 * ```
 *  5;name=value␍␊ hello ␍␊ 0␍␊ trailers
 *                 ▲            ▲
 *                 isAtData     isLast
 * ```
 */
export class ChunkScanner {
  /** Bytes of data in this chunk. */
  size = 0
  code: Http1ErrorCode | undefined
  #state: number = SIZE_START
  #digitCount = 0
  #extensionBytes = 0
  readonly #extensionBytesMax: number

  constructor(extensionBytesMax: number) {
    this.#extensionBytesMax = extensionBytesMax
  }

  /** A message begins. */
  begin(): void {
    this.#state = SIZE_START
    this.#extensionBytes = 0
  }

  /** Whether its data come now; they are not given to `scan`. */
  get isAtData(): boolean {
    return this.#state === DATA
  }

  /** Whether trailers come now. */
  get isLast(): boolean {
    return this.#state === END
  }

  /**
   * Returns where data begin (`isAtData`), where trailers begin (`isLast`), where the bytes end, or, with `code`, which
   * byte is refused.
   */
  scan(bytes: Uint8Array, from: number): number {
    let at = from
    if (this.#state === DATA) this.#state = DATA_CR
    while (at < bytes.length) {
      const byte = bytes[at]!
      switch (this.#state) {
        case SIZE_START:
        case SIZE: {
          const digit = HEX_VALUE[byte]!
          if (digit !== 255) {
            if (this.#state === SIZE_START) this.#digitCount = this.size = 0
            if (++this.#digitCount > SIZE_DIGITS_MAX) return this.#refuse('bad-chunk-size', at)
            this.size = this.size * 16 + digit
            this.#state = SIZE
            break
          }
          if (this.#state === SIZE && byte === CR) this.#state = SIZE_LF
          else if (this.#state === SIZE && byte === SEMICOLON) this.#state = EXTENSION_START
          else return this.#refuse(byte === LF ? 'bare-lf' : 'bad-chunk-size', at)
          break
        }
        case SIZE_LF:
          if (byte !== LF) return this.#refuse('bare-cr', at - 1)
          at++
          this.#state = this.size === 0 ? END : DATA
          return at
        case DATA_CR:
          if (byte !== CR) return this.#refuse('bad-chunk-end', at)
          this.#state = DATA_LF
          break
        case DATA_LF:
          if (byte !== LF) return this.#refuse('bad-chunk-end', at)
          this.#state = SIZE_START
          break
        default: {
          if (++this.#extensionBytes > this.#extensionBytesMax)
            return this.#refuse('chunk-extensions-too-large', at)
          const state = extensionStateAfter(this.#state, byte)
          if (state === REFUSED) return this.#refuse(byte === LF ? 'bare-lf' : 'bad-chunk-extension', at)
          this.#state = state
        }
      }
      at++
    }
    return at
  }

  #refuse(code: Http1ErrorCode, at: number): number {
    this.code = code
    return at
  }
}

const REFUSED = -1
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const QUOTE = 0x22
const BACKSLASH = 0x5c

function extensionStateAfter(state: number, byte: number): number {
  const isToken = TOKEN_LOWER[byte] !== 0
  switch (state) {
    case EXTENSION_START:
      return isToken ? EXTENSION_NAME : REFUSED
    case EXTENSION_NAME:
      if (isToken) return EXTENSION_NAME
      return byte === EQUALS ? EXTENSION_VALUE_START : endOf(byte)
    case EXTENSION_VALUE_START:
      if (byte === QUOTE) return QUOTED
      return isToken ? EXTENSION_VALUE : REFUSED
    case EXTENSION_VALUE:
      return isToken ? EXTENSION_VALUE : endOf(byte)
    case QUOTED:
      if (byte === QUOTE) return QUOTED_END
      if (byte === BACKSLASH) return ESCAPED
      return FIELD_VALUE[byte] === 1 ? QUOTED : REFUSED
    case ESCAPED:
      return FIELD_VALUE[byte] === 1 ? QUOTED : REFUSED
    default:
      return endOf(byte)
  }
}

function endOf(byte: number): number {
  if (byte === CR) return SIZE_LF
  return byte === SEMICOLON ? EXTENSION_START : REFUSED
}
