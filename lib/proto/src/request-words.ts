import { RequestOutcome, RequestProtocol } from './gen/quadrant/v1/request_pb.ts'

/** Names of gRPC status codes, by number (gRPC, "Status codes and their use in gRPC"). */
const GRPC_STATUSES = [
  'ok',
  'cancelled',
  'unknown',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unimplemented',
  'internal',
  'unavailable',
  'data_loss',
  'unauthenticated',
] as const

const PROTOCOLS: Readonly<Record<number, string>> = {
  [RequestProtocol.HTTP1]: 'http1',
  [RequestProtocol.HTTP2]: 'http2',
  [RequestProtocol.GRPC]: 'grpc',
}

const OUTCOMES: Readonly<Record<number, string>> = {
  [RequestOutcome.ANSWERED]: 'answered',
  [RequestOutcome.ABORTED]: 'aborted',
  [RequestOutcome.UPGRADED]: 'upgraded',
}

/** What a request speaks: `http1`, `http2`, `grpc`; the number where it has no name. */
export function requestProtocolName(protocol: number): string {
  return PROTOCOLS[protocol] ?? String(protocol)
}

/** How it ended: `answered`, `aborted`, `upgraded`; the number where it has no name. */
export function requestOutcomeName(outcome: number): string {
  return OUTCOMES[outcome] ?? String(outcome)
}

/** `unavailable` for 14; the number where it has no name. */
export function grpcStatusName(code: number): string {
  return GRPC_STATUSES[code] ?? String(code)
}
