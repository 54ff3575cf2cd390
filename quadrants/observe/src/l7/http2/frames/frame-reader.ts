import { Http2Error } from '../http2-error.ts'
import { checkFrame, type FrameHead } from './check-frame.ts'
import { FrameBuffer } from './frame-buffer.ts'
import type { BlockHead, FrameSink, OpaqueReason } from './frame-sink.ts'
import {
  FRAME_BYTES_DEFAULT,
  FRAME_BYTES_MAX,
  FRAME_HEAD_BYTES,
  FrameFlag,
  FrameType,
  PREFACE,
} from './frame-type.ts'

/** A SETTINGS frame with more is no sound one: there are less than twenty settings. */
const SETTINGS_BYTES_MAX = 6 * 256
/** Frames whose payload an abridged direction has, and the longest one of which it does: bpf/http2-frame.h, `take_head`. */
const KEPT_TYPES: ReadonlySet<number> = new Set([
  FrameType.headers,
  FrameType.rstStream,
  FrameType.settings,
  FrameType.pushPromise,
  FrameType.goaway,
  FrameType.continuation,
])
const KEPT_BYTES_MAX = 65_536
/** Length of padding, and priority, before a header block's fragment. */
const BEFORE_FRAGMENT_BYTES = 6

export interface FrameReaderOptions {
  readonly sender: 'client' | 'server'
  /** Whether the first byte that comes is the connection's first. Otherwise it must be a frame's first. Default true. */
  readonly isFromStart?: boolean
  /**
   * Whether the bytes are those that `http2_record` of bpf/http.h has: payloads that tell nothing, and whole frames that
   * do not, are left out. Default false.
   */
  readonly isAbridged?: boolean
  /** Longest header block that is put together, of all its frames. Default 64 KiB. */
  readonly blockBytesMax?: number
}

/**
 * Reads the frames of one direction of an HTTP/2 connection (RFC 9113) from bytes that come in any pieces.
 *
 * Header blocks and what is about the connection is looked at; the rest is skipped by its length. Where bytes are
 * missing, it goes on only if the frame that they are of is known to end behind them: HTTP/2 has nothing to look for.
 */
export class FrameReader {
  readonly #sink: FrameSink
  readonly #isClient: boolean
  readonly #block: FrameBuffer
  readonly #payload: FrameBuffer
  readonly #blockBytesMax: number
  readonly #isAbridged: boolean
  /** Of the bytes that are being read. */
  #isPushAbridged: boolean
  /** The head of a frame, or the preface, as far as it is here. */
  readonly #head = new Uint8Array(PREFACE.length)
  #headBytes = 0
  #headNeed: number
  #isFirstFrame: boolean
  /** The frame that is being read; `#left` bytes of it are still to come. */
  readonly #frame: FrameHead = { length: 0, type: 0, flags: 0, streamId: 0 }
  #isInPayload = false
  #left = 0
  #frameOffset = 0
  #frameStartNs = 0
  #isPayloadKept = false
  #isPayloadLost = false
  #isPaddingDue = false
  #paddingBytes = 0
  /** The header block whose end is still to come. */
  #blockStreamId = 0
  #blockPromisedId = 0
  #isBlockEndStream = false
  #blockStartNs = 0
  #blockLost: 'gap' | 'limit' | undefined
  #isOpaque = false
  /** Something before was missing: a header block may go on that we know nothing of. */
  #skipsContinuation = false
  /** Longest frame that the sender may send. */
  frameBytesMax: number
  /** Bytes of this direction so far, missing ones included, left out ones not. */
  offset = 0
  /** Bytes of it that came after it had become opaque. */
  opaqueByteCount = 0
  /** Bytes that were missing. */
  missingByteCount = 0
  /** DATA frames whose padding was missing, so that it is counted as data. */
  unknownPaddingCount = 0
  /** Frames so far that began. */
  frameCount = 0

