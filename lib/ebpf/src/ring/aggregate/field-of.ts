import { EbpfError } from '../../error.ts'
import type { StructCodec } from '../../btf/struct-codec.ts'
import type { FieldSlice } from './plan.ts'

/**
 * Where a field of a record is, for an `AggregatePlan`, so that plans follow the layout the compiler chose.
 *
 *     key: [fieldOf(flow, 'peer.address', 4), fieldOf(flow, 'port')]
 *
 * @param bytes how many; default all of the field, which is only known of the struct's own members
 * @throws {EbpfError} `not-found`, or `argument` where `bytes` must be given
 */
export function fieldOf(codec: StructCodec, path: string, bytes?: number): FieldSlice {
  const offset = codec.offset(path)
  const known = bytes ?? codec.fields.find((field) => field.name === path)?.bytes
  if (known === undefined) throw new EbpfError('argument', `how many bytes of "${path}"?`)
  return { offset, bytes: known }
}
