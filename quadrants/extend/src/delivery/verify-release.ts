import { createHash } from 'node:crypto'
import type { FilterRelease, SignedRelease } from '@quadrant/proto'
import type { DeliveryPolicy, FilterGrant } from './delivery-policy.ts'
import { LIMITS, limitNames } from './filter-limits.ts'
import { readRelease, RELEASE_BYTES_MAX } from './read-release.ts'
import { refuse, type Refusal } from './refusal.ts'
import { SignedKind } from './signing-key.ts'
import { signersFor, tooLarge } from './signers.ts'

const ABIS: ReadonlySet<string> = new Set(['0.1.0', '0.2.0', '0.2.1'])

/** What of a filter was accepted before. */
export interface Accepted {
  /** Highest. */
  readonly version: bigint
  /** Digest of the signed bytes of that one, in hexadecimal. */
  readonly release: string
}

export interface VerifyOptions {
  readonly policy: DeliveryPolicy
  /** Of a filter; undefined: nothing yet. */
  readonly accepted: (name: string) => Accepted | undefined
  readonly nowNs: number
}

/** A release that may be followed here. Its module is still to be seen. */
export interface VerifiedRelease {
  readonly release: FilterRelease
  /** Digest of the signed bytes, in hexadecimal. */
  readonly digest: string
  readonly grant: FilterGrant
  /** Ids of the keys that have signed it, of those that may. */
  readonly signers: readonly string[]
}

export type ReleaseVerdict =
  /** `isKnown`: it is the very one that was accepted last. */
  | { readonly kind: 'accepted'; readonly verified: VerifiedRelease; readonly isKnown: boolean }
  /** `release` where it was signed by a key that is trusted: what others signed is not even read. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly release: FilterRelease | undefined }

/**
 * Whether a gateway may follow a release. Pure: it reads no clock, and compiles and fetches nothing. What it costs is
 * bounded before anything is looked at, and no manifest is parsed before its signature was found right.
 */
export function verifyRelease(signed: SignedRelease, options: VerifyOptions): ReleaseVerdict {
  const authentic = authenticate(signed, options.policy)
  if ('refusal' in authentic) return { kind: 'refused', ...authentic }
  const { verified } = authentic
  const { release, digest } = verified
  const accepted = options.accepted(release.name)
  const isKnown = accepted?.version === release.version && accepted.release === digest
  const refusal =
    // It was in time when it was accepted.
    (isKnown ? undefined : (outsideOfTime(release, options.nowNs) ?? notNewer(release, accepted))) ??
    exceeding(verified)
  return refusal ? { kind: 'refused', refusal, release } : { kind: 'accepted', verified, isKnown }
}

/**
 * The same of one that was accepted before, when it is read from disk again: keys and grants may be others by now. Its
 * time was right when it was accepted, and it is not made to end in the middle of its work.
 */
export function verifyAgain(
  signed: SignedRelease,
  policy: DeliveryPolicy,
): { readonly verified: VerifiedRelease } | { readonly refusal: Refusal } {
  const authentic = authenticate(signed, policy)
  if ('refusal' in authentic) return { refusal: authentic.refusal }
  const refusal = exceeding(authentic.verified)
  return refusal ? { refusal } : authentic
}

/** Digest of signed bytes, which names a release. */
export function releaseDigest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function authenticate(
  signed: SignedRelease,
  policy: DeliveryPolicy,
):
  | { readonly verified: VerifiedRelease }
  | { readonly refusal: Refusal; readonly release: FilterRelease | undefined } {
  const large =
    signed.release.length > RELEASE_BYTES_MAX
      ? refuse(
          'manifest-too-large',
          `the manifest has ${signed.release.length} bytes, at most ${RELEASE_BYTES_MAX} are taken`,
        )
      : tooLarge(signed.signatures)
  if (large) return { refusal: large, release: undefined }
  const checked = policy.keys.check(SignedKind.release, signed.release, signed.signatures)
  if ('refusal' in checked) return { refusal: checked.refusal, release: undefined }
  const read = readRelease(signed.release)
  if ('refusal' in read) return { refusal: read.refusal, release: undefined }
  const { release } = read
  const grant = policy.grants.get(release.name)
  if (!grant)
    return { refusal: refuse('unknown-filter', `${release.name} is no filter of this gateway`), release }
  // Now that it is known which filter it is for.
  const who = signersFor(grant, checked.signers, grant.signaturesMin ?? 1)
  if ('refusal' in who) return { refusal: who.refusal, release }
  return { verified: { release, digest: releaseDigest(signed.release), grant, signers: who.signers } }
}

function outsideOfTime({ notBeforeNs, expiresNs }: FilterRelease, nowNs: number): Refusal | undefined {
  const moment = (ns: number) => new Date(ns / 1e6).toISOString()
  if (nowNs < notBeforeNs) return refuse('not-yet-valid', `it is valid from ${moment(notBeforeNs)} on`)
  // A clock that is no number must not let it pass.
  if (!(nowNs < expiresNs)) return refuse('expired', `it could be accepted until ${moment(expiresNs)}`)
  return undefined
}

function notNewer({ version }: FilterRelease, accepted: Accepted | undefined): Refusal | undefined {
  if (!accepted || version > accepted.version) return undefined
  if (version === accepted.version)
    return refuse('same-version', `another release with the number ${version} was accepted before`)
  return refuse(
    'downgraded',
    `version ${accepted.version} was accepted, and this is ${version}: a release of an older module takes a new number`,
  )
}

function exceeding({ release, grant }: VerifiedRelease): Refusal | undefined {
  const { capabilities, limits, moduleBytes, abi } = release
  const module = Buffer.from(release.moduleSha256).toString('hex')
  if (grant.moduleSha256 !== undefined && grant.moduleSha256 !== module)
    return refuse('module-not-granted', `this gateway takes module sha256:${grant.moduleSha256} alone`)
  // Who may sign for this filter alone gets at no other's data by its name.
  if (grant.keyIds && !['', release.name, grant.vmId].includes(release.vmId))
    return refuse('vm-not-granted', `this gateway does not grant ${release.name} the vm_id ${release.vmId}`)
  const missing = capabilities.filter((each) => !grant.capabilities.includes(each))
  if (missing.length > 0)
    return refuse(
      'capability-not-granted',
      `this gateway does not grant ${release.name}: ${missing.join(', ')}`,
    )
  const high = limitNames().find((name) => (limits?.[name] ?? 0) > grant.ceilings[LIMITS[name].host])
  if (high)
    return refuse(
      'limit-too-high',
      `it asks for ${limits![high]} ${LIMITS[high].words}, this gateway grants ${grant.ceilings[LIMITS[high].host]}`,
    )
  if (moduleBytes > grant.moduleBytesMax)
    return refuse('module-too-large', `its module has ${moduleBytes} bytes, at most ${grant.moduleBytesMax}`)
  return ABIS.has(abi)
    ? undefined
    : refuse('abi', `proxy-wasm ${abi || 'without a version'} is not known here`)
}
