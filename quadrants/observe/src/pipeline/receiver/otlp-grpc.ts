import { Metadata, type Server, type ServerUnaryCall, status, type sendUnaryData } from '@grpc/grpc-js'
import type { Refusal } from '../consumer.ts'
import { PipelineError } from '../pipeline-error.ts'
import { GRPC_METHODS, SIGNALS, type Signal } from '../signal.ts'
import type { OtlpIntake } from './otlp-intake.ts'
import { encodeRetryInfo } from './retry-info.ts'

/** Adds the OTLP services of the signals that somebody wants to a server that the caller opens. */
export function addOtlpServices(server: Server, intake: OtlpIntake): void {
  for (const signal of SIGNALS) {
    if (!intake.takes(signal)) continue
    const path = GRPC_METHODS[signal]
    server.addService(
      {
        Export: {
          path,
          requestStream: false,
          responseStream: false,
          requestSerialize: (bytes: Buffer) => bytes,
          // As it came: it is checked, not decoded.
          requestDeserialize: (bytes: Buffer) => bytes,
          responseSerialize: (bytes: Buffer) => bytes,
          responseDeserialize: (bytes: Buffer) => bytes,
        },
      },
      {
        Export: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) =>
          answer(intake, signal, call.request, callback),
      },
    )
  }
}

/** An empty response is a full success. */
const SUCCESS = Buffer.alloc(0)

function answer(intake: OtlpIntake, signal: Signal, request: Buffer, callback: sendUnaryData<Buffer>): void {
  try {
    const refusal = intake.bytes(signal, request)
    if (refusal) callback(busy(refusal))
    else callback(null, SUCCESS)
  } catch (error) {
    const { message } = PipelineError.from(error, 'malformed')
    callback({ code: status.INVALID_ARGUMENT, details: message })
  }
}

/** Told as the specification asks: a status that may be tried again, and when. */
function busy({ reason, retryAfterMs }: Refusal) {
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', encodeRetryInfo(status.UNAVAILABLE, reason, retryAfterMs))
  return { code: status.UNAVAILABLE, details: reason, metadata }
}
