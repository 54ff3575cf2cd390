import { isIP } from 'node:net'
import type { UpstreamTlsSpec } from '../config/cluster-spec.ts'
import { textMatcher } from '../route/text-matcher.ts'
import { pemOf, secureContext, type ReadPem } from '../server/server-tls.ts'
import type { ClientTls } from '../transport/transport.ts'

/** TLS of one generation of certificates. */
export interface ClusterTls {
  /** All PEM that it was made of: what is the same needs no new connections. */
  readonly pem: string
  /** By the host that an endpoint is configured as. */
  readonly of: (host: string) => ClientTls
}

/**
 * TLS to the endpoints of a cluster, by the host that one is configured as.
 * @throws {ExtendError} `encoding` where a certificate, a key or a file of them is none
 */
export function clientTls(spec: UpstreamTlsSpec, protocol: 'http1' | 'http2', readPem: ReadPem): ClusterTls {
  const { certificate, ca, isVerified, versionMin } = spec
  const pems = {
    ca: ca === undefined ? undefined : pemOf(ca, readPem),
    cert: certificate === undefined ? undefined : pemOf(certificate.cert, readPem),
    key: certificate === undefined ? undefined : pemOf(certificate.key, readPem),
  }
  const context = secureContext({ ...pems, minVersion: versionMin })
  const matches = spec.subjectAltNames.map(textMatcher)
  const matchesName =
    matches.length === 0 ? undefined : (name: string) => matches.some((match) => match(name))
  const alpn = [protocol === 'http2' ? 'h2' : 'http/1.1']
  return {
    pem: Object.values(pems).join(),
    of: (host) => ({
      context,
      // An address is no name for SNI (RFC 6066 3).
      serverName: spec.serverName ?? (isIP(host) === 0 ? host : undefined),
      isVerified,
      matchesName,
      alpn,
    }),
  }
}
