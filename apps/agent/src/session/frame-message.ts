import { create } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { FrameSchema, type SessionRequest, SessionRequestSchema } from '@quadrant/proto'

/** `Frame.batch` in agent.proto. */
const BATCH_FIELD = FrameSchema.field.batch.number

/**
 * The request that carries a frame. The batch stays the bytes it is in the journal: it goes into the message as a
 * field that this message does not know, which protobuf writes out as it came. So a frame is encoded once, when it is
 * made, and neither decoded nor encoded again however often it is sent.
 */
export function frameMessage(seq: number, batch: Uint8Array): SessionRequest {
  const frame = create(FrameSchema, { seq })
  frame.$unknown = [
    { no: BATCH_FIELD, wireType: WireType.LengthDelimited, data: new BinaryWriter().bytes(batch).finish() },
  ]
  return create(SessionRequestSchema, { body: { case: 'frame', value: frame } })
}
