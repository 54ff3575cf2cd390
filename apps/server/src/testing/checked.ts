import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BatchSchema } from '@quadrant/proto'
import { checkBatch } from '../ingest/check.ts'
import { WireAgentService, type WireBatch } from '../ingest/wire.ts'
import type { CheckedBatch } from '../store/store.ts'
import type { BatchInit } from './batch.ts'

const WireBatchSchema = WireAgentService.method.session.input.fields
  .find((field) => field.name === 'frame')!
  .message!.fields.find((field) => field.name === 'batch')!.message!

/** Bytes of a batch as a session decodes them. */
export function decodeWireBatch(bytes: Uint8Array): WireBatch {
  return fromBinary(WireBatchSchema, bytes) as unknown as WireBatch
}

/** A batch as it gets to the store: over the wire and checked. @throws {Error} where it is refused. */
export function checked(init: BatchInit): CheckedBatch {
  const bytes = toBinary(BatchSchema, create(BatchSchema, init))
  const { batch, refusal } = checkBatch(decodeWireBatch(bytes), Date.now() * 1e6)
  if (!batch) throw new Error(refusal!.detail)
  return batch
}
