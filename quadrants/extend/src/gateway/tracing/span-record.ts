/** A span that has ended. Plain data: threads send it to one another. */
export interface SpanRecord {
  readonly traceId: string
  readonly spanId: string
  /** Empty: the first of its trace. */
  readonly parentSpanId: string
  readonly traceState: string
  readonly name: string
  readonly kind: 'server' | 'client'
  /** Milliseconds of Unix time, with their fraction. */
  readonly beginMs: number
  readonly endMs: number
  /** By OpenTelemetry's conventions for HTTP. */
  readonly attributes: Readonly<Record<string, string | number>>
  readonly isError: boolean
}