  constructor(sink: FrameSink, options: FrameReaderOptions) {
    const { sender, isFromStart = true, isAbridged = false, blockBytesMax = 65_536 } = options
    this.#sink = sink
    this.#isAbridged = this.#isPushAbridged = isAbridged
    this.#skipsContinuation = !isFromStart && isAbridged
    this.#isClient = sender === 'client'
    this.#isFirstFrame = isFromStart
    this.#headNeed = isFromStart && this.#isClient ? PREFACE.length : FRAME_HEAD_BYTES
    this.frameBytesMax = isFromStart ? FRAME_BYTES_DEFAULT : FRAME_BYTES_MAX
    this.#blockBytesMax = blockBytesMax
    this.#block = new FrameBuffer(blockBytesMax)
    this.#payload = new FrameBuffer(Math.max(SETTINGS_BYTES_MAX, blockBytesMax + 256 + BEFORE_FRAGMENT_BYTES))
  }

  get isOpaque(): boolean {
    return this.#isOpaque
  }

  /** Whether the next byte is a frame's first. */
  get isAtFrame(): boolean {
    return this.#headBytes === 0 && !this.#isInPayload
  }

  /** As `push`, where the direction is abridged and these bytes are not. */
  pushWhole(bytes: Uint8Array, timeNs: number): void {
    this.#isPushAbridged = false
    this.push(bytes, timeNs)
    this.#isPushAbridged = this.#isAbridged
  }

