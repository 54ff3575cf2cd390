import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { FilterOrderKind, SignedOrderSchema, FilterOrderSchema, type SignedOrder } from '@quadrant/proto'
import { madeKey, NOW_NS, policyOf } from '../testing/made-releases.ts'
import type { FilterGrant } from './delivery-policy.ts'
import type { RefusalCode } from './refusal.ts'
import { signOrder } from './sign-release.ts'
import { signBytes, SignedKind } from './signing-key.ts'
import { verifyOrder } from './verify-order.ts'

const [KEY, SECOND, STRANGER] = [madeKey(), madeKey(), madeKey()]
const OFF = { name: 'auth', kind: FilterOrderKind.OFF, sequence: 3n, issuedNs: NOW_NS, reason: 'it loops' }

const signed = (init: MessageInitShape<typeof FilterOrderSchema> = {}, keys = [KEY]) =>
  signOrder({ ...OFF, ...init }, keys)

function check(order: SignedOrder, expected: RefusalCode | 'followed', grant: Partial<FilterGrant> = {}) {
  const verdict = verifyOrder(order, {
    policy: policyOf([KEY, SECOND], grant),
    sequence: () => 2n,
    nowNs: NOW_NS,
  })
  assert.equal(verdict.kind === 'refused' ? verdict.refusal.code : verdict.kind, expected)
}

test('an order that is signed, and newer than the last, is followed', () => {
  check(signed(), 'followed')
  check(signed({ kind: FilterOrderKind.ON }), 'followed')
  check(signed({ expiresNs: NOW_NS + 1e9 }), 'followed')
})

test('orders of others, old ones and those that make no sense are not', () => {
  check(signed({}, [STRANGER]), 'untrusted-key')
  check(signed(), 'untrusted-key', { keyIds: [SECOND.id] })
  check(signed({ sequence: 2n }), 'old-order')
  check(signed({ expiresNs: NOW_NS }), 'expired')
  check(signed({ name: 'other' }), 'unknown-filter')
  const { order } = signed()
  const as = (bytes: Uint8Array, kind: SignedKind = SignedKind.order) =>
    create(SignedOrderSchema, { order: bytes, signatures: [signBytes(kind, bytes, KEY)] })
  check(as(order, SignedKind.release), 'wrong-signature')
  check(as(Uint8Array.of(1, 2, 3)), 'order')
  // With the last of all numbers nobody could ever give another.
  check(as(toBinary(FilterOrderSchema, create(FilterOrderSchema, { ...OFF, sequence: 2n ** 63n }))), 'order')
  check(as(new Uint8Array(0)), 'order')
  check(as(new Uint8Array(1 << 20)), 'manifest-too-large')
})

test("the server's word is followed where the configuration says so", () => {
  check(signed({}, []), 'unsigned')
  check(signed({}, []), 'followed', { followsUnsignedOrders: true })
  check(signed({ sequence: 1n }, []), 'old-order', { followsUnsignedOrders: true })
})

test('one of two keys switches off, both switch on', () => {
  check(signed(), 'followed', { signaturesMin: 2 })
  check(signed({ kind: FilterOrderKind.ON }), 'too-few-signatures', { signaturesMin: 2 })
  check(signed({ kind: FilterOrderKind.ON }, [KEY, SECOND]), 'followed', { signaturesMin: 2 })
})
