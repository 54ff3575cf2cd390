import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { Result } from '@quadrant/wasm/proxy-wasm'
import type { Bounded } from './foreign-limits.ts'
import { bytesField, readProtoFields, scalarField, textField, varintField } from './proto-fields.ts'

/** Of RSA with PKCS #1 v1.5 and of ECDSA, by the key. */
const HASHES: ReadonlySet<string> = new Set(['sha1', 'sha224', 'sha256', 'sha384', 'sha512'])

/** Curves that BoringSSL has, by OpenSSL's names. */
const CURVES: ReadonlySet<string> = new Set(['secp224r1', 'prime256v1', 'secp384r1', 'secp521r1'])

/**
 * Whether a signature is of a text: `VerifySignatureArguments` (hash_function 1, public_key 2, signature 3, text 4,
 * public_key_pem 5) to `VerifySignatureResult` (result 1, error 2), with the errors that Envoy gives.
 */
export function verifySignature(bytes: Uint8Array, bounded: Bounded): Uint8Array | Result {
  const fields = readProtoFields(bytes)
  const hash = fields && textField(fields, 1)
  const pem = fields && textField(fields, 5)
  if (fields === undefined || hash === undefined || pem === undefined) return Result.BAD_ARGUMENT
  const der = bytesField(fields, 2)
  if ((der.length === 0) === (pem.length === 0)) return Result.BAD_ARGUMENT
  if (!HASHES.has(hash.toLowerCase())) return refusal(2, `${hash} is not supported.`)
  const key = readKey(der, pem, 'PUBLIC KEY', bounded)
  if (key === undefined || !canSign(key, bounded.limits.verifyBitsMax, bounded))
    return refusal(2, 'Failed to initialize digest verify.')
  const isValid = verify(hash.toLowerCase(), bytesField(fields, 4), key, bytesField(fields, 3))
  return isValid ? varintField(1, 1) : refusal(2, 'Failed to verify digest. Error code: 0')
}

/**
 * A signature of a text: `SignArguments` (hash_function 1, private_key 2, text 3, private_key_pem 4) to `SignResult`
 * (result 1, signature 2, error 3), with the errors that Envoy gives.
 */
export function signText(bytes: Uint8Array, bounded: Bounded): Uint8Array | Result {
  const fields = readProtoFields(bytes)
  const hash = fields && textField(fields, 1)
  const pem = fields && textField(fields, 4)
  if (fields === undefined || hash === undefined || pem === undefined) return Result.BAD_ARGUMENT
  const der = bytesField(fields, 2)
  if ((der.length === 0) === (pem.length === 0)) return Result.BAD_ARGUMENT
  if (!HASHES.has(hash.toLowerCase())) return refusal(3, `${hash} is not supported.`)
  const key = readKey(der, pem, 'PRIVATE KEY', bounded)
  if (key === undefined) return refusal(3, 'Invalid key type: private key required for signing operation.')
  if (!canSign(key, bounded.limits.signBitsMax, bounded))
    return refusal(3, 'Invalid private key: key data is corrupted or malformed.')
  try {
    const signature = sign(hash.toLowerCase(), bytesField(fields, 3), key)
    return Buffer.concat([varintField(1, 1), scalarField(2, signature)])
  } catch {
    return refusal(3, 'Failed to create signature.')
  }
}

function refusal(field: number, message: string): Uint8Array {
  return scalarField(field, message)
}

/** Undefined where it is none that BoringSSL reads: bytes behind DER, and text around PEM, do not count. */
function readKey(...given: Parameters<typeof parseKey>): KeyObject | undefined {
  const key = parseKey(...given)
  const curve = key?.asymmetricKeyDetails?.namedCurve
  return key?.asymmetricKeyType === 'rsa-pss' || (curve !== undefined && !CURVES.has(curve)) ? undefined : key
}

function parseKey(
  der: Uint8Array,
  pem: string,
  label: 'PUBLIC KEY' | 'PRIVATE KEY',
  { limits, refused }: Bounded,
): KeyObject | undefined {
  if (Math.max(der.length, pem.length) > limits.keyBytesMax) {
    refused()
    return undefined
  }
  try {
    if (pem !== '') {
      const block = pemBlock(pem, label)
      if (block === undefined) return undefined
      return label === 'PUBLIC KEY' ? createPublicKey(block) : createPrivateKey(block)
    }
    const key = Buffer.from(der.subarray(0, derLength(der)))
    if (label === 'PUBLIC KEY') return createPublicKey({ key, format: 'der', type: 'spki' })
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  } catch {
    return undefined
  }
}

/** Of a private key also those that name their algorithm; encrypted ones are none. */
function pemBlock(pem: string, label: string): string | undefined {
  const names = label === 'PUBLIC KEY' ? label : `(?:RSA |EC )?${label}`
  return new RegExp(`-----BEGIN (${names})-----[^-]*-----END \\1-----`).exec(pem)?.[0]
}

/** Of the first value in it (X.690 8.1.3), with its head. */
function derLength(der: Uint8Array): number {
  const first = der[1] ?? 0
  if (first < 0x80) return 2 + first
  let length = 0
  for (let index = 0; index < (first & 0x7f); index++) length = length * 256 + (der[2 + index] ?? 0)
  return 2 + (first & 0x7f) + length
}

function canSign(
  { asymmetricKeyType, asymmetricKeyDetails }: KeyObject,
  bitsMax: number,
  { refused }: Bounded,
): boolean {
  if (asymmetricKeyType !== 'rsa') return asymmetricKeyType === 'ec'
  if ((asymmetricKeyDetails?.modulusLength ?? Infinity) <= bitsMax) return true
  refused()
  return false
}
