const HEAD_BYTES = 9

/** A frame of HTTP/2 (RFC 9113 4.1), for what no library sends. */
export function http2Frame(
  type: number,
  flags: number,
  stream: number,
  payload: ArrayLike<number> = [],
): Buffer {
  const frame = Buffer.alloc(HEAD_BYTES + payload.length)
  frame.writeUIntBE(payload.length, 0, 3)
  frame[3] = type
  frame[4] = flags
  frame.writeUInt32BE(stream, 5)
  frame.set(payload, HEAD_BYTES)
  return frame
}
