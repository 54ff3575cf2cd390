import { FilterOrderKind, type FilterOrder, type SignedOrder } from '@quadrant/proto'
import type { DeliveryPolicy } from './delivery-policy.ts'
import { ORDER_BYTES_MAX, readOrder } from './read-order.ts'
import { refuse, type Refusal } from './refusal.ts'
import { SignedKind } from './signing-key.ts'
import { signersFor, tooLarge } from './signers.ts'

export interface VerifyOrderOptions {
  readonly policy: DeliveryPolicy
  /** Highest of those that were followed for a filter; 0: none. */
  readonly sequence: (name: string) => bigint
  readonly nowNs: number
}

export type OrderVerdict =
  | { readonly kind: 'followed'; readonly order: FilterOrder; readonly signers: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly order: FilterOrder | undefined }

/**
 * Whether a gateway follows an order to switch a filter off or on. One without a signature is the server's word: it is
 * followed where the gateway's configuration says so. What becomes of exchanges without the filter is never the order's
 * to say. Pure, as `verifyRelease`.
 */
export function verifyOrder(signed: SignedOrder, options: VerifyOrderOptions): OrderVerdict {
  const { policy, nowNs } = options
  const refused = (refusal: Refusal, order?: FilterOrder): OrderVerdict => ({
    kind: 'refused',
    refusal,
    order,
  })
  const { order: bytes, signatures } = signed
  if (bytes.length > ORDER_BYTES_MAX)
    return refused(refuse('manifest-too-large', `the order has ${bytes.length} bytes`))
  const large = tooLarge(signatures)
  if (large) return refused(large)
  const isSigned = signatures.length > 0
  const checked = isSigned ? policy.keys.check(SignedKind.order, bytes, signatures) : { signers: [] }
  if ('refusal' in checked) return refused(checked.refusal)
  const read = readOrder(bytes)
  if ('refusal' in read) return refused(read.refusal)
  const { order } = read
  const grant = policy.grants.get(order.name)
  if (!grant) return refused(refuse('unknown-filter', `${order.name} is no filter of this gateway`), order)
  if (!isSigned && !grant.followsUnsignedOrders)
    return refused(refuse('unsigned', `this gateway follows signed orders for ${order.name} only`), order)
  if (isSigned) {
    // To switch off takes one of the keys: who is to stop something must not have to wait for others.
    const who = signersFor(
      grant,
      checked.signers,
      order.kind === FilterOrderKind.ON ? (grant.signaturesMin ?? 1) : 1,
    )
    if ('refusal' in who) return refused(who.refusal, order)
  }
  if (order.expiresNs !== 0 && !(nowNs < order.expiresNs))
    return refused(refuse('expired', `it could be followed until ${moment(order.expiresNs)}`), order)
  const last = options.sequence(order.name)
  if (order.sequence <= last)
    return refused(refuse('old-order', `order ${last} was followed, and this is ${order.sequence}`), order)
  return { kind: 'followed', order, signers: checked.signers }
}

function moment(ns: number): string {
  return new Date(ns / 1e6).toISOString()
}
