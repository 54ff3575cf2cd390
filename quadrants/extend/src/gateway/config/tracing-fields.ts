import { about, type Field, mapped, number, object, oneOf } from '@quadrant/core/config'
import type { TracingSpec } from './tracing-spec.ts'
import { otlpReceiver } from './value-fields.ts'

/** Spans that are sent. */
export const tracing: Field<TracingSpec> = mapped(
  object('tracing', {
    ...otlpReceiver('traces'),
    sample_ratio: about(
      'The share of traces that begin here and are recorded. All say whether they are, upstream.',
      number({ default: 0.01, min: 0, max: 1, isWhole: false }),
    ),
    parents: about(
      'A client’s `traceparent`: its trace goes on and its flag decides, or each request begins a trace.',
      oneOf(['follow', 'restart'], 'follow'),
    ),
    traces_per_second: about(
      'Recorded at most, by each worker and listener: with `follow`, clients decide. More are counted, and go on unrecorded.',
      number({ default: 100, min: 1, max: 1_000_000 }),
    ),
  }),
  (read) => ({
    endpoint: read.endpoint,
    headers: Object.fromEntries(read.headers),
    sampleRatio: read.sample_ratio,
    parents: read.parents,
    tracesPerSecondMax: read.traces_per_second,
  }),
)
