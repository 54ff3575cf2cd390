import { STATUS_CODES } from 'node:http'
import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { COLON, TARGET_QUERY } from './byte-class.ts'
import { KNOWN, isFieldName } from './field-name.ts'
import { type Http1Error, http1Error } from './http1-error.ts'
import type { Framing } from './request-head.ts'
import { linesAsBytes } from './written-lines.ts'

/**
 * What the head says of its content: a number is a Content-Length. Of a head that was read it is
 * `head.contentLength ?? head.framing`. `close` is for responses alone.
 */
export type WrittenFraming = number | Exclude<Framing, 'length'>

/** What the head says of the connection: `upgrade` lets the field Upgrade through, and no other value does. */
export type WrittenConnection = 'keep-alive' | 'close' | 'upgrade'

/** Fields that are never written from the map: connection and framing are said by whoever writes. */
const LEFT_OUT = ''
const UPGRADE = '\r\nupgrade: '
const TE = '\r\nte: '

/** What stands in front of the value of a field that comes often: one piece less to be put together. */
const LINE_STARTS: ReadonlyMap<string, string> = new Map([
  ...KNOWN.map((name) => [name, `\r\n${name}: `] as const),
  ...['host', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'proxy-connection'].map(
    (name) => [name, LEFT_OUT] as const,
  ),
])

/**
 * A request's head as bytes. Nothing of the map can end a line, a head or a target: filters may have put anything there.
 *
 * @param connection undefined: HTTP/1.1 keeps it without saying so
 * @returns the bytes, or why there are none: `bad-pseudo-header`, `bad-field-name`, `bad-field-value`
 */
export function requestHead(
  headers: HeaderMap,
  framing: WrittenFraming,
  connection?: WrittenConnection,
): Buffer | Http1Error {
  let method = ''
  let authority = ''
  let path = ''
  let at = 0
  for (; at < headers.size && headers.names[at]!.charCodeAt(0) === COLON; at++) {
    const value = headers.values[at]!
    switch (headers.names[at]) {
      case ':method':
        method = value
        break
      case ':authority':
        authority = value
        break
      case ':path':
        path = value
        break
      case ':scheme':
        break
      default:
        // `:protocol` and the like: what they say cannot be said here.
        return http1Error('bad-pseudo-header', 0)
    }
  }
  if (method === 'CONNECT') path = authority
  if (!isMethod(method) || !isTarget(path) || framing === 'close') return http1Error('bad-pseudo-header', 0)
  return written(
    `${method} ${path} HTTP/1.1\r\nhost: ${authority}`,
    2,
    headers,
    at,
    framing,
    connection,
    true,
  )
}

/**
 * A response's head as bytes; otherwise as `requestHead`. Of the status 100 to 199, 204 and 304 it is the caller's to have
 * no content, and to HTTP/1.0 none that is chunked.
 */
export function responseHead(
  headers: HeaderMap,
  framing: WrittenFraming,
  connection?: WrittenConnection,
): Buffer | Http1Error {
  const status = headers.names[0] === ':status' ? headers.values[0]! : ''
  const line = STATUS_LINES.get(status) ?? statusLine(status)
  if (line === undefined || headers.names[1]?.charCodeAt(0) === COLON)
    return http1Error('bad-pseudo-header', 0)
  return written(line, 1, headers, 1, framing, framing === 'close' ? 'close' : connection, false)
}

const STATUS_LINES: ReadonlyMap<string, string> = new Map(
  Object.entries(STATUS_CODES).map(([status, reason]) => [status, `HTTP/1.1 ${status} ${reason}`]),
)

function statusLine(status: string): string | undefined {
  return /^[1-5]\d\d$/.test(status) ? `HTTP/1.1 ${status} ` : undefined
}

/** @param lineCount of the lines in `start`, whose last has no end */
function written(
  start: string,
  lineCount: number,
  headers: HeaderMap,
  first: number,
  framing: WrittenFraming,
  connection: WrittenConnection | undefined,
  isRequest: boolean,
): Buffer | Http1Error {
  const { names, values } = headers
  let text = start
  let lines = lineCount
  let options: string = connection ?? ''
  for (let i = first; i < names.length; i++) {
    const name = names[i]!
    const value = values[i]!
    let lineStart = LINE_STARTS.get(name)
    if (lineStart === undefined) {
      if (!isFieldName(name)) return http1Error('bad-field-name', 0)
      lineStart = `\r\n${name}: `
    } else if (lineStart === LEFT_OUT) continue
    else if (lineStart === UPGRADE && connection !== 'upgrade') continue
    else if (lineStart === TE) {
      if (!isRequest || value !== 'trailers') continue
      options = options === '' ? 'te' : `${options}, te`
    }
    text = text + lineStart + value
    lines++
  }
  if (options !== '') {
    text += `\r\nconnection: ${options}`
    lines++
  }
  if (framing === 'chunked') {
    text += '\r\ntransfer-encoding: chunked'
    lines++
  } else if (typeof framing === 'number') {
    if (!Number.isSafeInteger(framing) || framing < 0) return http1Error('bad-field-value', 0)
    text += `\r\ncontent-length: ${framing}`
    lines++
  }
  return linesAsBytes(`${text}\r\n\r\n`, lines + 1)
}

function isMethod(method: string): boolean {
  return method === 'GET' || method === 'POST' || /^[!#$%&'*+.^_`|~\w-]+$/.test(method)
}

function isTarget(target: string): boolean {
  for (let i = 0; i < target.length; i++) {
    const code = target.charCodeAt(i)
    if (code > 0x7e || TARGET_QUERY[code] === 0) return false
  }
  return target.length > 0
}
