import { Http2Error } from '../http2-error.ts'
import { FrameFlag, FrameType } from './frame-type.ts'

export interface FrameHead {
  length: number
  type: number
  flags: number
  streamId: number
}

/** Types by whether they are of the connection (stream 0), of a stream, or either. Others are not known and skipped. */
const OF_CONNECTION: ReadonlySet<number> = new Set([FrameType.settings, FrameType.ping, FrameType.goaway])
const OF_EITHER: ReadonlySet<number> = new Set([FrameType.windowUpdate])
/** Lengths that types must have. A PRIORITY of another length is an error of its stream alone. */
const LENGTHS: Readonly<Record<number, number>> = {
  [FrameType.rstStream]: 4,
  [FrameType.ping]: 8,
  [FrameType.windowUpdate]: 4,
}

/**
 * What a connection must be given up for (RFC 9113, sections 4 and 6), as far as the frame's head tells.
 *
 * @param bytesMax longest frame that may be sent
 * @param blockStreamId the stream whose header block is not complete; 0: none
 * @throws {Http2Error} with this offset
 */
export function checkFrame(
  { length, type, flags, streamId }: FrameHead,
  offset: number,
  bytesMax: number,
  blockStreamId: number,
): void {
  if (length > bytesMax)
    fail(offset, 'frame-size', `a frame of ${length} bytes, at most ${bytesMax} are allowed`)
  if (blockStreamId !== 0) {
    if (type !== FrameType.continuation || streamId !== blockStreamId)
      fail(
        offset,
        'frame-order',
        `a frame of type ${type} within the header block of stream ${blockStreamId}`,
      )
  } else if (type === FrameType.continuation) fail(offset, 'frame-order', 'a continuation of no header block')
  if (type > FrameType.continuation) return
  if (OF_CONNECTION.has(type) ? streamId !== 0 : streamId === 0 && !OF_EITHER.has(type))
    fail(offset, 'frame-stream', `a frame of type ${type} on stream ${streamId}`)
  if (type === FrameType.settings) {
    const isAck = (flags & FrameFlag.ack) !== 0
    if (isAck ? length !== 0 : length % 6 !== 0) fail(offset, 'frame-size', `settings of ${length} bytes`)
  } else if (type === FrameType.goaway ? length < 8 : length !== (LENGTHS[type] ?? length))
    fail(offset, 'frame-size', `a frame of type ${type} with ${length} bytes`)
}

function fail(offset: number, code: Http2Error['code'], message: string): never {
  throw new Http2Error(code, offset, message)
}
