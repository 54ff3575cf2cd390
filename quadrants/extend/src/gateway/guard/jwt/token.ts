import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto'
import type { TokenKey } from './json-web-key-set.ts'

export type Claims = Readonly<Record<string, unknown>>

/** A token as it is written (RFC 7515, 7.1), read but not believed. */
export interface Token {
  readonly algorithm: string
  readonly keyId: string | undefined
  readonly claims: Claims
  readonly signed: Buffer
  readonly signature: Buffer
}

/** A head of a request has room for no longer one. */
const TOKEN_LENGTH_MAX = 16_384

/** Undefined: it is no token. */
export function readToken(text: string): Token | undefined {
  if (text.length > TOKEN_LENGTH_MAX) return undefined
  const parts = text.split('.')
  const [head, body, signature] = parts
  if (
    parts.length !== 3 ||
    !head ||
    !body ||
    signature === undefined ||
    !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)
  )
    return undefined
  const header = jsonOf(head)
  const claims = jsonOf(body)
  const algorithm = header?.['alg']
  const keyId = header?.['kid']
  // A critical extension that is not understood (RFC 7515, 4.1.11): none is.
  if (claims === undefined || typeof algorithm !== 'string' || header?.['crit'] !== undefined)
    return undefined
  return {
    algorithm,
    keyId: typeof keyId === 'string' ? keyId : undefined,
    claims,
    signed: Buffer.from(`${head}.${body}`),
    signature: Buffer.from(signature, 'base64url'),
  }
}

/** Whether one of the keys has signed it: that with its `kid`, or any where nobody says which. */
export function isSigned(token: Token, keys: readonly TokenKey[]): boolean {
  const algorithm = ALGORITHMS[token.algorithm]
  if (algorithm === undefined) return false
  return keys.some(
    ({ id, algorithm: only, key }) =>
      (token.keyId === undefined || id === undefined || id === token.keyId) &&
      (only === undefined || only === token.algorithm) &&
      algorithm(token, key),
  )
}

type Verify = (token: Token, key: KeyObject) => boolean

const isRsa = (key: KeyObject) => key.asymmetricKeyType === 'rsa'

function rsa(hash: string): Verify {
  return ({ signed, signature }, key) => isRsa(key) && verify(hash, signed, key, signature)
}

function pss(hash: string): Verify {
  return ({ signed, signature }, key) =>
    isRsa(key) &&
    verify(
      hash,
      signed,
      { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
      signature,
    )
}

function ecdsa(hash: string, curve: string): Verify {
  return ({ signed, signature }, key) =>
    key.asymmetricKeyType === 'ec' &&
    key.asymmetricKeyDetails?.namedCurve === curve &&
    verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
}

/** Only with a key that is a secret: one that everybody knows signs nothing. */
function hmac(hash: string): Verify {
  return ({ signed, signature }, key) => {
    if (key.type !== 'secret') return false
    const expected = createHmac(hash, key).update(signed).digest()
    return expected.length === signature.length && timingSafeEqual(expected, signature)
  }
}

/** Of RFC 7518, 3.1, and RFC 8037; never `none`. */
const ALGORITHMS: Readonly<Record<string, Verify | undefined>> = {
  __proto__: null as never,
  RS256: rsa('sha256'),
  RS384: rsa('sha384'),
  RS512: rsa('sha512'),
  PS256: pss('sha256'),
  PS384: pss('sha384'),
  PS512: pss('sha512'),
  ES256: ecdsa('sha256', 'prime256v1'),
  ES384: ecdsa('sha384', 'secp384r1'),
  ES512: ecdsa('sha512', 'secp521r1'),
  HS256: hmac('sha256'),
  HS384: hmac('sha384'),
  HS512: hmac('sha512'),
  EdDSA: ({ signed, signature }, key) =>
    key.asymmetricKeyType === 'ed25519' && verify(null, signed, key, signature),
}

function jsonOf(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Claims)
      : undefined
  } catch {
    return undefined
  }
}
