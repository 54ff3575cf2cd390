/** Bytes of a message that a filter is given; a stream with a longer one ends. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024
const PREFIX_BYTES = 5

/** A message with its prefix: a byte that says that it is not compressed, and its length (gRPC's PROTOCOL-HTTP2). */
export function grpcFrame(message: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, PREFIX_BYTES)
  return frame
}

/** Takes messages out of the bytes of a body, in whatever pieces these come. */
export class GrpcFrames {
  #rest: Buffer = Buffer.alloc(0)

  /** False where what comes is too long, or compressed, which nobody asked for. */
  add(bytes: Uint8Array, message: (message: Uint8Array) => void): boolean {
    let buffer = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes])
    while (buffer.length >= PREFIX_BYTES) {
      const length = buffer.readUInt32BE(1)
      if (buffer[0] !== 0 || length > MESSAGE_BYTES_MAX) return false
      if (buffer.length < PREFIX_BYTES + length) break
      message(buffer.subarray(PREFIX_BYTES, PREFIX_BYTES + length))
      buffer = buffer.subarray(PREFIX_BYTES + length)
    }
    this.#rest = buffer
    return true
  }

  /** Whether a message has begun that did not end. */
  get isInMessage(): boolean {
    return this.#rest.length > 0
  }
}
