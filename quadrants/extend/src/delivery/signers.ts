import type { FilterSignature } from '@quadrant/proto'
import type { FilterGrant } from './delivery-policy.ts'
import { refuse, type Refusal } from './refusal.ts'
import { SIGNATURE_BYTES } from './signing-key.ts'

/** More signatures than that have no purpose, and each costs a verification. */
export const SIGNATURES_MAX = 16

/** `sha256:` and 64 hexadecimal digits are all that an id has. */
const KEY_ID_LENGTH_MAX = 128

/** Of those who have signed, the ones whose word counts for a filter, or why they do not do. */
export function signersFor(
  { keyIds }: FilterGrant,
  signers: readonly string[],
  countMin: number,
): { readonly signers: readonly string[] } | { readonly refusal: Refusal } {
  const counted = keyIds ? signers.filter((id) => keyIds.includes(id)) : signers
  if (counted.length === 0)
    return { refusal: refuse('untrusted-key', `${signers.join(', ')} may not sign for this filter`) }
  if (counted.length < countMin)
    return {
      refusal: refuse('too-few-signatures', `${counted.length} of the keys have signed it, ${countMin} must`),
    }
  return { signers: counted }
}

/** Undefined where there are no more signatures, and no larger ones, than it makes sense to look at. */
export function tooLarge(signatures: readonly FilterSignature[]): Refusal | undefined {
  if (signatures.length > SIGNATURES_MAX)
    return refuse('manifest-too-large', `it has ${signatures.length} signatures, at most ${SIGNATURES_MAX}`)
  const isLarge = signatures.some(
    ({ keyId, value }) => keyId.length > KEY_ID_LENGTH_MAX || value.length > SIGNATURE_BYTES,
  )
  return isLarge ? refuse('manifest-too-large', 'a signature is larger than any of Ed25519') : undefined
}
