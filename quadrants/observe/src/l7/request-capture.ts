import { create } from '@bufbuild/protobuf'
import {
  type HeaderField,
  type RequestCapture,
  RequestCaptureSchema,
  RequestOutcome,
  RequestProtocol,
  RequestSource,
} from '@quadrant/proto'
import type { SocketEnds } from '../model/socket-ends.ts'
import type { KeptHeader } from './redaction/redact-headers.ts'
import { sideOf } from './request-log.ts'
import type { CapturedHead } from './request-source.ts'

/** Of `Host`, characters. */
const AUTHORITY_MAX = 255
/** Stands for an address that is not known (RFC 4291, 2.5.2, in IPv4). */
const UNKNOWN_ADDRESS = new Uint8Array(4)

export interface CaptureFacts {
  readonly request: CapturedHead
  readonly response: CapturedHead | undefined
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
  const { request, response, route, rule, socket, epochOffsetNs } = facts
  const isServer = request.place.side === 'server'
  const [client, server] = isServer ? (['remote', 'local'] as const) : (['local', 'remote'] as const)
  const { traceParent } = request
  return create(RequestCaptureSchema, {
    startNs: epochOffsetNs + request.atNs,
    responseStartNs: response?.latencyNs ?? 0,
    clientAddress: socket?.[client] ?? UNKNOWN_ADDRESS,
    serverAddress: socket?.[server] ?? UNKNOWN_ADDRESS,
    clientPort: socket?.[`${client}Port`] ?? 0,
    serverPort: request.place.serverPort,
    cookie: request.connection,
    protocol: RequestProtocol.HTTP1,
    side: sideOf(request.place.side),
    source: RequestSource.PACKETS,
    outcome: outcomeOf(response?.status),
    method: request.method,
    route,
    httpStatus: response?.status ?? 0,
    target: request.target,
    authority: (request.fields.find(({ name }) => name === 'host')?.value ?? '').slice(0, AUTHORITY_MAX),
    requestHeaders: headersOf(request.fields),
    responseHeaders: headersOf(response?.fields ?? []),
    headersOmitted: request.omitted + (response?.omitted ?? 0),
    ...(traceParent && {
      traceId: Buffer.from(traceParent.traceId, 'hex'),
      parentSpanId: Buffer.from(traceParent.spanId, 'hex'),
      traceFlags: traceParent.flags,
    }),
    rule,
    generation: request.generation,
  })
}

/** Unspecified where no response came for so long as it was waited for. */
function outcomeOf(status: number | undefined): RequestOutcome {
  if (status === undefined) return RequestOutcome.UNSPECIFIED
  return status === 101 ? RequestOutcome.UPGRADED : RequestOutcome.ANSWERED
}

function headersOf(fields: readonly KeptHeader[]): HeaderField[] {
  return fields.map(({ name, value, cutBytes }) => ({
    $typeName: 'quadrant.v1.HeaderField',
    name,
    value,
    cutBytes,
  }))
}
