import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { type MetricsMessage, REQUEST_SCHEMAS, type Signal, type TracesMessage } from './signal.ts'
import { countItems } from './wire/count-items.ts'

/** A parcel's content, decoded. */
export type Content =
  | { readonly signal: 'metrics'; readonly message: MetricsMessage }
  | { readonly signal: 'traces'; readonly message: TracesMessage }

/**
 * What travels through a pipeline: an OTLP export request, encoded as it came. Nothing decodes it but a processor that
 * has to look inside, and then the next one finds it decoded; it is encoded again where bytes are wanted.
 */
export class Parcel {
  readonly signal: Signal
  /** Spans, or data points. */
  readonly itemCount: number
  #bytes: Uint8Array | undefined
  readonly #content: Content | undefined

  private constructor(
    signal: Signal,
    itemCount: number,
    bytes: Uint8Array | undefined,
    content: Content | undefined,
  ) {
    this.signal = signal
    this.itemCount = itemCount
    this.#bytes = bytes
    this.#content = content
  }

  /** Of bytes that were checked, and hold so many items. */
  static ofBytes(signal: Signal, bytes: Uint8Array, itemCount: number): Parcel {
    return new Parcel(signal, itemCount, bytes, undefined)
  }

  /** Of a message that is the caller's own. */
  static ofContent(content: Content): Parcel {
    return new Parcel(content.signal, countItems(content), undefined, content)
  }

  get bytes(): Uint8Array {
    this.#bytes ??= encode(this.#content!)
    return this.#bytes
  }

  /**
   * The content. Of a parcel made of bytes it is decoded with each call, and the caller's own. One made of content is
   * held by one chain of processors, which may change it, until it reaches exporters, which only read.
   */
  content(): Content {
    return this.#content ?? decode(this.signal, this.#bytes!)
  }
}

function decode(signal: Signal, bytes: Uint8Array): Content {
  return signal === 'metrics'
    ? { signal, message: fromBinary(REQUEST_SCHEMAS.metrics, bytes) }
    : { signal, message: fromBinary(REQUEST_SCHEMAS.traces, bytes) }
}

function encode(content: Content): Uint8Array {
  return content.signal === 'metrics'
    ? toBinary(REQUEST_SCHEMAS.metrics, content.message)
    : toBinary(REQUEST_SCHEMAS.traces, content.message)
}
