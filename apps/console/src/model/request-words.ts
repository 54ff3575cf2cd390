import { RequestOutcome, RequestProtocol, RequestSide, RequestSource } from '@quadrant/proto'

/** `http1`, `http2`, `grpc`, as they are typed in a filter. */
export function requestProtocolName(protocol: RequestProtocol): string {
  switch (protocol) {
    case RequestProtocol.HTTP1:
      return 'http1'
    case RequestProtocol.HTTP2:
      return 'http2'
    case RequestProtocol.GRPC:
      return 'grpc'
    case RequestProtocol.UNSPECIFIED:
      return 'several'
  }
  return String(protocol)
}

/** Where in the host a request was seen, and what that is worth. */
export function sourceWords(source: RequestSource): string {
  switch (source) {
    case RequestSource.PACKETS:
      return 'packets of the cgroup'
    case RequestSource.SOCKETS:
      return 'send and receive calls of the socket (precise mode)'
    case RequestSource.TLS:
      return 'inside of the program, around its encryption'
    case RequestSource.UNSPECIFIED:
      return 'not told'
  }
  return String(source)
}

export function sideWords(side: RequestSide): string {
  if (side === RequestSide.CLIENT) return "the client's end"
  return side === RequestSide.SERVER ? "the server's end" : 'not told'
}

/** Names of gRPC status codes, by number. */
const GRPC_STATUSES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

/** Failures of the server's side (OpenTelemetry's conventions for gRPC servers). */
const GRPC_SERVER_ERRORS: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15])

export interface Ending {
  readonly protocol: RequestProtocol
  readonly httpStatus: number
  readonly grpcStatus?: number | undefined
  readonly outcome: RequestOutcome
}

export type EndingTone = 'good' | 'quiet' | 'caution' | 'bad'

/** How a request ended: `200`, `OK`, `14 UNAVAILABLE`, `aborted`; and what to think of it. */
export function endingLooks({ httpStatus, grpcStatus, outcome }: Ending): {
  readonly text: string
  readonly tone: EndingTone
} {
  if (outcome === RequestOutcome.ABORTED)
    return { text: httpStatus > 0 ? `aborted after ${httpStatus}` : 'aborted', tone: 'bad' }
  if (grpcStatus !== undefined) {
    if (grpcStatus === 0) return { text: 'OK', tone: 'good' }
    const text = `${grpcStatus} ${GRPC_STATUSES[grpcStatus] ?? 'unknown code'}`
    return { text, tone: GRPC_SERVER_ERRORS.has(grpcStatus) ? 'bad' : 'caution' }
  }
  if (httpStatus === 0) return { text: 'no status', tone: 'quiet' }
  const text = String(httpStatus)
  if (httpStatus >= 500) return { text, tone: 'bad' }
  return { text, tone: httpStatus >= 400 ? 'caution' : 'good' }
}

/** Why traffic could not be read as requests, by the protocol's label. */
const OPAQUE: Readonly<Record<string, string>> = {
  tls: 'TLS: what is inside was not read',
  'http2-midstream': 'HTTP/2, joined after its first frame',
  'http1-midstream': 'HTTP/1, joined in the middle of a message',
  websocket: 'WebSocket',
  upgrade: 'Another protocol, after an upgrade',
  connect: 'A tunnel, after CONNECT',
  coalesced: 'Several messages in one packet',
  gap: 'A packet was missing',
  'too-long': 'A head that is longer than is read',
  malformed: 'What looked like HTTP and is none',
  'unknown-protocol': 'Another protocol',
}

/** The label itself where a later version has one that this one does not know. */
export function opaqueWords(label: string): string {
  return Object.hasOwn(OPAQUE, label) ? OPAQUE[label]! : label
}

export const OTHER_ROUTES = '~other'

/** The route as it is shown. */
export function routeText(route: string): string {
  return route === '' ? 'not readable' : route
}
