import type { BlockHead } from '../frames/frame-sink.ts'
import type { WatchExchange } from './exchange-watch.ts'
import type { MessageFields } from './message-fields.ts'
import type { OpenStream } from './open-stream.ts'
import type { StreamTable } from './stream-table.ts'

type Side = 'client' | 'server'

/**
 * Joins what both directions say of each stream (RFC 9113, sections 5.1 and 8.1).
 *
 * A client's streams have odd ids that only grow, so that a block of the client on a higher one begins an exchange.
 */
export class StreamPairing {
  readonly #streams: StreamTable
  readonly #isFromStart: boolean
  readonly #watch: WatchExchange | undefined
  /** Ids of the client's streams whose beginning we saw. 0: none. */
  #firstId = 0
  #lastId = 0
  /** Highest id of the server's own streams, and of exchanges that were over before the client's side came by. */
  #lastPushedId = 0
  #lastEarlyId = 0
  /** Open exchanges whose request did not come by; `#endSkipped` has to look at no others. */
  readonly #earlyIds = new Set<number>()
  /** The one of them that was reset last: the server may still be sending on it. */
  #resetEarlyId = 0
  strayFrameCount = 0

  constructor(streams: StreamTable, isFromStart: boolean, watch: WatchExchange | undefined) {
    this.#streams = streams
    this.#watch = watch
    this.#isFromStart = isFromStart
  }

  block(sender: Side, head: BlockHead, fields: MessageFields): void {
    const { streamId, isEndStream, startNs, endNs } = head
    if (sender === 'client') {
      this.#requestBlock(head, fields)
      return
    }
    if (head.promisedId !== 0) {
      this.#promise(head, fields)
      return
    }
    const stream = this.#streams.get(streamId) ?? this.#early(streamId)
    if (!stream || stream.responseEndNs !== undefined) {
      this.strayFrameCount++
      return
    }
    stream.response(fields, startNs, isEndStream)
    if (isEndStream) this.#endResponse(stream, endNs)
  }

  data(sender: Side, streamId: number, byteCount: number, isEnd: boolean, timeNs: number): void {
    const stream = this.#streams.get(streamId) ?? (sender === 'server' ? this.#early(streamId) : undefined)
    const endedNs = sender === 'client' ? stream?.requestEndNs : stream?.responseEndNs
    if (!stream || endedNs !== undefined) {
      this.strayFrameCount++
      return
    }
    if (sender === 'client') stream.requestBytes += byteCount
    else stream.responseBytes += byteCount
    if (!isEnd) return
    if (sender === 'client') this.#endRequest(stream, timeNs)
    else this.#endResponse(stream, timeNs)
  }

  reset(sender: Side, streamId: number, code: number | undefined, timeNs: number): void {
    const stream = this.#streams.get(streamId)
    if (!stream) {
      // Streams are often reset when they are over, to say that no more of them is wanted.
      this.strayFrameCount++
      return
    }
    stream.errorCode = code
    stream.resetBy = sender
    if (this.#earlyIds.delete(streamId)) this.#resetEarlyId = streamId
    this.#streams.end(stream, 'reset', timeNs)
  }

  /** The sender will look at no stream of the other side above this id. */
  goaway(sender: Side, lastStreamId: number, code: number, timeNs: number): void {
    this.#streams.endAll('goaway', timeNs, (stream) => {
      const isRefused = stream.isPushed === (sender === 'client') && stream.streamId > lastStreamId
      if (isRefused) stream.errorCode = code
      if (isRefused) this.#earlyIds.delete(stream.streamId)
      return isRefused
    })
  }

  #requestBlock({ streamId, isEndStream, startNs, endNs }: BlockHead, fields: MessageFields): void {
    let stream = this.#streams.get(streamId)
    const isNew = streamId > this.#lastId && streamId > this.#lastEarlyId && streamId % 2 === 1
    // Trailers of a request that began before we looked begin nothing.
    const isLateTrailer =
      !this.#isFromStart && isEndStream && fields.method === undefined && !fields.hasUnknown
    if (isNew && !isLateTrailer) {
      if (this.#firstId === 0) this.#firstId = streamId
      this.#lastId = streamId
      this.#earlyIds.delete(streamId)
      this.#endSkipped(streamId, startNs)
      stream ??= this.#streams.open(streamId, false)
      stream?.request(fields, startNs)
      if (stream && fields.isCollecting) stream.watch(this.#watch?.(stream, fields))
    }
    if (!stream || stream.requestEndNs !== undefined) {
      if (!isNew) this.strayFrameCount++
      return
    }
    if (isEndStream) this.#endRequest(stream, endNs)
  }

  #promise({ promisedId, startNs, endNs }: BlockHead, fields: MessageFields): void {
    if (promisedId % 2 !== 0 || promisedId <= this.#lastPushedId) {
      this.strayFrameCount++
      return
    }
    this.#lastPushedId = promisedId
    const stream = this.#streams.open(promisedId, true)
    stream?.request(fields, startNs)
    if (stream) stream.requestEndNs = endNs
  }

  /**
   * The server answers on a stream that we did not see begin: it began before we looked, or its client's side comes by
   * later, or it is of an upgrade from HTTP/1.1.
   */
  #early(streamId: number): OpenStream | undefined {
    if (streamId % 2 !== 1 || streamId === this.#resetEarlyId) return undefined
    if (!this.#isBefore(streamId) && streamId <= this.#lastId) return undefined
    // What does not fit would be counted again with each of its frames.
    if (this.#streams.isFull) return undefined
    this.#earlyIds.add(streamId)
    return this.#streams.open(streamId, false)
  }

  /** Whether the stream may have begun before we looked. */
  #isBefore(streamId: number): boolean {
    return !this.#isFromStart && (this.#firstId === 0 || streamId < this.#firstId)
  }

  #endRequest(stream: OpenStream, timeNs: number): void {
    stream.requestEndNs = timeNs
    if (stream.responseEndNs === undefined) return
    this.#earlyIds.delete(stream.streamId)
    this.#streams.end(stream, 'complete', timeNs)
  }

  #endResponse(stream: OpenStream, timeNs: number): void {
    stream.responseEndNs = timeNs
    const { streamId, requestStartNs, requestEndNs } = stream
    const isEarly = requestStartNs === undefined && this.#isBefore(streamId)
    if (requestEndNs === undefined && !isEarly) return
    this.#earlyIds.delete(streamId)
    if (isEarly) this.#lastEarlyId = Math.max(this.#lastEarlyId, streamId)
    this.#streams.end(stream, 'complete', timeNs)
  }

  /** A stream below this one that has not begun will not (RFC 9113, section 5.1.1). */
  #endSkipped(streamId: number, timeNs: number): void {
    for (const earlyId of this.#earlyIds) {
      const stream = this.#streams.get(earlyId)
      if (!stream || earlyId > streamId || stream.responseEndNs === undefined) continue
      this.#earlyIds.delete(earlyId)
      this.#streams.end(stream, 'complete', timeNs)
    }
  }
}
