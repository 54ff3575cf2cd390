import { GovernError } from '../error.ts'
import { serialNumber } from './serial-number.ts'
import type { SigningRequest } from './signing-request.ts'
import { BACKDATE_MS, SIGNATURE, type SigningRoot } from './signing-root.ts'
import { formatSpiffeId, type SpiffeId } from './spiffe-id.ts'
import * as x509 from './x509.ts'

/** Proof of who a workload is, for a while. */
export interface Svid {
  readonly id: SpiffeId
  /** In PEM; signed by a root, so that nothing stands between. */
  readonly certificate: string
  readonly serialNumber: string
  /** Milliseconds of Unix time. */
  readonly issuedMs: number
  readonly expiresMs: number
}

export interface SvidOptions {
  readonly id: SpiffeId
  readonly lifetimeMs: number
  /** Milliseconds of Unix time. */
  readonly nowMs: number
  /** For clients that know servers by names of DNS alone. */
  readonly dnsNames?: readonly string[]
}

const LIFETIME_MS_MIN = 60_000
const LIFETIME_MS_MAX = 24 * 3_600_000
const DNS_NAMES_MAX = 16
const DNS_NAME = /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/

/**
 * Signs a workload's key (X509-SVID 2 to 4): one URI, no authority, for both ends of TLS. It never outlives its root.
 * @throws {GovernError} `argument` where the id is not of the root's trust domain or is nobody, or a name or time is not to be had
 */
export async function issueSvid(
  root: SigningRoot,
  { publicKey }: SigningRequest,
  { id, lifetimeMs, nowMs, dnsNames = [] }: SvidOptions,
): Promise<Svid> {
  if (id.trustDomain !== root.trustDomain)
    throw new GovernError('argument', `${formatSpiffeId(id)} is not of the trust domain ${root.trustDomain}`)
  if (id.path === '')
    throw new GovernError('argument', `${formatSpiffeId(id)} is a trust domain, and no workload`)
  if (!(lifetimeMs >= LIFETIME_MS_MIN && lifetimeMs <= LIFETIME_MS_MAX))
    throw new GovernError('argument', `an SVID lives from a minute to 24 hours, not ${lifetimeMs} ms`)
  if (dnsNames.length > DNS_NAMES_MAX || dnsNames.some((name) => name.length > 253 || !DNS_NAME.test(name)))
    throw new GovernError('argument', `an SVID has at most ${DNS_NAMES_MAX} names of DNS, in small letters`)
  const rootEndMs = root.certificate.notAfter.getTime()
  if (rootEndMs <= nowMs)
    throw new GovernError('argument', `the root of ${root.trustDomain} has expired: make another`)
  const serial = serialNumber()
  const notAfter = new Date(Math.min(nowMs + lifetimeMs, rootEndMs))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: 'O=Quadrant',
    issuer: root.certificate.subject,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter,
    publicKey,
    signingKey: root.key,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: formatSpiffeId(id) },
        ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(root.certificate),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  })
  return {
    id,
    certificate: certificate.toString('pem'),
    serialNumber: serial,
    issuedMs: nowMs,
    // X.509 knows seconds.
    expiresMs: Math.floor(notAfter.getTime() / 1000) * 1000,
  }
}

/** When to have another: at half life, a little earlier or later so that a fleet that began at once does not stay in step. */
export function renewAtMs({ issuedMs, expiresMs }: Svid, random: () => number): number {
  const share = HALF_LIFE + (random() - 0.5) * JITTER
  return issuedMs + (expiresMs - issuedMs) * share
}

const HALF_LIFE = 0.5
const JITTER = 0.1
