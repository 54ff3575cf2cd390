import { formatDurationNs, formatRate, formatShare } from '@quadrant/core'
import type { RequestSignals } from '@quadrant/proto'

/** What of the signals is asked for here. */
type Signals = Pick<
  RequestSignals,
  | 'requests'
  | 'errors'
  | 'clientErrors'
  | 'aborted'
  | 'requestsPerSecond'
  | 'errorShare'
  | 'timed'
  | 'p50Ns'
  | 'p99Ns'
  | 'maxNs'
>

/** Whether any request is known. */
export function hasRequests(signals: Signals | undefined): signals is Signals {
  return signals !== undefined && signals.requests > 0
}

/** Rate and errors of several edges together; undefined where no request is known of any. */
export function sumRates(all: readonly (Signals | undefined)[]) {
  const known = all.filter(hasRequests)
  if (known.length === 0) return undefined
  const sum = (field: 'requests' | 'errors' | 'requestsPerSecond') =>
    known.reduce((total, signals) => total + signals[field], 0)
  const [requests, errors] = [sum('requests'), sum('errors')]
  return { requests, errors, requestsPerSecond: sum('requestsPerSecond'), errorShare: errors / requests }
}

/** A time of the signals; `–` where none of the requests was timed. */
export function timeText(signals: Signals, time: 'p50Ns' | 'p99Ns' | 'maxNs'): string {
  return signals.timed > 0 ? formatDurationNs(signals[time]) : '–'
}

/** `118/s 1.2 % 34 ms`: the rate, the share of errors where there are any, and p99. For where there is little room. */
export function signalsLabel(signals: Signals): string {
  return [
    shortly(formatRate(signals.requestsPerSecond)),
    signals.errors > 0 ? shortly(formatShare(signals.errorShare)) : '',
    signals.timed > 0 ? shortly(formatDurationNs(signals.p99Ns)) : '',
  ]
    .filter(Boolean)
    .join(' ')
}

/** Two significant digits, where there are decimals. */
function shortly(text: string): string {
  return text.replace(/\d+\.\d+/, (number) => String(Number(Number(number).toPrecision(2))))
}

/** The signals in words. */
export function describeSignals(signals: Signals): string {
  return [
    `${formatRate(signals.requestsPerSecond).replace('/s', '')} requests a second`,
    signals.errors > 0 ? `${formatShare(signals.errorShare)} errors` : 'no errors',
    signals.timed > 0
      ? `median ${formatDurationNs(signals.p50Ns)}, p99 ${formatDurationNs(signals.p99Ns)}`
      : 'none of them timed',
  ].join(', ')
}
