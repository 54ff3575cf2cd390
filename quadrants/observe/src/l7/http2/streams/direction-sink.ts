import type { BlockHead, FrameSink, OpaqueReason } from '../frames/frame-sink.ts'
import type { PeerLimits } from '../frames/peer-limits.ts'
import type { HpackDecoder } from '../hpack/hpack-decoder.ts'
import { Http2Error } from '../http2-error.ts'
import { KnownBlocks } from './known-blocks.ts'
import { MessageFields } from './message-fields.ts'
import type { StreamPairing } from './stream-pairing.ts'

type GiveUp = (reason: OpaqueReason, timeNs: number, error: Http2Error | undefined) => void

/** Takes the frames of one direction: decodes its header blocks, and hands on what streams and settings say. */
export class DirectionSink implements FrameSink {
  readonly #sender: 'client' | 'server'
  readonly #decoder: HpackDecoder
  readonly #pairing: StreamPairing
  readonly #giveUp: GiveUp
  readonly #fields = new MessageFields()
  readonly #known = new KnownBlocks()
  #own: PeerLimits | undefined
  #others: PeerLimits | undefined
  lostBlockCount = 0

  constructor(sender: 'client' | 'server', decoder: HpackDecoder, pairing: StreamPairing, giveUp: GiveUp) {
    this.#sender = sender
    this.#decoder = decoder
    this.#pairing = pairing
    this.#giveUp = giveUp
  }

  /** @param own what this sender may send @param others what the other side may, which this one's settings say */
  join(own: PeerLimits, others: PeerLimits): void {
    this.#own = own
    this.#others = others
  }

  /** See `Http2Connection.collect`. @param names undefined: no more */
  collect(names: ReadonlySet<string> | undefined): void {
    this.#fields.collect(names)
  }

  /** Frames are missing: header blocks and settings may be among them. */
  resume(): void {
    this.#decoder.lose()
    this.#others?.announce(undefined)
  }

  headerBlock(head: BlockHead, bytes: Uint8Array, start: number, end: number): void {
    const { version, longStringCount } = this.#decoder
    const known = this.#known.find(version, bytes, start, end)
    if (known) {
      this.#pairing.block(this.#sender, head, known)
      return
    }
    this.#fields.reset()
    try {
      const unknownCount = this.#decoder.decode(bytes, start, end, this.#fields)
      if (unknownCount > 0) this.#fields.miss(unknownCount)
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error
      if (error.code !== 'hpack-list-limit') {
        this.#giveUp(error.code, head.endNs, error)
        return
      }
      // The peers may well go on: only we have a limit there.
      this.headerBlockLost(head)
      return
    }
    // What counts something has to be decoded each time.
    if (!this.#fields.hasUnknown && this.#decoder.longStringCount === longStringCount)
      this.#known.keep(this.#decoder.version, version, bytes, start, end, this.#fields)
    this.#pairing.block(this.#sender, head, this.#fields)
  }

  headerBlockLost(head: BlockHead): void {
    this.lostBlockCount++
    this.#decoder.lose()
    this.#fields.reset()
    this.#fields.miss(0)
    this.#pairing.block(this.#sender, head, this.#fields)
  }

  data(streamId: number, byteCount: number, isEndStream: boolean, timeNs: number): void {
    this.#pairing.data(this.#sender, streamId, byteCount, isEndStream, timeNs)
  }

  settings(settings: ReadonlyMap<number, number> | undefined): void {
    this.#others?.announce(settings)
  }

  settingsAck(): void {
    this.#own?.acknowledge()
  }

  reset(streamId: number, code: number | undefined, timeNs: number): void {
    this.#pairing.reset(this.#sender, streamId, code, timeNs)
  }

  goaway(lastStreamId: number, code: number, timeNs: number): void {
    this.#pairing.goaway(this.#sender, lastStreamId, code, timeNs)
  }

  opaque(reason: OpaqueReason, timeNs: number, error: Http2Error | undefined): void {
    this.#giveUp(reason, timeNs, error)
  }
}
