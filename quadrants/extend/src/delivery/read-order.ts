import { fromBinary } from '@bufbuild/protobuf'
import { FilterOrderKind, FilterOrderSchema, type FilterOrder } from '@quadrant/proto'
import { FILTER_NAME, isPlain, isTime, MAX_VERSION } from './read-release.ts'
import { refuse, type Refusal } from './refusal.ts'

export const ORDER_BYTES_MAX = 4096
const REASON_LENGTH_MAX = 1024

/** An order, or what is wrong with it. */
export function readOrder(
  bytes: Uint8Array,
): { readonly order: FilterOrder } | { readonly refusal: Refusal } {
  let order: FilterOrder
  try {
    order = fromBinary(FilterOrderSchema, bytes)
  } catch (error) {
    return { refusal: refuse('order', `it is no order: ${(error as Error).message}`) }
  }
  const wrong = wrongOf(order)
  return wrong === undefined ? { order } : { refusal: refuse('order', wrong) }
}

function wrongOf({
  name,
  kind,
  sequence,
  issuedNs,
  expiresNs,
  reason,
  $unknown,
}: FilterOrder): string | undefined {
  if ($unknown?.length) return 'it has fields that this version does not know'
  if (!FILTER_NAME.test(name)) return 'its name is none of a filter'
  if (sequence > MAX_VERSION) return `its number is ${sequence}`
  if (kind !== FilterOrderKind.OFF && kind !== FilterOrderKind.ON) return `its kind is ${kind}`
  if (!isTime(issuedNs) || !(expiresNs === 0 || isTime(expiresNs))) return 'its times are none'
  return isPlain(reason, REASON_LENGTH_MAX) ? undefined : 'its reason is too long, or has control characters'
}
