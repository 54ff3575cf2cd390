import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { ExtendError } from '../../error.ts'
import type { PemSource } from '../config/pem-source.ts'
import type { ListenerTlsSpec } from '../config/listener-spec.ts'
import type { ServerTls } from '../transport/transport.ts'

/** Reads a file with a certificate or a key. @throws what the file system throws */
export type ReadPem = (path: string) => string

/** @throws {ExtendError} `encoding` where a certificate, a key or a file of them is none */
export function serverTls(spec: ListenerTlsSpec, readPem: ReadPem): ServerTls {
  const ca = spec.clientCa === undefined ? undefined : pemOf(spec.clientCa, readPem)
  const exact = new Map<string, unknown>()
  const wildcards = new Map<string, unknown>()
  let first: unknown
  for (const { serverNames, cert, key } of spec.certificates) {
    const certificate = pemOf(cert, readPem)
    const context = secureContext({
      cert: certificate,
      key: pemOf(key, readPem),
      ca,
      minVersion: spec.versionMin,
      // Without one, sessions of clients with certificates could not be resumed.
      sessionIdContext: 'quadrant',
    })
    first ??= context
    const names = serverNames.length > 0 ? serverNames : namesOf(certificate)
    for (const name of names) {
      const lower = name.toLowerCase()
      const into = lower.startsWith('*.') ? wildcards : exact
      const key = lower.startsWith('*.') ? lower.slice(2) : lower
      if (!into.has(key)) into.set(key, context)
    }
  }
  return {
    contextOf: (serverName) => {
      if (serverName === undefined) return first
      const name = serverName.toLowerCase()
      // A wildcard stands for one label (RFC 6125 6.4.3).
      return exact.get(name) ?? wildcards.get(name.slice(name.indexOf('.') + 1)) ?? first
    },
    alpn: spec.alpn,
    clientCertificate: spec.clientCertificate,
  }
}

export function pemOf(source: PemSource, readPem: ReadPem): string {
  if (source.kind === 'pem') return source.pem
  try {
    return readPem(source.path)
  } catch (error) {
    throw ExtendError.from(error, 'not-found')
  }
}

export function secureContext(options: Parameters<typeof createSecureContext>[0]): unknown {
  try {
    return createSecureContext(options)
  } catch (error) {
    throw ExtendError.from(error, 'encoding')
  }
}

function namesOf(certificate: string): readonly string[] {
  try {
    const { subjectAltName = '' } = new X509Certificate(certificate)
    return [...subjectAltName.matchAll(/DNS:([^,\s]+)/g)].map(([, name = '']) => name)
  } catch (error) {
    throw ExtendError.from(error, 'encoding')
  }
}