  /** The next bytes of the direction, and when they were there. */
  push(bytes: Uint8Array, timeNs: number): void {
    let at = 0
    const offset = this.offset
    try {
      while (at < bytes.length && !this.#isOpaque)
        at = this.#isInPayload ? this.#readPayload(bytes, at, timeNs) : this.#readHead(bytes, at, timeNs)
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error
      this.#giveUp(error.code, timeNs, error)
    }
    this.opaqueByteCount += offset + bytes.length - this.offset
    this.offset = offset + bytes.length
  }

  /** The next bytes are missing. @param byteCount undefined where nobody knows how many */
  miss(byteCount: number | undefined, timeNs: number): void {
    this.missingByteCount += byteCount ?? 0
    this.offset += byteCount ?? 0
    if (this.#isOpaque || byteCount === 0) return
    if (byteCount === undefined || !this.#isInPayload || byteCount > this.#left) {
      this.#giveUp('gap', timeNs)
      return
    }
    this.#isPayloadLost = true
    if (this.#isPaddingDue) this.unknownPaddingCount++
    this.#isPaddingDue = false
    this.#left -= byteCount
    if (this.#left === 0) this.#endFrame(this.#head, 0, 0, timeNs)
  }

  /** Nothing of this direction can be told from now on, for a reason that is not in its frames. */
  giveUp(reason: OpaqueReason, timeNs: number): void {
    if (!this.#isOpaque) this.#giveUp(reason, timeNs)
  }

  /** Whatever was before: the next byte is a frame's first. */
  resume(): void {
    this.#isOpaque = false
    this.#headBytes = 0
    this.#headNeed = FRAME_HEAD_BYTES
    this.#isFirstFrame = false
    this.#isInPayload = false
    this.#blockStreamId = 0
    this.#skipsContinuation = true
  }

  #giveUp(reason: OpaqueReason, timeNs: number, error?: Http2Error): void {
    this.#isOpaque = true
    this.#sink.opaque(reason, timeNs, error)
  }

  #readHead(bytes: Uint8Array, from: number, timeNs: number): number {
    if (this.#headBytes === 0) {
      this.#frameOffset = this.offset
      this.#frameStartNs = timeNs
      // As most do, it comes in one piece.
      if (this.#headNeed === FRAME_HEAD_BYTES && from + FRAME_HEAD_BYTES <= bytes.length) {
        this.offset += FRAME_HEAD_BYTES
        this.#parseHead(bytes, from)
        this.#beginFrame(timeNs)
        return from + FRAME_HEAD_BYTES
      }
    }
    let at = from
    const head = this.#head
    while (this.#headBytes < this.#headNeed && at < bytes.length) head[this.#headBytes++] = bytes[at++]!
    this.offset += at - from
    if (this.#headBytes < this.#headNeed) return at
    this.#headBytes = 0
    if (this.#headNeed === PREFACE.length) {
      if (!PREFACE.equals(head))
        throw new Http2Error('preface', this.#frameOffset, 'not the preface of HTTP/2')
      this.#headNeed = FRAME_HEAD_BYTES
      return at
    }
    this.#parseHead(head, 0)
    this.#beginFrame(timeNs)
    return at
  }

  #parseHead(bytes: Uint8Array, at: number): void {
    const frame = this.#frame
    frame.length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
    frame.type = bytes[at + 3]!
    frame.flags = bytes[at + 4]!
    frame.streamId =
      ((bytes[at + 5]! & 0x7f) << 24) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 8) | bytes[at + 8]!
  }

  #beginFrame(timeNs: number): void {
    const { length, type, flags } = this.#frame
    if (this.#isFirstFrame && (type !== FrameType.settings || (flags & FrameFlag.ack) !== 0))
      throw new Http2Error('preface', this.#frameOffset, 'the first frame is not SETTINGS')
    this.#isFirstFrame = false
    const isContinuation = type === FrameType.continuation
    if (this.#skipsContinuation) this.#skipsContinuation = isContinuation
    const isSkipped = this.#skipsContinuation
    if (!isSkipped) checkFrame(this.#frame, this.#frameOffset, this.frameBytesMax, this.#blockStreamId)
    this.frameCount++
    this.#left = length
    this.#isInPayload = true
    this.#isPayloadLost = false
    this.#isPayloadKept = false
    this.#paddingBytes = 0
    this.#isPaddingDue = type === FrameType.data && (flags & FrameFlag.padded) !== 0 && length > 0
    this.#payload.length = 0
    if (this.#isPushAbridged) this.#leaveOut()
    switch (type) {
      case FrameType.pushPromise:
      case FrameType.headers:
        if (type === FrameType.pushPromise && this.#isClient)
          throw new Http2Error('frame-order', this.#frameOffset, 'a client that pushes')
        this.#beginBlock()
        this.#keepFragment(length)
        break
      case FrameType.continuation:
        if (!isSkipped) this.#keepFragment(length)
        break
      case FrameType.settings:
        if (length > SETTINGS_BYTES_MAX)
          throw new Http2Error('frame-size', this.#frameOffset, `settings of ${length} bytes`)
        this.#isPayloadKept = true
        break
      case FrameType.rstStream:
      case FrameType.goaway:
        this.#isPayloadKept = true
        break
      default:
    }
    if (this.#left === 0) this.#endFrame(this.#head, 0, 0, timeNs)
  }

  /** What of the frame's payload is not among the bytes: the kernel's program has the same rule. */
  #leaveOut(): void {
    const { length, type } = this.#frame
    const isTold = KEPT_TYPES.has(type) && length <= KEPT_BYTES_MAX
    const told = isTold ? length : this.#isPaddingDue ? 1 : 0
    this.#isPayloadLost = KEPT_TYPES.has(type) && !isTold
    this.#left = told
  }

  #beginBlock(): void {
    this.#block.length = 0
    this.#blockLost = undefined
    this.#blockStreamId = this.#frame.streamId
    this.#blockPromisedId = this.#frame.type === FrameType.pushPromise ? -1 : 0
    this.#isBlockEndStream =
      this.#frame.type === FrameType.headers && (this.#frame.flags & FrameFlag.endStream) !== 0
    this.#blockStartNs = this.#frameStartNs
  }

  #keepFragment(length: number): void {
    this.#isPayloadKept = this.#blockLost === undefined
    if (!this.#isPayloadKept || length <= this.#blockBytesMax + 256 + BEFORE_FRAGMENT_BYTES) return
    this.#blockLost = 'limit'
    this.#isPayloadKept = false
  }

  #readPayload(bytes: Uint8Array, from: number, timeNs: number): number {
    const at = Math.min(bytes.length, from + this.#left)
    const { type, length } = this.#frame
    if (this.#isPaddingDue) {
      this.#isPaddingDue = false
      this.#paddingBytes = bytes[from]! + 1
      if (this.#paddingBytes > length) throw this.#paddingError()
    }
    const isWhole = this.#left === at - from
    this.#left -= at - from
    this.offset += at - from
    if (!this.#isPayloadKept || this.#isPayloadLost) {
      if (isWhole) this.#endFrame(this.#head, 0, 0, timeNs)
    } else if (isWhole && this.#payload.length === 0) this.#endFrame(bytes, from, at, timeNs)
    else {
      // The last frame of a connection may say a lot; only its beginning is of interest.
      if (type !== FrameType.goaway || this.#payload.length < 8)
        this.#payload.append(bytes, from, type === FrameType.goaway ? Math.min(at, from + 8) : at)
      if (isWhole) this.#endFrame(this.#payload.bytes, 0, this.#payload.length, timeNs)
    }
    return at
  }

  /** The frame is complete; `bytes` from `start` to `end` are its payload if that is kept. */
  #endFrame(bytes: Uint8Array, start: number, end: number, timeNs: number): void {
    this.#isInPayload = false
    const { type, flags, streamId, length } = this.#frame
    const isLost = this.#isPayloadLost
    switch (type) {
      case FrameType.data: {
        const isEndStream = (flags & FrameFlag.endStream) !== 0
        if ((flags & FrameFlag.padded) !== 0 && length === 0) throw this.#paddingError()
        this.#sink.data(streamId, length - this.#paddingBytes, isEndStream, timeNs)
        return
      }
      case FrameType.headers:
      case FrameType.pushPromise:
      case FrameType.continuation:
        if (this.#blockStreamId === 0) return
        if (isLost) this.#blockLost ??= 'gap'
        this.#endFragment(bytes, start, end, timeNs)
        return
      case FrameType.settings:
        if ((flags & FrameFlag.ack) !== 0) this.#sink.settingsAck()
        else this.#sink.settings(isLost ? undefined : settingsOf(bytes, start, end))
        return
      case FrameType.rstStream:
        this.#sink.reset(streamId, isLost ? undefined : u32(bytes, start), timeNs)
        return
      case FrameType.goaway:
        if (!isLost) this.#sink.goaway(u32(bytes, start) & 0x7fff_ffff, u32(bytes, start + 4), timeNs)
        return
      default:
    }
  }

  #endFragment(bytes: Uint8Array, from: number, to: number, timeNs: number): void {
    const { type, flags } = this.#frame
    let start = from
    let end = to
    if (this.#blockLost === undefined && type !== FrameType.continuation) {
      if ((flags & FrameFlag.padded) !== 0) {
        if (start === end) throw this.#paddingError()
        end -= bytes[start++]!
      }
      const extra = type === FrameType.pushPromise ? 4 : (flags & FrameFlag.priority) !== 0 ? 5 : 0
      if (start + extra > end) throw this.#paddingError()
      if (type === FrameType.pushPromise) this.#blockPromisedId = u32(bytes, start) & 0x7fff_ffff
      start += extra
    }
    const isEnd = (flags & FrameFlag.endHeaders) !== 0
    const isAlone = isEnd && type !== FrameType.continuation
    if (this.#blockLost === undefined && !isAlone && !this.#block.append(bytes, start, end))
      this.#blockLost = 'limit'
    if (!isEnd) return
    const head: BlockHead = {
      streamId: this.#blockStreamId,
      promisedId: this.#blockPromisedId,
      isEndStream: this.#isBlockEndStream,
      startNs: this.#blockStartNs,
      endNs: timeNs,
    }
    this.#blockStreamId = 0
    if (this.#blockLost !== undefined) this.#sink.headerBlockLost(head, this.#blockLost)
    else if (!isAlone) this.#sink.headerBlock(head, this.#block.bytes, 0, this.#block.length)
    else if (end - start > this.#blockBytesMax) this.#sink.headerBlockLost(head, 'limit')
    else this.#sink.headerBlock(head, bytes, start, end)
  }

  #paddingError(): Http2Error {
    return new Http2Error('frame-padding', this.#frameOffset, 'padding, or a priority, longer than its frame')
  }
}

function settingsOf(bytes: Uint8Array, start: number, end: number): Map<number, number> {
  const settings = new Map<number, number>()
  for (let at = start; at < end; at += 6) settings.set((bytes[at]! << 8) | bytes[at + 1]!, u32(bytes, at + 2))
  return settings
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
