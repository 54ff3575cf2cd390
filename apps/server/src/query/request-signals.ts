import { create } from '@bufbuild/protobuf'
import { DurationHistogramSchema, RequestSignalsSchema, type RequestSignals } from '@quadrant/proto'
import { timedCount } from '../store/durations.ts'
import type { RequestTotals } from '../store/request-totals.ts'
import { quantileNs } from './quantile.ts'

/**
 * Sums as the API tells them.
 *
 * @param seconds of the range that hold data
 */
export function requestSignals(
  totals: RequestTotals,
  seconds: number,
  options: {
    /** Default: false. */
    readonly withHistograms?: boolean
  } = {},
): RequestSignals {
  const { durations, ...counts } = totals
  return create(RequestSignalsSchema, {
    ...counts,
    requestsPerSecond: seconds > 0 ? counts.requests / seconds : 0,
    errorShare: counts.requests > 0 ? counts.errors / counts.requests : 0,
    timed: timedCount(durations),
    p50Ns: quantileNs(durations, 0.5),
    p90Ns: quantileNs(durations, 0.9),
    p95Ns: quantileNs(durations, 0.95),
    p99Ns: quantileNs(durations, 0.99),
    sumNs: durations?.sumNs ?? 0,
    maxNs: durations?.maxNs ?? 0,
    ...(options.withHistograms && durations ? { durations: create(DurationHistogramSchema, durations) } : {}),
  })
}
