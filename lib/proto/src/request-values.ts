import type { RequestCapture, RequestSeries } from './gen/quadrant/v1/request_pb.ts'
import { endingNames, type Ending } from './request-ending.ts'
import { grpcStatusName, requestOutcomeName, requestProtocolName } from './request-words.ts'

type Told = Ending & Pick<RequestSeries, 'method' | 'route' | 'serverPort'>

/**
 * What a request is called in a field of `REQUEST_FIELDS`, as far as it says so itself; undefined where it does not: who is
 * at its ends others know.
 */
export function requestValues(told: Told, key: string): readonly string[] | undefined {
  switch (key) {
    case 'port':
      return [String(told.serverPort)]
    case 'proto':
      return [requestProtocolName(told.protocol)]
    case 'method':
      return [told.method]
    case 'route':
      return [told.route]
    case 'status':
      return endingNames(told)
    case 'grpc':
      return told.grpcStatus === undefined ? [] : [String(told.grpcStatus), grpcStatusName(told.grpcStatus)]
    case 'outcome':
      return [requestOutcomeName(told.outcome)]
    default:
      return undefined
  }
}

/** The same of a captured one and `CAPTURE_FIELDS`. */
export function captureValues(request: RequestCapture, key: string): readonly string[] | undefined {
  switch (key) {
    case 'target':
      return [request.target]
    case 'authority':
      return [request.authority]
    case 'header':
      return [...request.requestHeaders, ...request.responseHeaders].map(({ name }) => name)
    case 'rule':
      return [request.rule]
    default:
      return requestValues(request, key)
  }
}
