import { monitorEventLoopDelay } from 'node:perf_hooks'

type IntervalHistogram = ReturnType<typeof monitorEventLoopDelay>

const RESOLUTION_MS = 20

/** Longest time that the event loop was held up, of the last minute. */
export class LoopLag implements Disposable {
  #current: IntervalHistogram = start()
  #beforeUs = 0
  readonly #timer: NodeJS.Timeout

  constructor() {
    this.#timer = setInterval(() => {
      this.#beforeUs = lagUs(this.#current)
      this.#current.disable()
      this.#current = start()
    }, 30_000).unref()
  }

  maxUs(): number {
    return Math.max(this.#beforeUs, lagUs(this.#current))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#current.disable()
  }
}

function start(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  return histogram
}

/** The histogram holds the timer's whole period; what is over it is lag. */
function lagUs({ max, count }: IntervalHistogram): number {
  return count === 0 ? 0 : Math.max(0, max / 1000 - RESOLUTION_MS * 1000)
}
