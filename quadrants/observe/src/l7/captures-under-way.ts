import type { CapturedExchange } from './captured-exchange.ts'

/** For so long a response is waited for, from the request on: then a capture is told as it is. */
export const CAPTURE_WAIT_NS = 30e9
/** Captured requests that wait for their responses. */
export const CAPTURES_WAITING_MAX = 1024

/** A captured exchange, and what was noted with it when it began. */
export interface NotedCapture<Note> {
  readonly exchange: CapturedExchange
  readonly note: Note
}

/** Captured exchanges that grow until they are over. */
export class CapturesUnderWay<Note> {
  #waiting: NotedCapture<Note>[] = []
  #limitCount = 0

  /** Exchanges that found no room; cumulative. */
  get limitCount(): number {
    return this.#limitCount
  }

  add(exchange: CapturedExchange, note: Note): void {
    if (this.#waiting.length >= CAPTURES_WAITING_MAX) this.#limitCount++
    else this.#waiting.push({ exchange, note })
  }

  /** Those that are over, or were waited for for long enough. @param nowNs CLOCK_MONOTONIC */
  take(nowNs: number): readonly NotedCapture<Note>[] {
    const { done = [], waiting = [] } = Object.groupBy(this.#waiting, ({ exchange }) =>
      exchange.isOver || nowNs - exchange.startNs >= CAPTURE_WAIT_NS ? 'done' : 'waiting',
    )
    this.#waiting = waiting
    return done
  }
}
