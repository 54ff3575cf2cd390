/** A frame of HTTP/2 (RFC 9113 4.1), for what no library sends. @param stream below 256 @param payload below 256 bytes */
export function http2Frame(type: number, flags: number, stream: number, payload: readonly number[]): Buffer {
  return Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, stream, ...payload])
}
