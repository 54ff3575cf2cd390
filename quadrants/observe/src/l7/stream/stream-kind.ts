import { FRAME_HEAD_BYTES, FrameFlag, FrameType, PREFACE } from '../http2/frames/frame-type.ts'
import { REQUEST_METHODS } from '../request-source.ts'

/** Who sent bytes that begin a connection, by its protocol; `wait`: more of them tell; `other`: nothing that is known here. */
export type StreamStart =
  | { readonly protocol: 'http/1' | 'http/2'; readonly sender: 'client' | 'server' }
  | 'wait'
  | 'other'

const RESPONSE = Buffer.from('HTTP/1.', 'latin1')
const METHODS = REQUEST_METHODS.map((method) => Buffer.from(`${method} `, 'latin1'))
/** First bytes of header blocks that only requests or only responses have (RFC 7541, appendix A): method, status. */
const METHOD_FIELDS = new Set([0x82, 0x83])
const STATUS_FIELDS = new Set([0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e])

/** Tells by the first bytes of a direction. @param isFromStart whether they are the connection's first */
export function startOf(bytes: Uint8Array, isFromStart: boolean): StreamStart {
  let isShort = false
  for (const [text, start] of STARTS) {
    const count = Math.min(text.length, bytes.length)
    let at = 0
    while (at < count && text[at] === bytes[at]) at++
    if (at === text.length) return start
    if (at === bytes.length) isShort = true
  }
  if (isShort) return 'wait'
  return (isFromStart ? settingsOf(bytes) : framesOf(bytes)) ?? 'other'
}

const STARTS: readonly (readonly [Uint8Array, StreamStart])[] = [
  [PREFACE, { protocol: 'http/2', sender: 'client' }],
  [RESPONSE, { protocol: 'http/1', sender: 'server' }],
  ...METHODS.map((text) => [text, { protocol: 'http/1', sender: 'client' }] as const),
]

/** A server of HTTP/2 may speak first: with SETTINGS. */
function settingsOf(bytes: Uint8Array): StreamStart | undefined {
  const [a, b = 0, c = 0, type, flags, ...stream] = bytes.subarray(0, FRAME_HEAD_BYTES)
  if (bytes.length < FRAME_HEAD_BYTES || a !== 0 || type !== FrameType.settings || flags !== 0)
    return undefined
  const isWhole = ((b << 8) | c) % 6 === 0 && stream.every((byte) => byte === 0)
  return isWhole ? { protocol: 'http/2', sender: 'server' } : undefined
}

/** Of a connection that was there before: frames to the last byte, with a header block that only one side sends. */
function framesOf(bytes: Uint8Array): StreamStart | undefined {
  let sender: 'client' | 'server' | undefined
  for (let at = 0; at < bytes.length;) {
    if (at + FRAME_HEAD_BYTES > bytes.length) return undefined
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
    const type = bytes[at + 3]!
    const next = at + FRAME_HEAD_BYTES + length
    if (type > FrameType.continuation || bytes[at + 5]! > 127 || next > bytes.length) return undefined
    if (type === FrameType.headers && (bytes[at + 4]! & (FrameFlag.padded | FrameFlag.priority)) === 0) {
      const field = bytes[at + FRAME_HEAD_BYTES] ?? 0
      if (METHOD_FIELDS.has(field)) sender ??= 'client'
      else if (STATUS_FIELDS.has(field)) sender ??= 'server'
    }
    at = next
  }
  return sender && { protocol: 'http/2', sender }
}
