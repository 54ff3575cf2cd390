import type { HpackDecoder } from '../hpack/hpack-decoder.ts'
import type { FrameReader } from './frame-reader.ts'
import { FRAME_BYTES_DEFAULT, FRAME_BYTES_MAX, Setting } from './frame-type.ts'

/** Settings that wait to be acknowledged; a sound peer has one or two. */
const PENDING_MAX = 16

interface Announced {
  /** Undefined: not in these settings. */
  readonly tableBytes: number | undefined
  readonly frameBytes: number | undefined
}

const UNSEEN: Announced = { tableBytes: undefined, frameBytes: undefined }

/**
 * What one side may send, as the other side's SETTINGS say. They hold from the acknowledgement on, which stands in the
 * sender's own direction (RFC 9113, section 6.5.3); what is larger is taken before that, too.
 */
export class PeerLimits {
  readonly #reader: FrameReader
  readonly #decoder: HpackDecoder
  readonly #pending: Announced[] = []
  /** Acknowledgements of settings that did not come by yet. */
  #earlyAcks = 0
  /** Undefined: not known. */
  #tableBytes: number | undefined
  #frameBytes: number

  /** @param tableBytes what holds before any settings; undefined where there may have been some */
  constructor(reader: FrameReader, decoder: HpackDecoder, tableBytes: number | undefined) {
    this.#reader = reader
    this.#decoder = decoder
    this.#tableBytes = tableBytes
    this.#frameBytes = tableBytes === undefined ? FRAME_BYTES_MAX : FRAME_BYTES_DEFAULT
  }

  /** The other side wants this. Undefined: it said something, and nobody saw what. */
  announce(settings: ReadonlyMap<number, number> | undefined): void {
    const frameBytes = settings?.get(Setting.maxFrameSize)
    const announced: Announced =
      settings === undefined
        ? { tableBytes: Infinity, frameBytes: FRAME_BYTES_MAX }
        : {
            tableBytes: settings.get(Setting.headerTableSize),
            frameBytes: frameBytes === undefined ? undefined : Math.min(frameBytes, FRAME_BYTES_MAX),
          }
    if (this.#earlyAcks > 0) {
      this.#earlyAcks--
      this.#apply(announced)
      return
    }
    this.#pending.push(announced)
    // Whoever has so many in flight is not understood any more: what it wants is taken as agreed.
    if (this.#pending.length > PENDING_MAX) this.#apply(this.#pending.shift()!)
    this.#widen()
  }

  acknowledge(): void {
    const announced = this.#pending.shift()
    if (announced === undefined) this.#earlyAcks++
    this.#apply(announced ?? UNSEEN)
    this.#widen()
  }

  #apply({ tableBytes, frameBytes }: Announced): void {
    if (tableBytes !== undefined) {
      this.#tableBytes = tableBytes === Infinity ? undefined : tableBytes
      this.#decoder.allowTable(this.#tableBytes)
    }
    this.#frameBytes = frameBytes ?? this.#frameBytes
    this.#widen()
  }

  #widen(): void {
    const isUnsure = this.#earlyAcks > 0 || this.#tableBytes === undefined
    let tableBytes = this.#tableBytes ?? Infinity
    let frameBytes = this.#earlyAcks > 0 ? FRAME_BYTES_MAX : this.#frameBytes
    for (const announced of this.#pending) {
      tableBytes = Math.max(tableBytes, announced.tableBytes ?? 0)
      frameBytes = Math.max(frameBytes, announced.frameBytes ?? 0)
    }
    this.#decoder.widenTable(isUnsure ? undefined : tableBytes)
    this.#reader.frameBytesMax = frameBytes
  }
}
