import { RequestOutcome, endingClass, type RequestSeries } from '@quadrant/proto'
import { DurationSum, type Durations } from './durations.ts'

/** Sums over requests. */
export interface RequestTotals {
  readonly requests: number
  readonly errors: number
  readonly clientErrors: number
  readonly aborted: number
  readonly requestBytes: number
  readonly responseBytes: number
  readonly bytesUnknown: boolean
  /** undefined where nothing was timed. */
  readonly durations: Durations | undefined
}

/** What one told series adds. */
export function totalsOf(series: RequestSeries): RequestTotals {
  const { count, requestBytes, responseBytes, bytesUnknown, durations } = series
  const ending = endingClass(series)
  return {
    requests: count,
    errors: ending === 'error' ? count : 0,
    clientErrors: ending === 'client-error' ? count : 0,
    aborted: series.outcome === RequestOutcome.ABORTED ? count : 0,
    requestBytes,
    responseBytes,
    bytesUnknown,
    durations,
  }
}

/** Adds up sums. */
export class RequestSum {
  #requests = 0
  #errors = 0
  #clientErrors = 0
  #aborted = 0
  #requestBytes = 0
  #responseBytes = 0
  #bytesUnknown = false
  readonly #durations = new DurationSum()

  add(totals: RequestTotals): void {
    this.#requests += totals.requests
    this.#errors += totals.errors
    this.#clientErrors += totals.clientErrors
    this.#aborted += totals.aborted
    this.#requestBytes += totals.requestBytes
    this.#responseBytes += totals.responseBytes
    this.#bytesUnknown ||= totals.bytesUnknown
    this.#durations.add(totals.durations)
  }

  total(): RequestTotals {
    return {
      requests: this.#requests,
      errors: this.#errors,
      clientErrors: this.#clientErrors,
      aborted: this.#aborted,
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
      bytesUnknown: this.#bytesUnknown,
      durations: this.#durations.total(),
    }
  }
}

/** The sum of some. */
export function addRequests(totals: readonly RequestTotals[]): RequestTotals {
  const [only] = totals
  if (only && totals.length === 1) return only
  const sum = new RequestSum()
  for (const one of totals) sum.add(one)
  return sum.total()
}
