import type { AttributeSource, StreamSource } from './attribute-source.ts'
import type { AttributeValue } from './attribute-value.ts'
import { headersValue } from './header-attributes.ts'
import { duration } from './request-attributes.ts'

type Find = (stream: StreamSource) => AttributeValue | undefined

const headBytes = ({ responseHeaders, responseTrailers }: StreamSource): number =>
  (responseHeaders()?.byteLength ?? 0) + (responseTrailers()?.byteLength ?? 0)

const RESPONSE: ReadonlyMap<string, Find> = new Map<string, Find>([
  ['code', ({ info }) => (info.responseStatus === 0 ? undefined : info.responseStatus)],
  ['code_details', ({ info }) => (info.responseDetails === '' ? undefined : info.responseDetails)],
  ['flags', ({ info }) => info.responseFlags],
  ['size', ({ info }) => info.responseBodyBytes],
  ['total_size', (stream) => stream.info.responseBodyBytes + headBytes(stream)],
  ['headers', ({ responseHeaders }) => headersValue(responseHeaders())],
  ['headers_bytes', ({ responseHeaders }) => responseHeaders()?.byteLength ?? 0],
  ['trailers', ({ responseTrailers }) => headersValue(responseTrailers())],
  ['grpc_status', grpcStatus],
  ['backend_latency', ({ info }) => duration(info.upstreamLatencyNs)],
])

export function responseAttribute({ stream }: AttributeSource, name: string): AttributeValue | undefined {
  return stream && RESPONSE.get(name)?.(stream)
}

/** What the codes of HTTP mean in gRPC (its document http-grpc-status-mapping); 2, unknown, for all others. */
const GRPC_STATUS_OF: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
])

/** Of the trailers, of a response without any, and else by its code. */
function grpcStatus({ info, responseHeaders, responseTrailers }: StreamSource): number | undefined {
  const text = responseTrailers()?.get('grpc-status') ?? responseHeaders()?.get('grpc-status')
  // -1 is what Envoy makes of one that is no number.
  if (text !== undefined) return /^\d{1,9}$/.test(text) ? Number(text) : -1
  return info.responseStatus === 0 ? undefined : (GRPC_STATUS_OF.get(info.responseStatus) ?? 2)
}
