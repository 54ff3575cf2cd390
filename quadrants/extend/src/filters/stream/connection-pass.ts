import { BodyBuffer, IterationStatus } from '@quadrant/wasm/proxy-wasm'

/** One filter on the way of one direction of a connection: told all that it has not let go yet. */
export type ConnectionHop = (data: BodyBuffer, isEnd: boolean) => IterationStatus

/** Where one direction of a connection goes when it has come through. */
export interface ConnectionPassSink {
  data(bytes: Uint8Array, isEnd: boolean): void
  hold(isHeld: boolean): void
}

/** What a filter has of one direction. */
class Place {
  readonly hop: ConnectionHop
  readonly data = new BodyBuffer()
  isEnd = false
  /** It stopped, and is called again when more comes. */
  isHeld = false
  /** Its callback runs, which may ask to go on before it returns. */
  isCalled = false
  isContinueAsked = false

  constructor(hop: ConnectionHop) {
    this.hop = hop
  }
}

/**
 * One direction of a connection through filters. What a filter stops at stays with it, and it is told again of all of it
 * when more comes; what it lets go is not shown to it again, whatever those behind it do.
 */
export class ConnectionPass {
  readonly #places: readonly Place[]
  readonly #sink: ConnectionPassSink
  readonly #heldBytesMax: number
  readonly #through = new BodyBuffer()
  #heldBytes = 0
  #isSourceHeld = false
  #isOver = false

  /** @param heldBytesMax with more of it lying here whoever sends waits */
  constructor(hops: readonly ConnectionHop[], sink: ConnectionPassSink, heldBytesMax: number) {
    this.#places = hops.map((hop) => new Place(hop))
    this.#sink = sink
    this.#heldBytesMax = heldBytesMax
  }

  /** The bytes become the pass's. */
  write(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isOver) return
    const [first] = this.#places
    if (first === undefined) {
      this.#sink.data(bytes, isEnd)
      return
    }
    first.data.append(bytes)
    this.#heldBytes += bytes.length
    this.#run(0, isEnd)
  }

  /** Whether a filter has stopped, and not let go on what it has. */
  get isHolding(): boolean {
    return this.#places.some(({ isHeld }) => isHeld)
  }

  /** A filter that stopped lets go on what it has. */
  continue(index: number): void {
    const place = this.#places[index]
    if (this.#isOver || place === undefined) return
    if (place.isCalled) place.isContinueAsked = true
    else if (place.isHeld) {
      place.isHeld = false
      this.#hand(index)
    }
  }

  /** Nothing goes on any more. */
  end(): void {
    this.#isOver = true
    for (const { data } of this.#places) data.clear()
  }

  #run(index: number, isEnd: boolean): void {
    const place = this.#places[index]!
    place.isEnd ||= isEnd
    place.isCalled = true
    const lengthBefore = place.data.length
    const status = place.hop(place.data, place.isEnd)
    place.isCalled = false
    // Filters make it longer or shorter.
    this.#heldBytes += place.data.length - lengthBefore
    const mayGoOn = status === IterationStatus.CONTINUE || place.isContinueAsked
    place.isContinueAsked = false
    place.isHeld = !mayGoOn
    if (this.#isOver) return
    if (mayGoOn) this.#hand(index)
    else this.#tellHeld()
  }

  /** To the next one, where there is something. */
  #hand(index: number): void {
    const { data, isEnd } = this.#places[index]!
    const next = this.#places[index + 1]
    if (data.length > 0 || isEnd) {
      if (next !== undefined) {
        next.data.take(data)
        this.#run(index + 1, isEnd)
        return
      }
      this.#heldBytes -= data.length
      this.#through.take(data)
      const bytes = this.#through.bytes()
      this.#through.clear()
      this.#sink.data(bytes, isEnd)
    }
    this.#tellHeld()
  }

  #tellHeld(): void {
    const isHeld = this.#heldBytes > this.#heldBytesMax
    if (isHeld === this.#isSourceHeld || this.#isOver) return
    this.#isSourceHeld = isHeld
    this.#sink.hold(isHeld)
  }
}
