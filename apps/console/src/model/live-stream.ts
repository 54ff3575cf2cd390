/** What the person is told about the stream from the server. */
export type StreamState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | {
      readonly kind: 'reconnecting'
      readonly attempt: number
      readonly retryAtMs: number
      readonly reason: string
    }
  /** Trying again would not help: the token is missing or the query is refused. */
  | { readonly kind: 'refused'; readonly reason: string; readonly unauthenticated: boolean }

export interface LiveStreamOptions<T> {
  /** Opens the stream anew. The signal is the one of the whole, or of a stall. */
  readonly open: (signal: AbortSignal) => AsyncIterable<T>
  readonly onMessage: (message: T) => void
  readonly onState: (state: StreamState) => void
  /** Sorts an error: to be tried again, or not. */
  readonly refusal: (error: unknown) => { reason: string; unauthenticated: boolean } | undefined
  readonly signal: AbortSignal
  /** Milliseconds of the Unix epoch. */
  readonly now: () => number
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** 0 to 1. */
  readonly random: () => number
  /** A stream that says nothing for so long is opened anew. Default: 15 s; with an agent the server speaks each second. */
  readonly stallMs?: number
}

export const RETRY_MS_MIN = 250
export const RETRY_MS_MAX = 10_000
const STALL_MS_DEFAULT = 15_000

/** Doubles with each attempt, ± 20 % so that many consoles do not knock at once. */
export function retryDelayMs(attempt: number, random: () => number): number {
  const base = Math.min(RETRY_MS_MIN * 2 ** Math.min(attempt - 1, 16), RETRY_MS_MAX)
  return Math.round(base * (0.8 + 0.4 * random()))
}

/** Keeps a stream open until the signal aborts or the server refuses. Never rejects. */
export async function runLiveStream<T>(options: LiveStreamOptions<T>): Promise<void> {
  const {
    open,
    onMessage,
    onState,
    refusal,
    signal,
    now,
    sleep,
    random,
    stallMs = STALL_MS_DEFAULT,
  } = options
  let attempt = 0
  onState({ kind: 'connecting' })
  while (!signal.aborted) {
    let reason = 'the server ended the stream'
    let heard = false
    using watchdog = new Watchdog(stallMs)
    try {
      for await (const message of open(AbortSignal.any([signal, watchdog.signal]))) {
        if (signal.aborted) return
        watchdog.feed()
        heard = true
        if (attempt !== -1) onState({ kind: 'live' })
        attempt = -1
        onMessage(message)
      }
    } catch (error) {
      if (signal.aborted) return
      const refused = refusal(error)
      if (refused) {
        onState({ kind: 'refused', ...refused })
        return
      }
      // Silence is no fault where nothing happens; a new stream begins with the whole view, and so tells the two apart.
      if (watchdog.signal.aborted && heard) continue
      reason = watchdog.signal.aborted
        ? 'the server fell silent'
        : error instanceof Error
          ? error.message
          : String(error)
    }
    if (signal.aborted) return
    attempt = Math.max(attempt, 0) + 1
    const delayMs = retryDelayMs(attempt, random)
    onState({ kind: 'reconnecting', attempt, retryAtMs: now() + delayMs, reason })
    await sleep(delayMs, signal)
  }
}

class Watchdog implements Disposable {
  readonly #controller = new AbortController()
  readonly #limitMs: number
  #timer: ReturnType<typeof setTimeout>

  constructor(limitMs: number) {
    this.#limitMs = limitMs
    this.#timer = this.#start()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  feed() {
    clearTimeout(this.#timer)
    this.#timer = this.#start()
  }

  #start() {
    return setTimeout(() => this.#controller.abort(), this.#limitMs)
  }

  [Symbol.dispose]() {
    clearTimeout(this.#timer)
  }
}
