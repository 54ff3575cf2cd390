import { lengthDelimited } from '../wire/fields.ts'

/** `google.rpc.Status` with a `google.rpc.RetryInfo` (google/rpc/status.proto, error_details.proto). */
export function encodeRetryInfo(code: number, message: string, retryAfterMs: number): Buffer {
  const seconds = Math.floor(retryAfterMs / 1000)
  const nanoseconds = Math.round((retryAfterMs % 1000) * 1e6)
  const duration = [field(1, seconds), field(2, nanoseconds)]
  const any = [
    ...lengthDelimited(1, [Buffer.from('type.googleapis.com/google.rpc.RetryInfo')]),
    ...lengthDelimited(2, lengthDelimited(1, duration)),
  ]
  return Buffer.concat([
    field(1, code),
    ...lengthDelimited(2, [Buffer.from(message)]),
    ...lengthDelimited(3, any),
  ])
}

/** A varint field. */
export function field(number: number, value: number): Uint8Array {
  const bytes = [number << 3]
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
