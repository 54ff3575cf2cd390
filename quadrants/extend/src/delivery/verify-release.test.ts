import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import {
  FilterReleaseSchema,
  SignatureAlgorithm,
  SignedReleaseSchema,
  type SignedRelease,
} from '@quadrant/proto'
import { madeKey, madeModule, NOW_NS, policyOf, releaseOf, signedOf } from '../testing/made-releases.ts'
import type { FilterGrant } from './delivery-policy.ts'
import { RELEASE_BYTES_MAX } from './read-release.ts'
import type { RefusalCode } from './refusal.ts'
import { signRelease } from './sign-release.ts'
import { signBytes, SignedKind } from './signing-key.ts'
import { releaseDigest, verifyRelease } from './verify-release.ts'

const KEY = madeKey()
const SECOND = madeKey()
const STRANGER = madeKey()
const MODULE = madeModule()
const SOUND = signedOf(KEY, MODULE, { version: 5n })
const HOUR_NS = 3600e9

type ReleaseInit = MessageInitShape<typeof FilterReleaseSchema>

/** Signed as it is, whatever it says. */
function signedRaw(init: ReleaseInit | Uint8Array, key = KEY): SignedRelease {
  const release =
    init instanceof Uint8Array ? init : toBinary(FilterReleaseSchema, create(FilterReleaseSchema, init))
  return create(SignedReleaseSchema, {
    release,
    signatures: [signBytes(SignedKind.release, release, key)],
  })
}

const raw = (init: ReleaseInit) => signedRaw(releaseOf(MODULE, init))

function verdict(signed: SignedRelease, grant: Partial<FilterGrant> = {}, options: Partial<Options> = {}) {
  return verifyRelease(signed, {
    policy: policyOf([KEY, SECOND], grant),
    accepted: () => undefined,
    nowNs: NOW_NS,
    ...options,
  })
}
type Options = Parameters<typeof verifyRelease>[1]

interface Case {
  readonly name: string
  readonly code: RefusalCode
  readonly signed: SignedRelease
  readonly grant?: Partial<FilterGrant>
  readonly options?: Partial<Options>
}

const accepted = (version: bigint, release = 'another') => ({ accepted: () => ({ version, release }) })
const signatures = (list: SignedRelease['signatures']) =>
  create(SignedReleaseSchema, { ...SOUND, signatures: list })

/** The manifest's bytes with a field that nobody knows. */
const withUnknown = (field: number, into: Uint8Array) =>
  new Uint8Array([
    ...into,
    ...new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(Uint8Array.of(1)).finish(),
  ])

