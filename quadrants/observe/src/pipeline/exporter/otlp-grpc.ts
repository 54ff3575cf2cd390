import {
  type CallOptions,
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { GRPC_METHODS } from '../signal.ts'
import { sentOutcome } from './response.ts'
import { retryInfoMs } from './retry-info.ts'
import type { Outcome, Sender } from './sender.ts'

export interface OtlpGrpcOptions {
  /** `host:port`. */
  readonly target: string
  /** Certificates to trust, PEM, and this client's own for mTLS; undefined is plain text. */
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer }
  readonly headers: ReadonlyMap<string, string>
  readonly isGzip: boolean
  /** For one attempt. */
  readonly timeoutMs: number
}

/** Those after which the same request may succeed (OTLP specification, "OTLP/gRPC response"). */
const RETRYABLE: ReadonlySet<number> = new Set([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
])

/** A client of a backend's OTLP/gRPC services. It connects with the first parcel. */
export function otlpGrpcSender(options: OtlpGrpcOptions): Sender {
  const { tls, timeoutMs, headers } = options
  const client = new Client(
    options.target,
    tls ? credentials.createSsl(tls.ca, tls.key, tls.cert) : credentials.createInsecure(),
    {
      'grpc.default_compression_algorithm': options.isGzip
        ? compressionAlgorithms.gzip
        : compressionAlgorithms.identity,
      // A backend that comes back is found within a second or two; our own pauses are the ones that grow.
      'grpc.max_reconnect_backoff_ms': 2000,
      // Each is tried by us, with its own counting.
      'grpc.enable_retries': 0,
    },
  )
  const metadata = new Metadata()
  for (const [name, value] of headers) metadata.set(name, value)
  return {
    send: (parcel, signal) => {
      const { promise, resolve } = Promise.withResolvers<Outcome>()
      const callOptions: CallOptions = { deadline: Date.now() + timeoutMs }
      const call = client.makeUnaryRequest<Uint8Array, Buffer>(
        GRPC_METHODS[parcel.signal],
        (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        (bytes) => bytes,
        parcel.bytes,
        metadata,
        callOptions,
        (error, response) => {
          signal.removeEventListener('abort', cancel)
          resolve(error ? failed(error) : sentOutcome(parcel.signal, response ?? new Uint8Array()))
        },
      )
      const cancel = () => call.cancel()
      signal.addEventListener('abort', cancel, { once: true })
      return promise
    },
    [Symbol.asyncDispose]: async () => client.close(),
  }
}

function failed(error: ServiceError): Outcome {
  const [details] = error.metadata?.get('grpc-status-details-bin') ?? []
  const wishMs = details instanceof Buffer ? retryInfoMs(details) : undefined
  const name = status[error.code] ?? String(error.code)
  const message = `${name}: ${error.details}`
  // Exhausted without a time to come again means that it will never fit.
  const mayRetry =
    RETRYABLE.has(error.code) || (error.code === status.RESOURCE_EXHAUSTED && wishMs !== undefined)
  if (!mayRetry) return { kind: 'refused', reason: name.toLowerCase().replaceAll('_', '-'), message }
  return { kind: 'retry', message, ...(wishMs === undefined ? {} : { afterMs: wishMs }) }
}
