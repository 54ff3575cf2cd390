import { createHash } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { formatAddress } from '@quadrant/core'
import {
  RequestProtocol,
  RequestSide,
  endingClass,
  type HeaderField,
  type RequestCapture,
} from '@quadrant/proto'
import * as otlp from '@quadrant/proto/otlp'
import { anyValue, attributes } from '../attribute.ts'
import { methodOf, requestAttributes, type RequestContext } from './request-attributes.ts'

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8

/**
 * A request in full as a span (OpenTelemetry semantic conventions, "HTTP spans" and "RPC spans"): child of whom its
 * trace context names, else the root of a trace of its own. Its id is made of what makes it this one request, so that
 * a batch that is told again tells the same span.
 */
export function requestSpan(host: string, capture: RequestCapture, context: RequestContext): otlp.Span {
  const isClient = capture.side === RequestSide.CLIENT
  const digest = identity(host, capture)
  const inTrace = capture.traceId.length === TRACE_ID_BYTES
  const ending = endingClass(capture)
  const isError = ending === 'error' || (isClient && ending === 'client-error')
  const lengthNs = Math.max(capture.responseEndNs, capture.responseStartNs, capture.requestEndNs)
  const startNs = BigInt(Math.round(capture.startNs))
  return create(otlp.SpanSchema, {
    traceId: inTrace ? capture.traceId : digest.subarray(0, TRACE_ID_BYTES),
    spanId: digest.subarray(TRACE_ID_BYTES, TRACE_ID_BYTES + SPAN_ID_BYTES),
    parentSpanId: inTrace ? capture.parentSpanId : new Uint8Array(),
    flags: inTrace ? capture.traceFlags & 0xff : 0,
    name: spanName(capture),
    kind: isClient ? otlp.Span_SpanKind.CLIENT : otlp.Span_SpanKind.SERVER,
    startTimeUnixNano: startNs,
    // Added as integers: doubles of today's nanoseconds are a quarter of a microsecond apart.
    endTimeUnixNano: startNs + BigInt(Math.round(lengthNs)),
    attributes: spanAttributes(capture, isClient, context),
    status: { code: isError ? otlp.Status_StatusCode.ERROR : otlp.Status_StatusCode.UNSET },
  })
}

/** `GET /users/{id}`; of gRPC `shop.Cart/Add`. */
function spanName(capture: RequestCapture): string {
  const { protocol, route } = capture
  if (protocol === RequestProtocol.GRPC) return route.replace(/^\//, '') || 'grpc'
  const method = methodOf(capture)
  // As the conventions have it: `HTTP` in place of a method that is none.
  const verb = method === '_OTHER' ? 'HTTP' : method
  return route === '' ? verb : `${verb} ${route}`
}

function spanAttributes(
  capture: RequestCapture,
  isClient: boolean,
  context: RequestContext,
): otlp.KeyValue[] {
  const { target, authority, rule } = capture
  const question = target.indexOf('?')
  const [peerAddress, peerPort] = isClient
    ? [capture.serverAddress, capture.serverPort]
    : [capture.clientAddress, capture.clientPort]
  const values = {
    ...requestAttributes(capture, context),
    'url.path': question === -1 ? target : target.slice(0, question),
    'url.query': question === -1 ? undefined : target.slice(question + 1),
    ...(authority === '' ? {} : { 'server.address': authority.replace(/:\d+$/, '') }),
    'client.address': isClient ? undefined : formatAddress(capture.clientAddress),
    'network.peer.address': formatAddress(peerAddress),
    'network.peer.port': peerPort,
    'quadrant.sampling.rule': rule,
  }
  return [
    ...attributes(values),
    ...headerAttributes('http.request.header', capture.requestHeaders),
    ...headerAttributes('http.response.header', capture.responseHeaders),
  ]
}

/** One attribute a name, with all its values. Secrets were taken out before they left the process that read them. */
function headerAttributes(prefix: string, fields: readonly HeaderField[]): otlp.KeyValue[] {
  return [...Map.groupBy(fields, ({ name }) => name)].map(([name, same]) =>
    create(otlp.KeyValueSchema, {
      key: `${prefix}.${name}`,
      value: {
        value: { case: 'arrayValue', value: { values: same.map(({ value }) => anyValue(value)) } },
      },
    }),
  )
}

/** 32 bytes that no other request has. */
function identity(host: string, capture: RequestCapture): Buffer {
  const { startNs, cookie, stream, clientAddress, serverAddress, clientPort, serverPort, side } = capture
  return createHash('sha256')
    .update(JSON.stringify([host, startNs, cookie, stream, clientPort, serverPort, side, capture.target]))
    .update(clientAddress)
    .update(serverAddress)
    .digest()
}
