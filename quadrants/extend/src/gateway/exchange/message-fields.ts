import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'

/** Of a response without a body, or of trailers. */
export function grpcStatusOf(headers: HeaderMap): number | undefined {
  const text = headers.get('grpc-status')
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : undefined
}

export function isGrpc(headers: HeaderMap): boolean {
  const type = headers.get('content-type')
  return (
    type !== undefined &&
    type.startsWith('application/grpc') &&
    (type.length === 16 || type[16] === '+' || type[16] === ';')
  )
}

/** The gRPC code for an HTTP status that comes from something that does not speak gRPC (gRPC's http-grpc-status-mapping). */
export function grpcStatusOfHttp(status: number): number {
  switch (status) {
    case 400:
      return 13
    case 401:
      return 16
    case 403:
      return 7
    case 404:
      return 12
    case 429:
    case 502:
    case 503:
    case 504:
      return 14
    default:
      return 2
  }
}
