import { verify, type KeyObject } from 'node:crypto'
import { SignatureAlgorithm, type FilterSignature } from '@quadrant/proto'
import { refuse, type Refusal } from './refusal.ts'
import { keyIdOf, readPublicKey, SIGNATURE_BYTES, signedBytes, type SignedKind } from './signing-key.ts'

/** Keys whose signatures count. */
export class TrustedKeys {
  readonly #keys: ReadonlyMap<string, KeyObject>

  private constructor(keys: ReadonlyMap<string, KeyObject>) {
    this.#keys = keys
  }

  /**
   * @param pems public keys
   * @throws {ExtendError} `argument` where one is no public key of Ed25519
   */
  static of(pems: Iterable<string>): TrustedKeys {
    const keys = [...pems].map(readPublicKey)
    return new TrustedKeys(new Map(keys.map((key) => [keyIdOf(key), key])))
  }

  get ids(): readonly string[] {
    return [...this.#keys.keys()]
  }

  /**
   * Who of them has signed the bytes, one at least, or why that does not do. Signatures by others say nothing; a wrong
   * one by a key that is trusted is no oversight, and refused whatever else is there.
   */
  check(
    kind: SignedKind,
    bytes: Uint8Array,
    signatures: readonly FilterSignature[],
  ): { readonly signers: readonly string[] } | { readonly refusal: Refusal } {
    if (signatures.length === 0) return { refusal: refuse('unsigned', 'it has no signature') }
    const signed = signedBytes(kind, bytes)
    const signers = new Set<string>()
    for (const { keyId, algorithm, value } of signatures) {
      const key = this.#keys.get(keyId)
      if (!key) continue
      const isRight =
        algorithm === SignatureAlgorithm.ED25519 &&
        value.length === SIGNATURE_BYTES &&
        verify(null, signed, key, value)
      if (!isRight) return { refusal: refuse('wrong-signature', `${keyId} has not signed these bytes`) }
      signers.add(keyId)
    }
    if (signers.size === 0)
      return {
        refusal: refuse(
          'untrusted-key',
          // Bytes of strangers: only what has the form of an id is repeated.
          `no key that signed it is trusted here: ${signatures.map(({ keyId }) => shown(keyId)).join(', ')}`,
        ),
      }
    return { signers: [...signers] }
  }
}

function shown(keyId: string): string {
  return /^sha256:[0-9a-f]{64}$/.test(keyId) ? keyId : 'one without an id'
}
