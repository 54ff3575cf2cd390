import { field } from './wire.ts'

/**
 * A `DiscoveryResponse` (discovery.proto): version_info 1, resources 2, type_url 4, nonce 5. `body` is its resources,
 * as `EncodedResource.whole` has them.
 */
export function encodeResponse(typeUrl: string, version: string, body: Uint8Array, nonce: string): Buffer {
  return Buffer.concat([field(1, version), body, field(4, typeUrl), field(5, nonce)])
}

/**
 * A `DeltaDiscoveryResponse`: system_version_info 1, resources 2, type_url 4, nonce 5, removed_resources 6. `body` is
 * its resources, as `EncodedResource.delta` has them.
 */
export function encodeDeltaResponse(
  typeUrl: string,
  version: string,
  body: Uint8Array,
  removed: readonly string[],
  nonce: string,
): Buffer {
  const ofRemoved = removed.map((name) => field(6, name))
  return Buffer.concat([field(1, version), body, field(4, typeUrl), field(5, nonce), ...ofRemoved])
}
