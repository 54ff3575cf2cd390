import { create, toBinary } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'
import { attributes } from '../attribute.ts'
import type { TracesMessage } from '../signal.ts'

/** A request with so many spans, whose names begin with `name`. */
export function madeSpans(count: number, name = 'span', service = 'shop'): TracesMessage {
  return create(otlp.ExportTraceServiceRequestSchema, {
    resourceSpans: [
      {
        resource: { attributes: attributes({ 'service.name': service }) },
        schemaUrl: 'https://opentelemetry.io/schemas/1.37.0',
        scopeSpans: [
          {
            scope: { name: 'made' },
            spans: Array.from({ length: count }, (_, i) => ({
              traceId: Uint8Array.from({ length: 16 }, (_, at) => (i + at) & 255),
              spanId: Uint8Array.from({ length: 8 }, (_, at) => (i * 3 + at) & 255),
              name: `${name}-${i}`,
              kind: otlp.Span_SpanKind.SERVER,
              startTimeUnixNano: 1_700_000_000_000_000_000n,
              endTimeUnixNano: 1_700_000_000_000_000_000n + BigInt(i),
              attributes: attributes({ 'http.route': `/item/${i % 7}`, 'http.response.status_code': 200 }),
            })),
          },
        ],
      },
    ],
  })
}

export function madeBytes(count: number, name?: string): Uint8Array {
  return toBinary(otlp.ExportTraceServiceRequestSchema, madeSpans(count, name))
}

/** Names of all spans, in order. */
export function spanNames(message: TracesMessage): string[] {
  return message.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
  )
}
