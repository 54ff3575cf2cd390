import { emptyHistogram, recordDuration, type DurationHistogram } from './duration-histogram.ts'

/** What a listener counts. Plain numbers, so that threads can send and add them. Names in the comments are Envoy's. */
export class ListenerStats {
  /** downstream_cx_total, downstream_cx_active */
  connections = 0
  connectionsActive = 0
  /** Closed at once, because there are too many. downstream_cx_overflow */
  connectionsOverLimit = 0
  handshakeFailures = 0
  handshakeTimeouts = 0
  /** downstream_rq_total, downstream_rq_active */
  requests = 0
  requestsActive = 0
  /** Ended without an answer, or in the middle of it: by either side. downstream_rq_rx_reset, downstream_rq_tx_reset */
  requestsReset = 0
  responses1xx = 0
  responses2xx = 0
  responses3xx = 0
  responses4xx = 0
  responses5xx = 0
  /** What came was no HTTP, or none that may come in. downstream_cx_protocol_error */
  protocolErrors = 0
  /** By the codec's code, such as `te-and-cl`, or what node:http2 says. The codes are a closed set. */
  readonly protocolErrorsBy: Record<string, number> = {}
  headTimeouts = 0
  requestTimeouts = 0
  /** Streams and connections of HTTP/2 whose client did not take the last of what there was in time. */
  flushTimeouts = 0
  /** downstream_cx_idle_timeout */
  idleTimeouts = 0
  /** Connections of HTTP/2 closed for what they did too often. */
  floods = 0
  /** downstream_cx_drain_close */
  drained = 0
  /** Of connections of `tcp`, to filters and from them. downstream_cx_rx_bytes_total, downstream_cx_tx_bytes_total */
  bytesReceived = 0
  bytesSent = 0
  /** Connections of `tcp` that found no upstream. downstream_cx_no_route, upstream_cx_none_healthy, … */
  connectionsRefused = 0
  /** What guards of routes decided, as `decision rule`; rules are a closed set. */
  readonly guardDecisions: Record<string, number> = {}
  upgrades = 0
  upgradesActive = 0
  /** Exchanges that are recorded as traces, and those for which there were too many. */
  tracesSampled = 0
  tracesOverLimit = 0
  readonly durations: DurationHistogram = emptyHistogram()

  finished(status: number, durationMs: number): void {
    recordDuration(this.durations, durationMs)
    if (status >= 500) this.responses5xx++
    else if (status >= 400) this.responses4xx++
    else if (status >= 300) this.responses3xx++
    else if (status >= 200) this.responses2xx++
    else if (status >= 100) this.responses1xx++
  }

  protocolError(code: string): void {
    this.protocolErrors++
    this.protocolErrorsBy[code] = (this.protocolErrorsBy[code] ?? 0) + 1
  }
}
