/** What frames a message's body (RFC 9112, section 6): a length, chunks, the connection's end, or what is not read. */
export type Framing = number | 'chunked' | 'close' | 'tunnel' | 'unknown'

/** The start line and fields of a message of HTTP/1, as far as they are needed. */
export interface Http1Head {
  readonly version: '1.0' | '1.1'
  /** Of a request. */
  readonly method: string
  readonly target: string
  /** Of a response. */
  readonly status: number
  readonly host: string | undefined
  /** Undefined: none is named. NaN: it cannot be read. */
  readonly contentLength: number | undefined
  /** The last transfer coding, in lower case. */
  readonly coding: string | undefined
  /** All that came, names in lower case; none where they are not collected. */
  readonly fields: readonly (readonly [name: string, value: string])[]
}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([^\s]+) HTTP\/(1\.[01])$/
const STATUS_LINE = /^HTTP\/(1\.[01]) ([1-9][0-9]{2})(?: .*)?$/
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:/
/** Of `host`, `content-length` and `transfer-encoding`: names of other lengths are not read. */
const NAME_LENGTHS: ReadonlySet<number> = new Set([4, 14, 17])
const NO_FIELDS: Http1Head['fields'] = []

/** Collects a head line by line. */
export class HeadBuilder {
  readonly #isRequest: boolean
  #head: { -readonly [K in keyof Http1Head]: Http1Head[K] } | undefined
  #fields: [name: string, value: string][] = []
  /** Whether all fields of what begins from now on are kept. */
  isCollecting = false
  #keepsFields = false

  constructor(isRequest: boolean) {
    this.#isRequest = isRequest
  }

  /** Whether no line was added. */
  get isEmpty(): boolean {
    return this.#head === undefined
  }

  /** Whether a line, without its end, can stand there. */
  add(line: string): boolean {
    return this.#head === undefined ? this.#start(line) : this.#field(line)
  }

  /** What was collected; the next line is a start line. */
  take(): Http1Head {
    const head = this.#head!
    if (this.#keepsFields) head.fields = this.#fields
    this.clear()
    return head
  }

  clear(): void {
    this.#head = undefined
    this.#fields = []
  }

  #start(line: string): boolean {
    const found = (this.#isRequest ? REQUEST_LINE : STATUS_LINE).exec(line)
    if (found === null) return false
    const version = found[this.#isRequest ? 3 : 1] as Http1Head['version']
    this.#keepsFields = this.isCollecting
    this.#head = {
      version,
      method: this.#isRequest ? found[1]! : '',
      target: this.#isRequest ? found[2]! : '',
      status: this.#isRequest ? 0 : Number(found[2]),
      host: undefined,
      contentLength: undefined,
      coding: undefined,
      fields: NO_FIELDS,
    }
    return true
  }

  #field(line: string): boolean {
    // A line that goes on (RFC 9112, section 5.2): nobody sends them; the value is not ours to join.
    if (line.startsWith(' ') || line.startsWith('\t')) return true
    if (!FIELD_NAME.test(line)) return false
    const colon = line.indexOf(':')
    if (!this.#keepsFields && !NAME_LENGTHS.has(colon)) return true
    const name = line.slice(0, colon).toLowerCase()
    const head = this.#head!
    if (name === 'content-length') head.contentLength = lengthOf(line.slice(colon + 1), head.contentLength)
    else if (name === 'transfer-encoding')
      head.coding = line
        .slice(Math.max(colon, line.lastIndexOf(',')) + 1)
        .trim()
        .toLowerCase()
    else if (name === 'host') head.host ??= line.slice(colon + 1).trim()
    if (this.#keepsFields) this.#fields.push([name, line.slice(colon + 1).trim()])
    return true
  }
}

/** Lengths that are named twice must be the same (RFC 9112, section 6.3). */
function lengthOf(text: string, before: number | undefined): number {
  const lengths = text
    .split(',')
    .map((one) => (/^[ \t]*\d{1,15}[ \t]*$/.test(one) ? Number(one) : Number.NaN))
  const [first = Number.NaN] = lengths
  const isOne = lengths.every((one) => one === first) && (before === undefined || before === first)
  return isOne ? first : Number.NaN
}

/** Of a request. */
export function requestFraming({ contentLength, coding }: Http1Head): Framing {
  if (coding !== undefined) return coding === 'chunked' ? 'chunked' : 'unknown'
  if (contentLength === undefined) return 0
  return Number.isNaN(contentLength) ? 'unknown' : contentLength
}

/** Of a response. @param method of the request; undefined where there is none: what a server says unasked has its body */
export function responseFraming(head: Http1Head, method: string | undefined): Framing {
  const { status, contentLength, coding } = head
  if (status === 101) return 'tunnel'
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return 0
  if (method === 'CONNECT' && status < 300) return 'tunnel'
  if (coding !== undefined) return coding === 'chunked' ? 'chunked' : 'close'
  if (contentLength === undefined) return 'close'
  return Number.isNaN(contentLength) ? 'unknown' : contentLength
}
