import { WINDOW_FRAMES } from '../journal/limits.ts'

/** Frames sent in this session and not acknowledged. */
export class InFlight {
  readonly #windowBytes: number
  readonly #frames: { seq: number; bytes: number }[] = []
  #bytes = 0

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0
  }

  /** One more may go out: the same rule by which the journal keeps what may have been sent. */
  get hasRoom(): boolean {
    return this.#frames.length < WINDOW_FRAMES && this.#bytes < this.#windowBytes
  }

  /** The oldest. */
  get first(): { readonly seq: number; readonly bytes: number } | undefined {
    return this.#frames[0]
  }

  add(seq: number, bytes: number): void {
    this.#frames.push({ seq, bytes })
    this.#bytes += bytes
  }

  acknowledge(seq: number): void {
    while (this.#frames.length > 0 && this.#frames[0]!.seq <= seq) this.#bytes -= this.#frames.shift()!.bytes
  }
}
