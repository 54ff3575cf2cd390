import { webcrypto } from 'node:crypto'
import { GovernError } from '../error.ts'
import { serialNumber } from './serial-number.ts'
import { checkTrustDomain } from './spiffe-id.ts'
import * as x509 from './x509.ts'

/** A certificate that signs those of workloads, with its key. */
export interface SigningRoot {
  readonly trustDomain: string
  readonly certificate: x509.X509Certificate
  readonly key: CryptoKey
}

export interface RootOptions {
  readonly trustDomain: string
  readonly lifetimeMs: number
  /** Milliseconds of Unix time. */
  readonly nowMs: number
}

/** Clocks of a fleet are not one: what is issued now is valid a little before (as SPIRE has it). */
export const BACKDATE_MS = 10_000

export const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const
export const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const

/** A new root of a trust domain: P-256, self-signed (X509-SVID 4, 5). @throws {GovernError} `argument` */
export async function createRoot({ trustDomain, lifetimeMs, nowMs }: RootOptions): Promise<SigningRoot> {
  checkTrustDomain(trustDomain)
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `O=Quadrant, CN=${trustDomain}`,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + lifetimeMs),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      // It signs workloads and no other authorities.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://${trustDomain}` }]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { trustDomain, certificate, key: keys.privateKey }
}

/** As it is kept: both in PEM, the key as PKCS#8. */
export interface RootPem {
  readonly certificate: string
  readonly key: string
}

export async function exportRoot({ certificate, key }: SigningRoot): Promise<RootPem> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', key)
  return { certificate: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') }
}

/** @throws {GovernError} `encoding` where one of both is none, or they do not belong together */
export async function importRoot(pem: RootPem): Promise<SigningRoot> {
  try {
    const certificate = new x509.X509Certificate(pem.certificate)
    const [pkcs8] = x509.PemConverter.decode(pem.key)
    if (pkcs8 === undefined) throw new Error('there is no key')
    const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, P256, true, ['sign'])
    const publicKey = await certificate.publicKey.export()
    const probe = new TextEncoder().encode('quadrant')
    const signature = await webcrypto.subtle.sign(SIGNATURE, key, probe)
    if (!(await webcrypto.subtle.verify(SIGNATURE, publicKey, signature, probe)))
      throw new Error('the key is not that of the certificate')
    const trustDomain = /^CN=(.+)$/m.exec(certificate.subject.replaceAll(', ', '\n'))?.[1] ?? ''
    checkTrustDomain(trustDomain)
    return { trustDomain, certificate, key }
  } catch (error) {
    throw GovernError.from(error, 'encoding')
  }
}
