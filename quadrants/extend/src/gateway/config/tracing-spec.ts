/** Traces of exchanges, as OTLP over HTTP. */
export interface TracingSpec {
  /** With its path, such as `http://127.0.0.1:4318/v1/traces`. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  /** Of traces that begin here, this share is recorded: from 0 to 1. */
  readonly sampleRatio: number
  /** `follow`: a client's trace goes on, and its own flag decides; `restart`: each request begins another. */
  readonly parents: 'follow' | 'restart'
  /** Recorded at most, by each worker and listener: clients can ask for more than anybody would pay for. */
  readonly tracesPerSecondMax: number
}
