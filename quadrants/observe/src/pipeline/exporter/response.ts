import { fromBinary } from '@bufbuild/protobuf'
import { RESPONSE_SCHEMAS, type Signal } from '../signal.ts'
import type { Outcome } from './sender.ts'

/** A partial success in a backend's answer: how many items it did not take. Bytes that are no answer are a success. */
export function sentOutcome(signal: Signal, response: Uint8Array): Outcome {
  try {
    const [count, message] = partialSuccess(signal, response)
    return { kind: 'sent', rejectedCount: Number(count), message }
  } catch {
    return { kind: 'sent', rejectedCount: 0, message: '' }
  }
}

function partialSuccess(signal: Signal, response: Uint8Array): [count: bigint, message: string] {
  if (signal === 'metrics') {
    const { partialSuccess } = fromBinary(RESPONSE_SCHEMAS.metrics, response)
    return [partialSuccess?.rejectedDataPoints ?? 0n, partialSuccess?.errorMessage ?? '']
  }
  const { partialSuccess } = fromBinary(RESPONSE_SCHEMAS.traces, response)
  return [partialSuccess?.rejectedSpans ?? 0n, partialSuccess?.errorMessage ?? '']
}
