/**
 * What xDS responses are made of, written by hand: resources are encoded once for all streams, and a response is no
 * more than their bytes one after another between a head and a nonce (protobuf encoding, "Last one wins" and "Field
 * order": fields of a message may come in any order).
 */

const LENGTH_DELIMITED = 2

/** A field of bytes or text: tag, length, content. */
export function field(number: number, content: Uint8Array | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const tag = (number << 3) | LENGTH_DELIMITED
  const written = Buffer.allocUnsafe(varintBytes(tag) + varintBytes(bytes.length) + bytes.length)
  const offset = writeVarint(written, writeVarint(written, 0, tag), bytes.length)
  written.set(bytes, offset)
  return written
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 0x7f; rest >>>= 7) bytes++
  return bytes
}

function writeVarint(target: Buffer, start: number, value: number): number {
  let offset = start
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) target[offset++] = (rest & 0x7f) | 0x80
  target[offset++] = rest
  return offset
}
