/** `enum stream_flag` of bpf/stream.h. */
export const StreamFlag = { sent: 1, fromStart: 2, closed: 4, client: 8, server: 16, tls: 32 } as const

/** Bytes of one direction of a connection, as `struct stream_record` of bpf/stream.h has them. */
export interface StreamRecord {
  /** Socket cookie. */
  readonly connection: number
  /** Of cgroup v2, of the process. */
  readonly cgroupId: number
  /** When the call began to send, or was done receiving, of the kernel's monotonic clock. */
  readonly atNs: number
  /** Of the first byte, in its direction, modulo 2^32. Where it starts is open. */
  readonly offset: number
  /** Bytes that this record stands for: no fewer than there are. */
  readonly length: number
  readonly pid: number
  /** As `IpAddress` of lib/core prints them. */
  readonly localAddress: string
  readonly remoteAddress: string
  readonly localPort: number
  readonly remotePort: number
  readonly flags: number
  /** From the first one on, as many as were copied. Good during the call only. */
  readonly bytes: Uint8Array
}

/** Takes records in the order in which they were written. */
export type StreamSink = (record: StreamRecord) => void