const CASES: readonly Case[] = [
  { name: 'no signature', code: 'unsigned', signed: signatures([]) },
  { name: 'a wrong key', code: 'untrusted-key', signed: signedOf(STRANGER, MODULE) },
  {
    name: "a trusted key's name on another's signature",
    code: 'wrong-signature',
    signed: signatures([{ ...signBytes(SignedKind.release, SOUND.release, STRANGER), keyId: KEY.id }]),
  },
  {
    name: 'a wrong signature besides a right one',
    code: 'wrong-signature',
    signed: signatures([
      ...SOUND.signatures,
      { ...signBytes(SignedKind.release, SOUND.release, STRANGER), keyId: SECOND.id },
    ]),
  },
  {
    name: 'a signature of other bytes',
    code: 'wrong-signature',
    signed: signatures(signedOf(KEY, MODULE, { version: 6n }).signatures),
  },
  {
    name: 'a signature of the same bytes as something else',
    code: 'wrong-signature',
    signed: signatures([signBytes(SignedKind.order, SOUND.release, KEY)]),
  },
  {
    name: 'a signature that is cut',
    code: 'wrong-signature',
    signed: signatures([{ ...SOUND.signatures[0]!, value: SOUND.signatures[0]!.value.subarray(1) }]),
  },
  {
    name: 'another algorithm',
    code: 'wrong-signature',
    signed: signatures([{ ...SOUND.signatures[0]!, algorithm: SignatureAlgorithm.UNSPECIFIED }]),
  },
  {
    name: 'an endless signature',
    code: 'manifest-too-large',
    signed: signatures([{ ...SOUND.signatures[0]!, value: new Uint8Array(1 << 20) }]),
  },
  {
    name: 'a thousand signatures',
    code: 'manifest-too-large',
    signed: signatures(Array.from({ length: 1000 }, () => SOUND.signatures[0]!)),
  },
  {
    name: 'a key that may not sign this filter',
    code: 'untrusted-key',
    signed: SOUND,
    grant: { keyIds: [SECOND.id] },
  },
  { name: 'one key of two', code: 'too-few-signatures', signed: SOUND, grant: { signaturesMin: 2 } },
  {
    name: 'one key, twice',
    code: 'too-few-signatures',
    signed: signatures([...SOUND.signatures, ...SOUND.signatures]),
    grant: { signaturesMin: 2 },
  },
  {
    name: 'a large manifest',
    code: 'manifest-too-large',
    signed: signedRaw(new Uint8Array(RELEASE_BYTES_MAX + 1)),
  },
  { name: 'signed garbage', code: 'manifest', signed: signedRaw(Uint8Array.of(1, 2, 3)) },
  { name: 'nothing, signed', code: 'manifest', signed: signedRaw(new Uint8Array(0)) },
  { name: 'a field of a newer version', code: 'manifest', signed: signedRaw(withUnknown(99, SOUND.release)) },
  { name: 'a name that is a path', code: 'manifest', signed: raw({ name: '../auth' }) },
  { name: 'version 0', code: 'manifest', signed: raw({ version: 0n }) },
  { name: 'a version that no store holds', code: 'manifest', signed: raw({ version: 2n ** 64n - 1n }) },
  { name: 'it restores a newer one', code: 'manifest', signed: raw({ restoresVersion: 2n }) },
  { name: 'half a digest', code: 'manifest', signed: raw({ moduleSha256: new Uint8Array(16) }) },
  { name: 'an empty module', code: 'manifest', signed: raw({ moduleBytes: 0 }) },
  { name: 'a size that is none', code: 'manifest', signed: raw({ moduleBytes: Number.NaN }) },
  { name: 'a capability of a newer version', code: 'manifest', signed: raw({ capabilities: ['teleport'] }) },
  {
    name: 'a thousand capabilities',
    code: 'manifest',
    signed: raw({ capabilities: Array.from({ length: 1000 }, () => 'log') }),
  },
  { name: 'it never expires', code: 'manifest', signed: raw({ expiresNs: Number.POSITIVE_INFINITY }) },
  { name: 'times that are none', code: 'manifest', signed: raw({ notBeforeNs: Number.NaN }) },
  {
    name: 'it expires before it is valid',
    code: 'manifest',
    signed: raw({ notBeforeNs: NOW_NS, expiresNs: NOW_NS }),
  },
  { name: 'a limit that is none', code: 'manifest', signed: raw({ limits: { callMs: Number.NaN } }) },
  { name: 'a limit below nothing', code: 'manifest', signed: raw({ limits: { memoryBytes: -1 } }) },
  { name: 'control characters', code: 'manifest', signed: raw({ note: '\u001b[2J' }) },
  { name: 'another filter', code: 'unknown-filter', signed: raw({ name: 'other' }) },
  { name: 'tomorrow', code: 'not-yet-valid', signed: raw({ notBeforeNs: NOW_NS + HOUR_NS }) },
  { name: 'yesterday', code: 'expired', signed: raw({ expiresNs: NOW_NS - HOUR_NS }) },
  { name: 'the moment of its end', code: 'expired', signed: raw({ expiresNs: NOW_NS }) },
  { name: 'a clock that is broken', code: 'expired', signed: SOUND, options: { nowNs: Number.NaN } },
  { name: 'an older version', code: 'downgraded', signed: SOUND, options: accepted(6n) },
  { name: 'the same version, another release', code: 'same-version', signed: SOUND, options: accepted(5n) },
  {
    name: 'a capability that is not granted',
    code: 'capability-not-granted',
    signed: raw({ capabilities: ['log', 'http-call'] }),
  },
  {
    name: 'a limit over the ceiling',
    code: 'limit-too-high',
    signed: raw({ limits: { memoryBytes: 2 ** 40 } }),
  },
  { name: 'a large module', code: 'module-too-large', signed: raw({ moduleBytes: 2 ** 40 }) },
  {
    name: 'another module than the one that is wanted',
    code: 'module-not-granted',
    signed: SOUND,
    grant: { moduleSha256: 'ab'.repeat(32) },
  },
  {
    name: 'the data of other filters, by who may sign this one alone',
    code: 'vm-not-granted',
    signed: raw({ vmId: 'billing' }),
    grant: { keyIds: [KEY.id] },
  },
  { name: 'an ABI that is not known', code: 'abi', signed: raw({ abi: '0.3.0' }) },
]

