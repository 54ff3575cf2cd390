import { CAPTURE_WAIT_NS, CAPTURES_WAITING_MAX } from './captures-under-way.ts'
import type { CapturedHead } from './request-source.ts'

/** A captured request; its response where that came in time. What was noted with it comes with it. */
export interface CapturePair<Note> {
  readonly request: CapturedHead
  readonly response: CapturedHead | undefined
  readonly note: Note
}

interface Waiting<Note> {
  readonly request: CapturedHead
  readonly note: Note
}

/** Brings the heads of requests and those of their responses together. */
export class CapturePairs<Note> {
  readonly #waiting = new Map<string, Waiting<Note>>()
  readonly #onPair: (pair: CapturePair<Note>) => void
  #limitCount = 0

  constructor(onPair: (pair: CapturePair<Note>) => void) {
    this.#onPair = onPair
  }

  /** Requests that found no room; cumulative. */
  get limitCount(): number {
    return this.#limitCount
  }

  /** Notes something with a request until its response comes. */
  request(request: CapturedHead, note: Note): void {
    if (this.#waiting.size >= CAPTURES_WAITING_MAX) this.#limitCount++
    else this.#waiting.set(keyOf(request), { request, note })
  }

  /** One whose request was not kept is nothing. */
  response(response: CapturedHead): void {
    const key = keyOf(response)
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return
    this.#waiting.delete(key)
    this.#onPair({ ...waiting, response })
  }

  /** Gives up waiting where it was long. @param nowNs CLOCK_MONOTONIC */
  expire(nowNs: number): void {
    for (const [key, waiting] of this.#waiting) {
      // In the order in which they came.
      if (nowNs - waiting.request.atNs < CAPTURE_WAIT_NS) return
      this.#waiting.delete(key)
      this.#onPair({ ...waiting, response: undefined })
    }
  }
}

/** Two sockets of one connection have two cookies. */
function keyOf({ connection, request }: CapturedHead): string {
  return `${connection} ${request}`
}
