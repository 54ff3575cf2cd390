import { fromJson, type JsonValue } from '@bufbuild/protobuf'
import { type Content } from '../parcel.ts'
import { PipelineError } from '../pipeline-error.ts'
import { REQUEST_SCHEMAS, type Signal } from '../signal.ts'
import { rewriteIds } from './identifiers.ts'

/** An export request in OTLP/JSON. @throws {PipelineError} `malformed` */
export function decodeJson(signal: Signal, text: string): Content {
  try {
    const json = rewriteIds(JSON.parse(text), base64OfHex) as JsonValue
    // Fields of later versions must be passed over, says the specification.
    const options = { ignoreUnknownFields: true }
    return signal === 'metrics'
      ? { signal, message: fromJson(REQUEST_SCHEMAS.metrics, json, options) }
      : { signal, message: fromJson(REQUEST_SCHEMAS.traces, json, options) }
  } catch (error) {
    throw PipelineError.from(error, 'malformed')
  }
}

function base64OfHex(id: string): string {
  if (!/^(?:[0-9a-fA-F]{2}){0,32}$/.test(id))
    throw new PipelineError('malformed', 'an id of a trace or span is not hexadecimal')
  return Buffer.from(id, 'hex').toString('base64')
}
