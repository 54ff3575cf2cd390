/** `enum http2_flag` of bpf/http.h. */
export const RecordFlag = { fromStart: 1, closed: 2, whole: 4, unorderedFrom: 8, ordered: 16 } as const

/** Frames of one direction of a connection, as `struct http2_record` of bpf/http.h has them. */
export interface Http2Record {
  /** Socket cookie. */
  readonly connection: number
  /** When its packet passed, of the kernel's monotonic clock. */
  readonly atNs: number
  /** Slot of the server in `HttpTables`. */
  readonly server: number
  /** Index in `enum peer_class`. */
  readonly peer: number
  /** Slot of the client there; 0 where it is not told apart. */
  readonly client: number
  readonly sender: 'client' | 'server'
  /** Of the direction's records: where one is left out, something is missing. */
  readonly number: number
  /** TCP's, of the first byte of the packet, or of these bytes where they are whole. */
  readonly sequence: number
  /** Where packets are out of order from here on: so many bytes are of a frame that was told, and tell nothing. */
  readonly left: number
  /** Of the first bytes: those of a frame whose head an earlier record has; no fewer than they are. */
  readonly before: number
  readonly flags: number
  /** Good during the call only. */
  readonly bytes: Uint8Array
}
