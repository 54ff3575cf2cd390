import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'

/** A key with which tokens may be signed (RFC 7517). */
export interface TokenKey {
  readonly id: string | undefined
  /** Only for this algorithm; undefined: for all of its type. */
  readonly algorithm: string | undefined
  readonly key: KeyObject
}

const KEYS_MAX = 128

/**
 * The keys of a JWKS; those that are for something else than signing, or of a kind that is not known, are left out.
 *
 * @returns undefined where it is no JWKS
 */
export function readKeySet(text: string): readonly TokenKey[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const keys = isRecord(value) ? value['keys'] : undefined
  if (!Array.isArray(keys)) return undefined
  return keys.slice(0, KEYS_MAX).flatMap((one) => (isRecord(one) ? (readKey(one) ?? []) : []))
}

function readKey(jwk: Readonly<Record<string, unknown>>): TokenKey | undefined {
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return undefined
  const { kid, alg, kty, k } = jwk
  try {
    const key =
      kty === 'oct' && typeof k === 'string'
        ? createSecretKey(Buffer.from(k, 'base64url'))
        : createPublicKey({ key: jwk, format: 'jwk' })
    return {
      id: typeof kid === 'string' ? kid : undefined,
      algorithm: typeof alg === 'string' ? alg : undefined,
      key,
    }
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
