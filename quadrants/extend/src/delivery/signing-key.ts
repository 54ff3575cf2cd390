import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { FilterSignatureSchema, SignatureAlgorithm, type FilterSignature } from '@quadrant/proto'
import { ExtendError } from '../error.ts'

/** Put before what is signed, so that no signature holds for something of another kind. */
export const SignedKind = {
  release: 'quadrant.v1.FilterRelease\0',
  order: 'quadrant.v1.FilterOrder\0',
} as const
export type SignedKind = (typeof SignedKind)[keyof typeof SignedKind]

/** Of Ed25519 (RFC 8032 5.1.6). */
export const SIGNATURE_BYTES = 64

/** What signs releases: an Ed25519 key, and what names it. */
export interface SigningKey {
  readonly id: string
  readonly privateKey: KeyObject
}

/** A new key: its private part (PKCS #8) and its public part (SubjectPublicKeyInfo), as PEM (RFC 7468). */
export function generateSigningKey(): {
  readonly id: string
  readonly privatePem: string
  readonly publicPem: string
} {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    id: keyIdOf(publicKey),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }),
  }
}

/** @throws {ExtendError} `argument` where it is no private key of Ed25519 in PEM */
export function readSigningKey(pem: string): SigningKey {
  const privateKey = readKey(pem, createPrivateKey, 'private')
  return { id: keyIdOf(createPublicKey(privateKey)), privateKey }
}

/** The public part of a key, as PEM. */
export function publicPemOf({ privateKey }: SigningKey): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })
}

/** @throws {ExtendError} `argument` where it is no public key of Ed25519 in PEM */
export function readPublicKey(pem: string): KeyObject {
  // OpenSSL would take the public part out of a private key: whoever gives one here has mistaken the file.
  if (pem.includes('PRIVATE KEY'))
    throw new ExtendError('argument', 'it is a private key: give the public one')
  return readKey(pem, createPublicKey, 'public')
}

/** Names a public key: the digest of its SubjectPublicKeyInfo in DER. */
export function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(der).digest('hex')}`
}

/** Signs bytes as something of a kind. */
export function signBytes(kind: SignedKind, bytes: Uint8Array, key: SigningKey): FilterSignature {
  return create(FilterSignatureSchema, {
    keyId: key.id,
    algorithm: SignatureAlgorithm.ED25519,
    value: sign(null, signedBytes(kind, bytes), key.privateKey),
  })
}

/** What a signature is over. */
export function signedBytes(kind: SignedKind, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(kind), bytes])
}

function readKey(pem: string, read: (pem: string) => KeyObject, part: string): KeyObject {
  let key: KeyObject
  try {
    key = read(pem)
  } catch (cause) {
    throw new ExtendError('argument', `it is no ${part} key in PEM`, { cause })
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new ExtendError(
      'argument',
      `it is a key of ${key.asymmetricKeyType ?? 'another kind'}, not of ed25519`,
    )
  return key
}
