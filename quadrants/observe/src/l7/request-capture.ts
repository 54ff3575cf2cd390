import { create } from '@bufbuild/protobuf'
import { type HeaderField, type RequestCapture, RequestCaptureSchema, RequestOutcome } from '@quadrant/proto'
import type { SocketEnds } from '../model/socket-ends.ts'
import type { CapturedExchange } from './captured-exchange.ts'
import type { KeptHeader } from './redaction/redact-headers.ts'
import { REQUEST_SOURCES, sideOf } from './request-log.ts'
import { RequestProtocolNumber } from './sampling/sampling-rule.ts'

/** Of `Host`, characters. */
const AUTHORITY_MAX = 255
/** Stands for an address that is not known (RFC 4291, 2.5.2, in IPv4). */
const UNKNOWN_ADDRESS = new Uint8Array(4)

const OUTCOMES = {
  answered: RequestOutcome.ANSWERED,
  aborted: RequestOutcome.ABORTED,
  upgraded: RequestOutcome.UPGRADED,
} as const

export interface CaptureFacts {
  readonly exchange: CapturedExchange
  readonly route: string
  /** Id of the rule that asked for it. */
  readonly rule: string
  /** Undefined where the connection is gone already. */
  readonly socket: SocketEnds | undefined
  /** Of the Unix epoch, when the monotonic clock was 0. */
  readonly epochOffsetNs: number
}

/** A captured request as it is told, but for who is at its ends. */
export function requestCaptureOf(facts: CaptureFacts): RequestCapture {
  const { exchange, route, rule, socket, epochOffsetNs } = facts
  const { place, traceParent, startNs, outcome, grpcStatus } = exchange
  const isServer = place.side === 'server'
  const [client, server] = isServer ? (['remote', 'local'] as const) : (['local', 'remote'] as const)
  const sinceStart = (atNs: number | undefined) => (atNs === undefined ? 0 : Math.max(0, atNs - startNs))
  return create(RequestCaptureSchema, {
    startNs: epochOffsetNs + startNs,
    requestEndNs: sinceStart(exchange.requestEndNs),
    responseStartNs: sinceStart(exchange.responseStartNs),
    responseEndNs: sinceStart(exchange.responseEndNs),
    clientAddress: socket?.[client] ?? UNKNOWN_ADDRESS,
    serverAddress: socket?.[server] ?? UNKNOWN_ADDRESS,
    clientPort: socket?.[`${client}Port`] ?? 0,
    serverPort: place.serverPort,
    cookie: exchange.connection,
    stream: exchange.stream,
    protocol: RequestProtocolNumber[exchange.protocol],
    side: sideOf(place.side),
    source: REQUEST_SOURCES[exchange.source],
    outcome: outcome === undefined ? RequestOutcome.UNSPECIFIED : OUTCOMES[outcome],
    method: exchange.method,
    route,
    httpStatus: exchange.status ?? 0,
    ...(exchange.protocol === 'grpc' && grpcStatus !== undefined && { grpcStatus }),
    target: exchange.target,
    authority: exchange.authority.slice(0, AUTHORITY_MAX),
    requestHeaders: headersOf(exchange.requestFields),
    responseHeaders: headersOf(exchange.responseFields),
    headersOmitted: exchange.omitted,
    headersUnknown: exchange.unknown,
    requestBytes: exchange.requestBytes,
    responseBytes: exchange.responseBytes,
    ...(traceParent && {
      traceId: Buffer.from(traceParent.traceId, 'hex'),
      parentSpanId: Buffer.from(traceParent.spanId, 'hex'),
      traceFlags: traceParent.flags,
    }),
    rule,
    generation: exchange.generation,
  })
}

function headersOf(fields: readonly KeptHeader[]): HeaderField[] {
  return fields.map(({ name, value, cutBytes }) => ({
    $typeName: 'quadrant.v1.HeaderField',
    name,
    value,
    cutBytes,
  }))
}
