import { HeaderMap, type LocalResponse } from '@quadrant/wasm/proxy-wasm'

const utf8 = new TextDecoder()

/** The head and body of an answer that a filter gives, as Envoy makes them. */
export function localReply(
  { status, headers: added, body, grpcStatus }: LocalResponse,
  isGrpc: boolean,
): { readonly headers: HeaderMap; readonly body: Uint8Array } {
  const headers = HeaderMap.of([[':status', String(status)]])
  for (const [name, value] of added) if (!name.startsWith(':')) headers.append(name, value)
  if (isGrpc) {
    headers.set(':status', '200')
    headers.set('content-type', 'application/grpc')
    if (!headers.has('grpc-status')) headers.set('grpc-status', String(grpcStatus ?? grpcStatusOf(status)))
    if (body.length > 0) headers.set('grpc-message', percentEncoded(body))
    headers.remove('content-length')
    return { headers, body: new Uint8Array() }
  }
  if (body.length === 0) {
    headers.remove('content-length')
    headers.remove('content-type')
  } else {
    headers.set('content-length', String(body.length))
    if (!headers.has('content-type')) headers.append('content-type', 'text/plain')
  }
  return { headers, body }
}

/** https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md */
function grpcStatusOf(status: number): number {
  if (status === 400) return 13
  if (status === 401) return 16
  if (status === 403) return 7
  if (status === 404) return 12
  return status === 429 || (status >= 502 && status <= 504) ? 14 : 2
}

/** As gRPC's PROTOCOL-HTTP2 has `grpc-message`. */
function percentEncoded(body: Uint8Array): string {
  return [...Buffer.from(utf8.decode(body))]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}
