import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { Failure } from './failure.ts'
import { grpcStatusOfHttp } from './message-fields.ts'

export interface LocalReplyOptions {
  /** A gRPC client is told in its own words: status 200 and trailers only (gRPC over HTTP/2, Responses). */
  readonly isGrpc: boolean
  readonly location: string | undefined
  /** `text/plain`, if it is not given. */
  readonly contentType: string | undefined
  /** Of a gRPC client. Default: that which belongs to the status of HTTP. */
  readonly grpcStatus?: number | undefined
}

/** What the gateway itself answers. */
export function localReplyHeaders(
  failure: Failure,
  options: LocalReplyOptions,
): { readonly headers: HeaderMap; readonly body: Uint8Array } {
  const { status, body, isOverload = false } = failure
  if (options.isGrpc) {
    const headers = HeaderMap.of([
      [':status', '200'],
      ['content-type', 'application/grpc'],
      ['grpc-status', String(options.grpcStatus ?? grpcStatusOfHttp(status))],
    ])
    if (body !== '') headers.append('grpc-message', escapeGrpcMessage(body))
    if (isOverload) headers.append('x-envoy-overloaded', 'true')
    return { headers, body: NOTHING }
  }
  const bytes = body === '' ? NOTHING : Buffer.from(body)
  const headers = HeaderMap.of([[':status', String(status)]])
  if (options.location !== undefined) headers.append('location', options.location)
  if (status !== 204 && status !== 304) headers.append('content-length', String(bytes.length))
  if (bytes.length > 0) headers.append('content-type', options.contentType ?? 'text/plain')
  if (isOverload) headers.append('x-envoy-overloaded', 'true')
  return { headers, body: bytes }
}

const NOTHING = new Uint8Array(0)

/** Percent-encoded but for visible ASCII (gRPC over HTTP/2, Status-Message). */
function escapeGrpcMessage(message: string): string {
  return [...Buffer.from(message)]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}
