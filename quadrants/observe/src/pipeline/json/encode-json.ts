import { toJson } from '@bufbuild/protobuf'
import type { Content } from '../parcel.ts'
import { REQUEST_SCHEMAS } from '../signal.ts'
import { rewriteIds } from './identifiers.ts'

/** OTLP/JSON of an export request: enum values as numbers, ids of traces and spans in hexadecimal. */
export function encodeJson(content: Content): unknown {
  const json =
    content.signal === 'metrics'
      ? toJson(REQUEST_SCHEMAS.metrics, content.message, { enumAsInteger: true })
      : toJson(REQUEST_SCHEMAS.traces, content.message, { enumAsInteger: true })
  return rewriteIds(json, (id) => Buffer.from(id, 'base64').toString('hex'))
}
