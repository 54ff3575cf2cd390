import type { Http2Error } from '../http2-error.ts'

/** Why a direction cannot be read any further: bytes are missing whose end nobody knows, or they are not HTTP/2. */
export type OpaqueReason = 'gap' | Http2Error['code']

/** The part of a header block that tells what it is for. */
export interface BlockHead {
  readonly streamId: number
  /** The stream that is promised, of PUSH_PROMISE, or -1 where its bytes are missing; otherwise 0. */
  readonly promisedId: number
  readonly isEndStream: boolean
  /** When the first and the last bytes of its frames were there, in the caller's time base. */
  readonly startNs: number
  readonly endNs: number
}

/**
 * Is told what the frames of one direction say, as soon as each is complete. Times are those of the piece with the
 * frame's last byte, in the caller's time base.
 */
export interface FrameSink {
  /** A whole header block; the bytes are good during the call only. */
  headerBlock(head: BlockHead, bytes: Uint8Array, start: number, end: number): void
  /** There was a header block, but bytes of it are missing, or it is longer than `blockBytesMax`. */
  headerBlockLost(head: BlockHead, reason: 'gap' | 'limit'): void
  /** @param byteCount without padding */
  data(streamId: number, byteCount: number, isEndStream: boolean, timeNs: number): void
  /** Settings with their values, in their order. Undefined: bytes of them are missing. */
  settings(settings: ReadonlyMap<number, number> | undefined): void
  settingsAck(): void
  /** @param code undefined where its bytes are missing */
  reset(streamId: number, code: number | undefined, timeNs: number): void
  goaway(lastStreamId: number, code: number, timeNs: number): void
  /** Nothing more is told of this direction. @param error what is wrong with its bytes, unless they are only missing */
  opaque(reason: OpaqueReason, timeNs: number, error: Http2Error | undefined): void
}
