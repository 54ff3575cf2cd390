import { Parcel } from '../parcel.ts'
import type { Signal } from '../signal.ts'
import { checkRequest } from '../wire/check.ts'

/** Bytes of a sender that nobody has looked at yet, as a parcel. @throws {PipelineError} `malformed` */
export function receivedParcel(signal: Signal, bytes: Uint8Array): Parcel {
  return Parcel.ofBytes(signal, bytes, checkRequest(signal, bytes))
}
