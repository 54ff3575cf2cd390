import { createHash } from 'node:crypto'
import type { XdsResource } from './resource.ts'
import { field } from './wire.ts'

/** A resource in the bytes that go into responses, shared by all streams. */
export interface EncodedResource {
  readonly name: string
  /** Who may see it (see `XdsResource`). */
  readonly view: string | undefined
  /** Of its content: after a restart it is the same, so that clients that come back need not be told again. */
  readonly version: string
  /** Name and version, for who remembers what was sent but not its bytes. */
  readonly sent: { readonly name: string; readonly version: string }
  /** 64 bits of the content's digest, which add up to the version of all of its type. */
  readonly digest: bigint
  /** `resources` of a `DiscoveryResponse`: field 2, an `Any`. */
  readonly whole: Buffer
  /** `resources` of a `DeltaDiscoveryResponse`: field 2, a `Resource` of version (1), `Any` (2) and name (3). */
  readonly delta: Buffer
  readonly awaited: NonNullable<XdsResource['awaited']>
}

export function encodeResource({ typeUrl, name, value, view, awaited = [] }: XdsResource): EncodedResource {
  const any = Buffer.concat([field(1, typeUrl), field(2, value)])
  const hash = createHash('sha256').update(name).update('\0').update(value).digest()
  const version = hash.toString('hex', 0, 8)
  return {
    name,
    view,
    version,
    sent: { name, version },
    digest: hash.readBigUInt64BE(),
    awaited,
    whole: field(2, any),
    delta: field(2, Buffer.concat([field(1, version), field(2, any), field(3, name)])),
  }
}
