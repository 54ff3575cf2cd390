import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import {
  FilterOrderSchema,
  FilterReleaseSchema,
  SignedOrderSchema,
  SignedReleaseSchema,
  type SignedOrder,
  type SignedRelease,
} from '@quadrant/proto'
import { ExtendError } from '../error.ts'
import { ORDER_BYTES_MAX, readOrder } from './read-order.ts'
import { readRelease, RELEASE_BYTES_MAX } from './read-release.ts'
import type { Refusal } from './refusal.ts'
import { signBytes, SignedKind, type SigningKey } from './signing-key.ts'

/** @throws {ExtendError} `argument` for a manifest that no gateway would take, `too-large` for one over the limit */
export function signRelease(
  init: MessageInitShape<typeof FilterReleaseSchema>,
  keys: readonly SigningKey[],
): SignedRelease {
  const release = toBinary(FilterReleaseSchema, create(FilterReleaseSchema, init))
  if (release.length > RELEASE_BYTES_MAX)
    throw new ExtendError(
      'too-large',
      `the manifest has ${release.length} bytes with its configuration, at most ${RELEASE_BYTES_MAX} are taken`,
    )
  assertSound(readRelease(release))
  return create(SignedReleaseSchema, {
    release,
    signatures: keys.map((key) => signBytes(SignedKind.release, release, key)),
  })
}

/** Without keys it is for those who follow the server's word. @throws {ExtendError} as `signRelease` */
export function signOrder(
  init: MessageInitShape<typeof FilterOrderSchema>,
  keys: readonly SigningKey[],
): SignedOrder {
  const order = toBinary(FilterOrderSchema, create(FilterOrderSchema, init))
  if (order.length > ORDER_BYTES_MAX)
    throw new ExtendError('too-large', `the order has ${order.length} bytes, at most ${ORDER_BYTES_MAX}`)
  assertSound(readOrder(order))
  return create(SignedOrderSchema, {
    order,
    signatures: keys.map((key) => signBytes(SignedKind.order, order, key)),
  })
}

function assertSound(read: object | { readonly refusal: Refusal }): void {
  if ('refusal' in read) throw new ExtendError('argument', read.refusal.reason)
}
