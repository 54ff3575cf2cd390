import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { FramingFields } from './framing-fields.ts'
import type { HeadScanner } from './head-scanner.ts'
import type { Framing, HeadResult } from './request-head.ts'

/** What a response answers: its framing depends on that. */
export interface AskedRequest {
  readonly method: string
  /** Whether it offered to go on in another protocol, so that 101 may come. */
  readonly isUpgrade: boolean
}

export interface ResponseHead {
  readonly status: number
  readonly minor: number
  /** `:status`, then all fields. */
  readonly headers: HeaderMap
  /** `upgrade` for 101 and for 2xx to CONNECT. */
  readonly framing: Framing
  /** Also where no content follows: what GET would have got (HEAD), or what has not changed (304). */
  readonly contentLength: number | undefined
  /** No content follows, and no trailers; after an interim head another does. */
  readonly isEnd: boolean
  /** Whether the server leaves the connection open for another request. */
  readonly keepAlive: boolean
  /** 1xx other than 101: another head follows, for the same request. */
  readonly isInterim: boolean
  /** What 101 goes on in. */
  readonly upgrade: string | undefined
  readonly hasHopByHop: boolean
  /** Of the head. */
  readonly byteLength: number
}

/** @param base of the head in `bytes` */
export function readResponseHead(
  scanner: HeadScanner,
  fields: FramingFields,
  bytes: Buffer,
  base: number,
  asked: AskedRequest,
): HeadResult<ResponseHead> {
  const { status, minor, length } = scanner
  const text = bytes.toString('latin1', base, base + length)
  const statusText = text.substring(STATUS_START, STATUS_START + 3)
  const names = [':status']
  const values = [statusText]
  const code = fields.read(scanner, bytes, base, text, names, values, false)
  if (code !== undefined) return { code, at: fields.errorAt }
  const headers = new HeaderMap(names, values, fields.byteLength + statusText.length + names[0]!.length)
  const { isChunked } = fields
  let { contentLength } = fields
  let framing: Framing = isChunked ? 'chunked' : contentLength === undefined ? 'close' : 'length'
  if (status < 200 && (minor === 0 || fields.isClose)) return { code: 'bad-interim', at: 0 }
  const isBodiless = status < 200 || status === 204
  if (isBodiless || (asked.method === 'CONNECT' && status < 300)) {
    if (isBodiless && (isChunked || (contentLength ?? 0) > 0)) return { code: 'body-not-allowed', at: 0 }
    if (status === 101 && !asked.isUpgrade) return { code: 'unexpected-upgrade', at: 0 }
    // It must not be there (RFC 9110 8.6), or means nothing (9.3.6).
    headers.remove('content-length')
    contentLength = undefined
    framing = status === 101 || (asked.method === 'CONNECT' && status >= 200) ? 'upgrade' : 'none'
  } else if (asked.method === 'HEAD' || status === 304) framing = 'none'
  const isOpen = minor === 1 ? !fields.isClose : fields.isKeepAlive && !fields.isClose
  return {
    status,
    minor,
    headers,
    framing,
    contentLength,
    isEnd: framing === 'none' || (framing === 'length' && contentLength === 0),
    keepAlive: isOpen && framing !== 'close' && framing !== 'upgrade',
    isInterim: status < 200 && status !== 101,
    upgrade: status === 101 ? fields.upgrade : undefined,
    hasHopByHop: fields.hasHopByHop,
    byteLength: length,
  }
}

const STATUS_START = 9
