import {
  checkServerIdentity,
  type DetailedPeerCertificate,
  type PeerCertificate as NodeCertificate,
  type TLSSocket,
} from 'node:tls'
import type { ClientTls, PeerCertificate, TlsFacts } from './transport.ts'

/** What is wrong with the name in a server's certificate; undefined: nothing. SPIFFE's are URIs, which Node does not compare. */
export function checkPeer(tls: ClientTls, name: string, certificate: NodeCertificate): Error | undefined {
  if (!tls.isVerified) return undefined
  const { matchesName } = tls
  if (matchesName === undefined) return checkServerIdentity(name, certificate)
  const names = alternativeNames(certificate)
  if (names.some(({ value }) => matchesName(value))) return undefined
  return new Error(`none of the names of the certificate is allowed: ${certificate.subjectaltname ?? 'none'}`)
}

export function tlsFacts(socket: TLSSocket): TlsFacts {
  const peer = socket.getPeerCertificate() as DetailedPeerCertificate | undefined
  const local = socket.getCertificate() as NodeCertificate | null
  const { alpnProtocol } = socket
  const serverName = (socket as TLSSocket & { readonly servername?: string | false }).servername
  return {
    version: socket.getProtocol() ?? '',
    alpn: typeof alpnProtocol === 'string' ? alpnProtocol : undefined,
    serverName: typeof serverName === 'string' ? serverName : undefined,
    isPeerVerified: socket.authorized,
    peer: peer?.raw === undefined ? undefined : describe(peer),
    localSubject: local?.subject === undefined ? undefined : subjectOf(local),
  }
}

function describe(certificate: NodeCertificate): PeerCertificate {
  const names = alternativeNames(certificate)
  return {
    subject: subjectOf(certificate),
    uriSan: names.find(({ kind }) => kind === 'URI')?.value,
    dnsSan: names.find(({ kind }) => kind === 'DNS')?.value,
    fingerprintSha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  }
}

/** As RFC 2253 writes it: the most specific part first. */
function subjectOf(certificate: NodeCertificate): string {
  return Object.entries(certificate.subject)
    .flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((one) => `${key}=${String(one)}`))
    .reverse()
    .join(',')
}

/** `DNS:a, URI:spiffe://b`; Node writes a name with a comma or a quote in it as a JSON string. */
function alternativeNames(certificate: NodeCertificate): readonly { kind: string; value: string }[] {
  return [
    ...(certificate.subjectaltname ?? '').matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g),
  ].map(([, kind = '', value = '']) => ({
    kind,
    value: value.startsWith('"') ? String(JSON.parse(value)) : value,
  }))
}
