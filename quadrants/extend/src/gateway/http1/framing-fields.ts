import { dropBlank, skipBlank } from './byte-class.ts'
import { readConnectionOptions } from './connection-options.ts'
import { FieldId, knownId, knownName, otherName } from './field-name.ts'
import { type HeadScanner, PLACE_COUNT } from './head-scanner.ts'
import type { Http1ErrorCode } from './http1-error.ts'

/** A petabyte less one: what no body has, and what is far from where numbers lose their units. */
const LENGTH_DIGITS_MAX = 15

/**
 * The fields of one head, from the places that a scan found: all of them into arrays, and what those say that frame the
 * message or its connection. One object a connection, for one head after the other.
 */
export class FramingFields {
  contentLength: number | undefined
  isChunked = false
  isClose = false
  isKeepAlive = false
  isUpgrade = false
  upgrade: string | undefined
  isExpectContinue = false
  /** Some field is only for this connection, see `removeHopByHop`. */
  hasHopByHop = false
  /** Head-relative bounds of Host's value; both 0 where it is missing. */
  hostStart = 0
  hostEnd = 0
  /** Bytes of the names and values. */
  byteLength = 0
  /** Head-relative, of the field that was refused. */
  errorAt = 0

  /**
   * @param base of the head in `bytes`
   * @param text the head
   * @param names the fields are appended here, lower-case, and their values there; but Host of a request
   */
  read(
    scanner: HeadScanner,
    bytes: Buffer,
    base: number,
    text: string,
    names: string[],
    values: string[],
    isRequest: boolean,
  ): Http1ErrorCode | undefined {
    this.contentLength = this.upgrade = undefined
    this.isChunked = this.isClose = this.isKeepAlive = this.isUpgrade = false
    this.isExpectContinue = this.hasHopByHop = false
    this.hostStart = this.hostEnd = 0
    const { places, fieldCount } = scanner
    let byteLength = 0
    for (let place = 0; place < fieldCount * PLACE_COUNT; place += PLACE_COUNT) {
      const nameStart = places[place]!
      const colon = places[place + 1]!
      const start = skipBlank(bytes, base + colon + 1, base + places[place + 2]!) - base
      const end = dropBlank(bytes, base + start, base + places[place + 2]!) - base
      const id = knownId(bytes, base + nameStart, base + colon)
      const value = text.substring(start, end)
      if (id === FieldId.host && isRequest) {
        if (this.hostEnd !== 0) {
          this.errorAt = nameStart
          return 'duplicate-host'
        }
        this.hostStart = start
        this.hostEnd = end
        continue
      }
      if (id > FieldId.host && id < FieldId.other) {
        // White space by RFC 9110 5.6.3; llhttp takes it for a part of the coding.
        const isTabBehind =
          id === FieldId.transferEncoding && text.substring(end, places[place + 2]).includes('\t')
        const code = isTabBehind ? 'bad-transfer-encoding' : this.#readField(id, value)
        if (code !== undefined) {
          this.errorAt = nameStart
          return code
        }
      }
      names.push(id >= 0 ? knownName(id) : otherName(bytes, base + nameStart, base + colon))
      values.push(value)
      byteLength += colon - nameStart + end - start
    }
    this.byteLength = byteLength
    this.errorAt = 0
    if (this.isChunked && this.contentLength !== undefined) return 'te-and-cl'
    if (this.isChunked && scanner.minor === 0) return 'te-in-http10'
    return undefined
  }

  #readField(id: number, value: string): Http1ErrorCode | undefined {
    if (id === FieldId.contentLength) return this.#readContentLength(value)
    if (id === FieldId.expect) {
      this.isExpectContinue = value.length === 12 && value.toLowerCase() === '100-continue'
      return undefined
    }
    this.hasHopByHop = true
    if (id === FieldId.transferEncoding) return this.#readTransferEncoding(value)
    if (id === FieldId.connection) readConnectionOptions(value, this)
    if (id === FieldId.upgrade)
      this.upgrade = this.upgrade === undefined ? value : `${this.upgrade}, ${value}`
    return undefined
  }

  #readContentLength(value: string): Http1ErrorCode | undefined {
    if (this.contentLength !== undefined || value.includes(',')) return 'duplicate-content-length'
    if (value.length === 0 || value.length > LENGTH_DIGITS_MAX) return 'bad-content-length'
    let length = 0
    for (let i = 0; i < value.length; i++) {
      const digit = value.charCodeAt(i) - 0x30
      if (digit < 0 || digit > 9) return 'bad-content-length'
      length = length * 10 + digit
    }
    this.contentLength = length
    return undefined
  }

  #readTransferEncoding(value: string): Http1ErrorCode | undefined {
    if (this.isChunked) return 'duplicate-transfer-encoding'
    this.isChunked = value === 'chunked' || value.toLowerCase() === 'chunked'
    if (this.isChunked) return undefined
    const codings = value.split(',').map((coding) => coding.trim().toLowerCase())
    const isList = codings.every((coding) => CODING.test(coding))
    return isList && codings.some((coding) => coding !== 'chunked')
      ? 'unknown-transfer-coding'
      : 'bad-transfer-encoding'
  }
}

/** A coding without parameters, which none of them has. */
const CODING = /^[!#$%&'*+.^_`|~\w-]+$/
