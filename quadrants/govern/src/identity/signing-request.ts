import { webcrypto } from 'node:crypto'
import { GovernError } from '../error.ts'
import { P256, SIGNATURE } from './signing-root.ts'
import * as x509 from './x509.ts'

/** What somebody wants signed: whoever asks has the key, and says nothing else that counts. */
export interface SigningRequest {
  readonly publicKey: x509.PublicKey
}

/** A request of a key that anybody should use is a few hundred bytes. */
const REQUEST_BYTES_MAX = 16 << 10
const RSA_BITS_MIN = 2048
const RSA_BITS_MAX = 8192
const CURVES: ReadonlySet<string> = new Set(['P-256', 'P-384', 'P-521'])

/**
 * A PKCS#10 request (RFC 2986). Only its key is taken: names and extensions that it asks for are nothing that it decides.
 * @param der or PEM
 * @throws {GovernError} `too-large`; `encoding` where it is none, or not signed by its own key; `argument` where the key is weak
 */
export async function readSigningRequest(der: Uint8Array): Promise<SigningRequest> {
  if (der.length > REQUEST_BYTES_MAX)
    throw new GovernError('too-large', `a signing request has at most ${REQUEST_BYTES_MAX} bytes`)
  const request = parse(der)
  const isSigned = await request.verify().catch(() => false)
  if (!isSigned) throw new GovernError('encoding', 'the signing request is not signed by the key in it')
  const algorithm = request.publicKey.algorithm as {
    name: string
    namedCurve?: string
    modulusLength?: number
  }
  const { name, namedCurve = '', modulusLength = 0 } = algorithm
  const isStrong =
    name === 'ECDSA'
      ? CURVES.has(namedCurve)
      : name.startsWith('RSA') && modulusLength >= RSA_BITS_MIN && modulusLength <= RSA_BITS_MAX
  if (!isStrong)
    throw new GovernError(
      'argument',
      `a key of ${name} ${namedCurve || modulusLength} is not signed: use P-256, P-384, P-521, or RSA of ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bits`,
    )
  return { publicKey: request.publicKey }
}

/** What a node sends, whose key stays where it is. @returns DER */
export async function writeSigningRequest(keys: webcrypto.CryptoKeyPair): Promise<Uint8Array> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'O=Quadrant',
    keys,
    signingAlgorithm: SIGNATURE,
  })
  return new Uint8Array(request.rawData)
}

/** P-256, which can be exported: Envoy has to have it. */
export async function generateWorkloadKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
}

function parse(der: Uint8Array): x509.Pkcs10CertificateRequest {
  try {
    const isPem = der[0] === DASH
    return new x509.Pkcs10CertificateRequest(isPem ? Buffer.from(der).toString('latin1') : Buffer.from(der))
  } catch (error) {
    throw GovernError.from(error, 'encoding')
  }
}

const DASH = 0x2d
