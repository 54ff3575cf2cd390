import { create } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'
import type { SpanRecord } from '../tracing/span-record.ts'
import { SAMPLED } from '../tracing/trace-context.ts'
import { otlpAttributes, unixNano } from './otlp-attributes.ts'
import type { TelemetryOrigin } from './otlp-metrics.ts'

/** The child of another process, as far as this one can know. */
const HAS_IS_REMOTE = 0x100
const IS_REMOTE = 0x200

/** Spans of a gateway, as OTLP. */
export function otlpSpans(
  spans: readonly SpanRecord[],
  { resource, version }: Omit<TelemetryOrigin, 'startMs'>,
): otlp.ExportTraceServiceRequest {
  return create(otlp.ExportTraceServiceRequestSchema, {
    resourceSpans: [
      {
        resource: { attributes: otlpAttributes(resource) },
        scopeSpans: [{ scope: { name: 'quadrant.gateway', version }, spans: spans.map(otlpSpan) }],
      },
    ],
  })
}

function otlpSpan(span: SpanRecord): otlp.Span {
  const isServer = span.kind === 'server'
  return create(otlp.SpanSchema, {
    traceId: Buffer.from(span.traceId, 'hex'),
    spanId: Buffer.from(span.spanId, 'hex'),
    parentSpanId: Buffer.from(span.parentSpanId, 'hex'),
    traceState: span.traceState,
    flags: SAMPLED | HAS_IS_REMOTE | (isServer && span.parentSpanId !== '' ? IS_REMOTE : 0),
    name: span.name,
    kind: isServer ? otlp.Span_SpanKind.SERVER : otlp.Span_SpanKind.CLIENT,
    startTimeUnixNano: unixNano(span.beginMs),
    endTimeUnixNano: unixNano(span.endMs),
    attributes: otlpAttributes(span.attributes),
    ...(span.isError ? { status: { code: otlp.Status_StatusCode.ERROR } } : {}),
  })
}
