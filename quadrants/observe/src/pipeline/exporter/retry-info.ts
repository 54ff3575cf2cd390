import { type Field, fieldsOf } from '../wire/fields.ts'

/** A status detail is a few dozen bytes; a backend that says more is not listened to. */
const DETAILS_BYTES_MAX = 64 << 10

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo'

/**
 * How long a backend asks us to wait, in milliseconds: `google.rpc.Status` with a `google.rpc.RetryInfo` among its
 * details (google/rpc/status.proto, error_details.proto), from the trailer `grpc-status-details-bin`. Undefined where
 * it asks for nothing, or where the bytes are no such message.
 */
export function retryInfoMs(status: Uint8Array): number | undefined {
  if (status.length > DETAILS_BYTES_MAX) return undefined
  for (const any of messages(status, 3)) {
    const [type] = messages(any, 1)
    const [value] = messages(any, 2)
    if (!type || !value || Buffer.from(type).toString() !== RETRY_INFO) continue
    const [duration] = messages(value, 1)
    if (!duration) return 0
    let ms = 0
    for (const field of sound(duration)) {
      const number = varint(duration, field)
      if (field.number === 1) ms += number * 1000
      else if (field.number === 2) ms += number / 1e6
    }
    return Number.isFinite(ms) && ms >= 0 ? ms : undefined
  }
  return undefined
}

function messages(bytes: Uint8Array, number: number): Uint8Array[] {
  return [...sound(bytes)]
    .filter((field) => field.number === number && field.wireType === 2)
    .map((field) => bytes.subarray(field.contentStart, field.end))
}

/** Fields up to the first that is not sound: nobody has checked these bytes. */
function* sound(bytes: Uint8Array): Generator<Field> {
  for (const field of fieldsOf(bytes)) {
    if (
      field.end > bytes.length ||
      field.wireType === 3 ||
      field.wireType === 4 ||
      !(field.end > field.start)
    )
      return
    yield field
  }
}

/** A varint as a number; a negative one, which takes ten bytes, is no wish. */
function varint(bytes: Uint8Array, field: Field): number {
  if (field.wireType !== 0) return 0
  if (field.end - field.contentStart > 8) return Number.NaN
  let value = 0
  for (let at = field.contentStart, scale = 1; at < field.end; at++, scale *= 128)
    value += (bytes[at]! & 0x7f) * scale
  return value
}