for (const { name, code, signed, grant, options } of CASES)
  test(`${name} is refused`, () => {
    const result = verdict(signed, grant, options)
    assert.equal(result.kind === 'refused' ? result.refusal.code : result.kind, code)
    // What strangers have signed is not read.
    if (['unsigned', 'untrusted-key', 'wrong-signature', 'manifest-too-large'].includes(code) && !grant)
      assert.ok(result.kind === 'refused' && result.release === undefined)
  })

test('a release that is as it must be is accepted', () => {
  const check = (signed: SignedRelease, grant: Partial<FilterGrant> = {}, options: Partial<Options> = {}) => {
    const result = verdict(signed, grant, options)
    assert.ok(result.kind === 'accepted', result.kind === 'refused' ? result.refusal.reason : '')
    return result
  }
  const { verified, isKnown } = check(SOUND)
  assert.equal(verified.release.version, 5n)
  assert.equal(verified.digest, releaseDigest(SOUND.release))
  assert.deepEqual(verified.signers, [KEY.id])
  assert.equal(isKnown, false)
  check(SOUND, {}, accepted(4n))
  check(raw({ capabilities: ['shared-data'] }))
  check(raw({ notBeforeNs: NOW_NS }))
  // Signatures of others say nothing.
  check(signRelease(releaseOf(MODULE), [STRANGER, KEY]))
  const both = check(signRelease(releaseOf(MODULE), [KEY, SECOND]), { signaturesMin: 2 })
  assert.equal(both.verified.signers.length, 2)
  const restored = releaseOf(MODULE, { version: 7n, restoresVersion: 5n })
  check(signedRaw(restored), {}, accepted(6n))
})

test('the very release that was accepted last is known, also when its time is over', () => {
  const result = verdict(
    SOUND,
    {},
    {
      ...accepted(5n, releaseDigest(SOUND.release)),
      nowNs: NOW_NS + 1000 * HOUR_NS,
    },
  )
  assert.ok(result.kind === 'accepted' && result.isKnown)
})

test('nobody signs by mistake what no gateway would take', () => {
  assert.throws(() => signRelease(releaseOf(MODULE, { name: '' }), [KEY]), { code: 'argument' })
  assert.throws(
    () => signRelease(releaseOf(MODULE, { configuration: new Uint8Array(RELEASE_BYTES_MAX) }), [KEY]),
    {
      code: 'too-large',
    },
  )
})

test('bytes changed anywhere are refused, and whatever is signed is judged without an exception', () => {
  fc.assert(
    fc.property(fc.nat(SOUND.release.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const release = SOUND.release.slice()
      release[at]! ^= flip
      const changed = verdict(create(SignedReleaseSchema, { ...SOUND, release }))
      assert.ok(changed.kind === 'refused' && changed.refusal.code === 'wrong-signature')
      // As if its key had been stolen.
      verdict(signedRaw(release))
    }),
    { seed: 1, numRuns: 400 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const result = verdict(signedRaw(bytes))
      assert.ok(result.kind === 'refused' && result.refusal.code === 'manifest', result.kind)
    }),
    { seed: 2, numRuns: 400 },
  )
})
