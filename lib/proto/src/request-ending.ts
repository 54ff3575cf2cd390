import { RequestOutcome, RequestProtocol, type RequestSeries } from './gen/quadrant/v1/request_pb.ts'

/** How a request ended. */
export type Ending = Pick<RequestSeries, 'protocol' | 'httpStatus' | 'outcome'> & {
  readonly grpcStatus?: number | undefined
}

export type EndingClass = 'ok' | 'client-error' | 'error'

/** Codes of gRPC for which a server is at fault (OpenTelemetry, semantic conventions for gRPC, span status of servers). */
const GRPC_SERVER_ERRORS: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15])

const GRPC_STATUS_MAX = 16

/** Whose fault it was, if any: as RequestSignals counts. */
export function endingClass({ protocol, httpStatus, grpcStatus, outcome }: Ending): EndingClass {
  if (outcome === RequestOutcome.ABORTED) return 'error'
  if (protocol === RequestProtocol.GRPC && grpcStatus !== undefined) {
    if (grpcStatus === 0) return 'ok'
    // A code that is none is UNKNOWN (gRPC over HTTP/2, "Responses").
    return GRPC_SERVER_ERRORS.has(grpcStatus) || grpcStatus > GRPC_STATUS_MAX ? 'error' : 'client-error'
  }
  if (httpStatus >= 500 && httpStatus < 600) return 'error'
  return httpStatus >= 400 && httpStatus < 500 ? 'client-error' : 'ok'
}

/** What a query may call it: the code and its class, or `none`; then whose fault it was, also in the plural. */
export function endingNames(ending: Ending): readonly string[] {
  const { httpStatus } = ending
  const code = httpStatus === 0 ? ['none'] : [String(httpStatus), `${Math.floor(httpStatus / 100)}xx`]
  const whose = endingClass(ending)
  return whose === 'ok' ? [...code, whose] : [...code, whose, `${whose}s`]
}
