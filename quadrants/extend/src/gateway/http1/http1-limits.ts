/** What one message may have at most. Each is a number of bytes, or of what its name says. */
export interface Http1Limits {
  /** Method and target. RFC 9112 3 asks for 8000 at least; what is longer does not pass other servers. */
  readonly requestLineBytesMax: number
  /** Of the start line and all fields. Of it as much is kept, a connection, while a head is on its way. */
  readonly headBytesMax: number
  /** Of a head, and again of trailers: what is done with each field is paid by its count, not by its bytes. */
  readonly fieldCountMax: number
  readonly trailerBytesMax: number
  /** Extensions of all chunks of a message together. Nobody uses them, so they would be bytes outside of any count. */
  readonly chunkExtensionBytesMax: number
  /** Of content, whichever way it is framed. */
  readonly bodyBytesMax: number
}

export const HTTP1_LIMITS: Http1Limits = {
  requestLineBytesMax: 8192,
  headBytesMax: 65_536,
  fieldCountMax: 100,
  trailerBytesMax: 8192,
  chunkExtensionBytesMax: 4096,
  bodyBytesMax: Number.MAX_SAFE_INTEGER,
}
