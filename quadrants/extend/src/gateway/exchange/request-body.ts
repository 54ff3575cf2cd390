import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { UpstreamStream } from '../upstream/upstream-stream.ts'

/**
 * The body of a request while it has no upstream yet, and afterwards as long as it may have to be sent again: up to a
 * limit. Over it what was sent is forgotten, and the request cannot be tried again.
 */
export class RequestBody {
  readonly #replayBytesMax: number
  #chunks: Uint8Array[] = []
  #trailers: HeaderMap | undefined
  /** Of chunks that this try has not sent yet. */
  waitingBytes = 0
  #keptBytes = 0
  #sentCount = 0
  isEnded = false
  /** All of it, so far, is here. */
  isReplayable = true

  /** @param replayBytesMax 0: what was sent is forgotten at once */
  constructor(replayBytesMax: number) {
    this.#replayBytesMax = replayBytesMax
  }

  add(bytes: Uint8Array, isEnd: boolean): void {
    if (bytes.length > 0) {
      this.#chunks.push(bytes)
      this.waitingBytes += bytes.length
      this.#keptBytes += bytes.length
    }
    if (isEnd) this.isEnded = true
  }

  end(trailers: HeaderMap): void {
    this.#trailers = trailers
    this.isEnded = true
  }

  /** The next try sends all of it again. */
  rewind(): void {
    this.#sentCount = 0
    this.waitingBytes = this.#keptBytes
  }

  /**
   * All that has not been sent yet. False: the upstream takes no more for now. The stream may fail meanwhile, and have the
   * body rewound: so what is kept is settled first.
   */
  sendTo(stream: UpstreamStream): boolean {
    let isWritable = true
    const chunks = this.#chunks
    const from = this.#sentCount
    const { length } = chunks
    const isLast = this.isEnded && this.#trailers === undefined
    this.#sentCount = length
    this.waitingBytes = 0
    if (this.#keptBytes > this.#replayBytesMax) {
      this.isReplayable = false
      this.#chunks = []
      this.#sentCount = 0
      this.#keptBytes = 0
    }
    for (let index = from; index < length; index++)
      isWritable = stream.requestBody(chunks[index]!, isLast && index === length - 1)
    if (isLast && from === length) stream.requestBody(NOTHING, true)
    if (this.#trailers !== undefined) stream.requestTrailers(this.#trailers)
    return isWritable
  }
}

const NOTHING = new Uint8Array(0)
