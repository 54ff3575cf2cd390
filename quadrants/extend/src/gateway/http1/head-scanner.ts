import {
  COLON,
  CR,
  FIELD_VALUE,
  LF,
  SPACE,
  TAB,
  TARGET_PATH,
  TARGET_QUERY,
  TOKEN_LOWER,
} from './byte-class.ts'
import type { Http1ErrorCode } from './http1-error.ts'
import type { Http1Limits } from './http1-limits.ts'

/** Where a scan is between two bytes. */
const REQUEST_START = 0
const LEADING_LF = 1
const METHOD = 2
const PATH = 3
const QUERY = 4
const REQUEST_VERSION = 5
const STATUS_VERSION = 6
const STATUS = 7
const STATUS_END = 8
const REASON = 9
const START_LINE_LF = 10
const FIELD_START = 11
const NAME = 12
const VALUE = 13
const VALUE_LF = 14
const HEAD_LF = 15

/** Longest registered method has 17 (UPDATEREDIRECTREF). */
const METHOD_BYTES_MAX = 32
const VERSION = 'HTTP/'
const VERSION_BYTES = 8
/** Numbers that are kept of a field. */
export const PLACE_COUNT = 3

/** More bytes are needed. */
export const INCOMPLETE = -1
/** `code` says what is wrong with the byte at `errorAt`. */
export const REFUSED = -2

export type SectionKind = 'request' | 'response' | 'trailers'

const FIRST_STATE = { request: REQUEST_START, response: STATUS_VERSION, trailers: FIELD_START } as const

/**
 * Finds where the parts of a head lie, in one look at each byte, in any pieces; builds no strings. Grammar of RFC 9112 2
 * to 5, without what that leaves to the recipient's leniency: lines end in CRLF, one space separates, nothing folds.
 *
 * ```
 *  GET /a?b HTTP/1.1␍␊  host:  example.com ␍␊ ␍␊
 *     ▲    ▲            ▲   ▲▲             ▲
 *     │    targetEnd    places[0] … [2]    with white space: whoever has all bytes takes it off
 *     methodEnd
 * ```
 */
export class HeadScanner {
  /** `PLACE_COUNT` a field: first byte of its name, colon, end of the value. */
  places = new Int32Array(16 * PLACE_COUNT)
  fieldCount = 0
  methodStart = 0
  methodEnd = 0
  /** Its `?`, or `targetEnd` where it has none. */
  queryStart = 0
  targetEnd = 0
  minor = 0
  status = 0
  /** Bytes of the head so far. */
  length = 0
  code: Http1ErrorCode = 'bad-request-line'
  errorAt = 0
  #state: number = REQUEST_START
  #isTrailers = false
  /** Of the version, as far as it is here; digits of the status. */
  #count = 0
  readonly #limits: Http1Limits

  constructor(limits: Http1Limits) {
    this.#limits = limits
  }

