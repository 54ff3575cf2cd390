import { RequestOutcome, RequestProtocol, type RequestSeries } from '@quadrant/proto'
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

/** How a request ended, and how it was told. */
export type Ending = Pick<RequestSeries, 'protocol' | 'httpStatus' | 'grpcStatus' | 'outcome'>

export type EndingClass = 'ok' | 'client-error' | 'error'

/** Codes of gRPC for which a server is at fault (OpenTelemetry, semantic conventions for gRPC, span status of servers). */
const GRPC_SERVER_ERRORS: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15])

/** Whose fault it was, if any. */
export function endingClass({ protocol, httpStatus, grpcStatus, outcome }: Ending): EndingClass {
  if (outcome === RequestOutcome.ABORTED) return 'error'
  if (protocol === RequestProtocol.GRPC && grpcStatus !== undefined) {
    if (grpcStatus === 0) return 'ok'
    return GRPC_SERVER_ERRORS.has(grpcStatus) ? 'error' : 'client-error'
  }
  if (httpStatus >= 500 && httpStatus < 600) return 'error'
  return httpStatus >= 400 && httpStatus < 500 ? 'client-error' : 'ok'
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
