const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Bytes of a service that a filter names. */
const BYTES_MAX = 4096
/** Key bytes: `GrpcService.envoy_grpc` and `EnvoyGrpc.cluster_name`, each field 1 with a length. */
const FIELD_1 = 0x0a

/** The cluster that a filter means, and whether it was named within a message. */
export interface GrpcUpstream {
  readonly cluster: string
  readonly isMessage: boolean
}

/**
 * What a filter gives: the name of a cluster, or a serialised `GrpcService` (envoy/config/core/v3/grpc_service.proto) with
 * that in `envoy_grpc`. Undefined for what is neither.
 */
export function grpcUpstream(bytes: Uint8Array): GrpcUpstream | undefined {
  if (bytes.length > BYTES_MAX) return undefined
  const inner = field1(bytes)
  const named = inner === undefined ? undefined : field1(inner)
  const cluster = textOf(named ?? bytes)
  return cluster === undefined ? undefined : { cluster, isMessage: named !== undefined }
}

/** The first field of a message, where that is its field 1 with a length below 128 or of two bytes. */
function field1(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes[0] !== FIELD_1) return undefined
  const first = bytes[1] ?? 0
  const isLong = first >= 0x80
  const length = isLong ? (first & 0x7f) | ((bytes[2] ?? 0) << 7) : first
  const start = isLong ? 3 : 2
  return start + length > bytes.length ? undefined : bytes.subarray(start, start + length)
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