  /** Nothing of a message is here, but an empty line that may come before one. */
  get isBlank(): boolean {
    return this.length === 0 || (this.#state === REQUEST_START && this.length === 2)
  }

  begin(kind: SectionKind): void {
    this.#state = FIRST_STATE[kind]
    this.#isTrailers = kind === 'trailers'
    this.fieldCount = 0
    this.methodStart = 0
    this.status = 0
    this.length = 0
    this.#count = 0
  }

  /**
   * @param from where in `bytes` the head begins, or goes on
   * @returns where the byte after the head is, or `INCOMPLETE`, or `REFUSED`
   */
  scan(bytes: Uint8Array, from: number): number {
    const { requestLineBytesMax, headBytesMax, trailerBytesMax, fieldCountMax } = this.#limits
    const base = from - this.length
    const limit = base + (this.#isTrailers ? trailerBytesMax : headBytesMax)
    const end = Math.min(bytes.length, limit)
    const lineLimit = base + requestLineBytesMax
    const lineEnd = Math.min(end, lineLimit)
    let state = this.#state
    let at = from
    while (at < end) {
      switch (state) {
        case NAME: {
          while (at < end && TOKEN_LOWER[bytes[at]!] !== 0) at++
          if (at === end) break
          const place = this.fieldCount * PLACE_COUNT
          if (bytes[at] !== COLON || at - base === this.places[place])
            return this.#refuse(nameCode(bytes[at]!), at)
          this.places[place + 1] = at - base
          at++
          state = VALUE
          break
        }
        case VALUE: {
          while (at < end && FIELD_VALUE[bytes[at]!] === 1) at++
          if (at === end) break
          if (bytes[at] !== CR) return this.#refuse(valueCode(bytes[at]!), at)
          this.places[this.fieldCount * PLACE_COUNT + 2] = at - base
          this.fieldCount++
          at++
          state = VALUE_LF
          break
        }
        case VALUE_LF:
        case START_LINE_LF:
          if (bytes[at] !== LF) return this.#refuse('bare-cr', at - 1)
          at++
          state = FIELD_START
          break
        case FIELD_START: {
          at = this.#scanWholeFields(bytes, at, end, base)
          if (at === end) break
          const byte = bytes[at]!
          if (byte === CR) {
            at++
            state = HEAD_LF
            break
          }
          if (byte === SPACE || byte === TAB) return this.#refuse('obs-fold', at)
          if (this.fieldCount === fieldCountMax) return this.#refuse('too-many-fields', at)
          const place = this.fieldCount * PLACE_COUNT
          if (place === this.places.length) this.#growPlaces()
          this.places[place] = at - base
          state = NAME
          break
        }
        case HEAD_LF:
          if (bytes[at] !== LF) return this.#refuse('bare-cr', at - 1)
          at++
          this.length = at - base
          return at
        case REQUEST_START: {
          const byte = bytes[at]!
          if (byte === CR) {
            if (this.methodStart !== 0) return this.#refuse('empty-lines', at)
            at++
            state = LEADING_LF
            break
          }
          if (TOKEN_LOWER[byte] === 0) return this.#refuse(lineCode(byte), at)
          state = METHOD
          break
        }
        case LEADING_LF:
          if (bytes[at] !== LF) return this.#refuse('bare-cr', at - 1)
          at++
          this.methodStart = 2
          state = REQUEST_START
          break
        case METHOD: {
          const methodLimit = base + this.methodStart + METHOD_BYTES_MAX
          const methodEnd = Math.min(end, methodLimit + 1)
          while (at < methodEnd && TOKEN_LOWER[bytes[at]!] !== 0) at++
          if (at > methodLimit) return this.#refuse('method-too-long', methodLimit)
          if (at === end) break
          if (bytes[at] !== SPACE) return this.#refuse(lineCode(bytes[at]!), at)
          this.methodEnd = at - base
          at++
          state = PATH
          break
        }
        case PATH:
        case QUERY: {
          const table = state === PATH ? TARGET_PATH : TARGET_QUERY
          while (at < lineEnd && table[bytes[at]!] === 1) at++
          if (at >= lineLimit) return this.#refuse('target-too-long', lineLimit)
          if (at === end) break
          const byte = bytes[at]!
          if (state === PATH) this.queryStart = at - base
          if (byte === QUESTION_MARK && state === PATH) {
            at++
            state = QUERY
            break
          }
          if (byte !== SPACE) return this.#refuse(targetCode(byte), at)
          if (at - base === this.methodEnd + 1) return this.#refuse('bad-request-line', at)
          this.targetEnd = at - base
          at++
          this.#count = 0
          state = REQUEST_VERSION
          break
        }
        case REQUEST_VERSION:
        case STATUS_VERSION: {
          const byte = bytes[at]!
          if (this.#count < VERSION_BYTES) {
            const code = this.#versionCode(byte, state === STATUS_VERSION)
            if (code !== undefined) return this.#refuse(code, at)
            at++
            break
          }
          if (state === REQUEST_VERSION) {
            if (byte !== CR) return this.#refuse(lineCode(byte), at)
            state = START_LINE_LF
          } else {
            if (byte !== SPACE) return this.#refuse('bad-status-line', at)
            this.#count = 0
            state = STATUS
          }
          at++
          break
        }
        case STATUS: {
          const digit = bytes[at]! - 0x30
          // 1xx to 5xx: what a status above means nobody knows (RFC 9110 15).
          if (digit < 0 || digit > 9 || (this.#count === 0 && (digit < 1 || digit > 5)))
            return this.#refuse('bad-status-line', at)
          this.status = this.status * 10 + digit
          at++
          if (++this.#count === 3) state = STATUS_END
          break
        }
        case STATUS_END:
          // The space before an empty reason is missing often, and nothing can come of that.
          if (bytes[at] === CR) state = START_LINE_LF
          else if (bytes[at] === SPACE) state = REASON
          else return this.#refuse(bytes[at] === LF ? 'bare-lf' : 'bad-status-line', at)
          at++
          break
        case REASON:
          while (at < end && FIELD_VALUE[bytes[at]!] === 1) at++
          if (at === end) break
          if (bytes[at] !== CR) return this.#refuse(bytes[at] === LF ? 'bare-lf' : 'bad-status-line', at)
          at++
          state = START_LINE_LF
          break
        default:
          throw new RangeError(`no state ${state}`)
      }
    }
    if (at === limit) return this.#refuse(this.#isTrailers ? 'trailers-too-large' : 'head-too-large', at)
    this.#state = state
    this.length = at - base
    return INCOMPLETE
  }

  /**
   * The same as the states from `FIELD_START` to `VALUE_LF`, for fields that are whole and right: twice as fast. Returns
   * where the first line begins that is not, or for which there is no place.
   */
  #scanWholeFields(bytes: Uint8Array, from: number, end: number, base: number): number {
    const { places } = this
    let place = this.fieldCount * PLACE_COUNT
    const placeEnd = Math.min(places.length, this.#limits.fieldCountMax * PLACE_COUNT)
    let start = from
    while (place < placeEnd) {
      let at = start
      while (at < end && TOKEN_LOWER[bytes[at]!] !== 0) at++
      if (at === start || at === end || bytes[at] !== COLON) break
      const colon = at++
      let byte = 0
      // Compared, not looked up: that is faster, and most bytes of a head are here.
      while (at < end && (((byte = bytes[at]!) >= SPACE && byte !== DEL) || byte === TAB)) at++
      if (at + 1 >= end || byte !== CR || bytes[at + 1] !== LF) break
      places[place] = start - base
      places[place + 1] = colon - base
      places[place + 2] = at - base
      place += PLACE_COUNT
      start = at + 2
    }
    this.fieldCount = place / PLACE_COUNT
    return start
  }

  #versionCode(byte: number, isStatusLine: boolean): Http1ErrorCode | undefined {
    const index = this.#count++
    const isSyntax =
      index < VERSION.length
        ? byte === VERSION.charCodeAt(index)
        : index === 6
          ? byte === POINT
          : byte >= 0x30 && byte <= 0x39
    if (!isSyntax) {
      if (byte === LF) return 'bare-lf'
      if (isStatusLine) return 'bad-status-line'
      return byte === SPACE || byte === CR ? 'bad-request-line' : 'bad-version'
    }
    if (index === 5 && byte !== ONE) return 'unsupported-version'
    if (index === 7) {
      if (byte > ONE) return 'unsupported-version'
      this.minor = byte - 0x30
    }
    return undefined
  }

  #refuse(code: Http1ErrorCode, at: number): number {
    this.code = code
    this.errorAt = at
    return REFUSED
  }

  #growPlaces(): void {
    const larger = new Int32Array(this.places.length * 2)
    larger.set(this.places)
    this.places = larger
  }
}

const QUESTION_MARK = 0x3f
const DEL = 0x7f
const POINT = 0x2e
const ONE = 0x31

function nameCode(byte: number): Http1ErrorCode {
  if (byte === LF) return 'bare-lf'
  return byte === SPACE || byte === TAB ? 'space-before-colon' : 'bad-field-name'
}

function valueCode(byte: number): Http1ErrorCode {
  return byte === LF ? 'bare-lf' : 'bad-field-value'
}

function lineCode(byte: number): Http1ErrorCode {
  return byte === LF ? 'bare-lf' : 'bad-request-line'
}

function targetCode(byte: number): Http1ErrorCode {
  if (byte === LF) return 'bare-lf'
  return byte === CR ? 'bad-request-line' : 'bad-target'
}
