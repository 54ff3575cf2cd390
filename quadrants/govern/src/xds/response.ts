import type { EncodedResource } from './encoded-resource.ts'
import { field } from './wire.ts'

/** A `DiscoveryResponse` (discovery.proto): version_info 1, resources 2, type_url 4, nonce 5. */
export function encodeResponse(
  typeUrl: string,
  version: string,
  resources: readonly EncodedResource[],
  nonce: string,
): Buffer {
  return Buffer.concat([
    field(1, version),
    ...resources.map(({ whole }) => whole),
    field(4, typeUrl),
    field(5, nonce),
  ])
}

/** A `DeltaDiscoveryResponse`: system_version_info 1, resources 2, type_url 4, nonce 5, removed_resources 6. */
export function encodeDeltaResponse(
  typeUrl: string,
  version: string,
  resources: readonly EncodedResource[],
  removed: readonly string[],
  nonce: string,
): Buffer {
  return Buffer.concat([
    field(1, version),
    ...resources.map(({ delta }) => delta),
    field(4, typeUrl),
    field(5, nonce),
    ...removed.map((name) => field(6, name)),
  ])
}
