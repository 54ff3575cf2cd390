import { about, bool, type Field, list, mapped, object, oneOf, optional, text } from '@quadrant/core/config'
import type { UpstreamTlsSpec } from './cluster-spec.ts'
import { GatewayCode } from './codes.ts'
import type { ListenerTlsSpec } from './listener-spec.ts'
import { textMatch } from './match-fields.ts'
import { pemFile } from './value-fields.ts'

const versionMin = about('The oldest version that is spoken.', oneOf(['TLSv1.2', 'TLSv1.3'], 'TLSv1.2'))

const certificate = object('a certificate', {
  server_names: about('For clients that ask for these. Default: those of the certificate.', list(text)),
  cert_file: about('The chain, in PEM.', pemFile),
  key_file: about('The key, in PEM.', pemFile),
})

/** Connections of clients. Without `alpn` it is what `protocols` says, or nothing where there is `tcp`. */
export const listenerTls: Field<
  Omit<ListenerTlsSpec, 'alpn'> & { readonly alpn: readonly string[] | undefined }
> = mapped(
  object('tls', {
    certificates: about(
      'The first is for clients that ask for no name, or for an unknown one.',
      list(certificate),
    ),
    alpn: about(
      'In the order of preference. Default: as `protocols`; with `tcp` none.',
      optional(list(oneOf(['h2', 'http/1.1'], 'h2'))),
    ),
    client_ca_file: about('Who signs certificates of clients.', optional(pemFile)),
    client_certificate: about(
      'Whether clients have to have one. Default: `required` where there is `client_ca_file`.',
      optional(oneOf(['none', 'optional', 'required'], 'none')),
    ),
    min_version: versionMin,
  }),
  (read) => {
    const clientCertificate = read.client_certificate ?? (read.client_ca_file ? 'required' : 'none')
    return {
      certificates: read.certificates.map((one) => ({
        serverNames: one.server_names.map((name) => name.toLowerCase()),
        cert: one.cert_file,
        key: one.key_file,
      })),
      alpn: read.alpn,
      clientCa: read.client_ca_file,
      clientCertificate,
      versionMin: read.min_version,
    }
  },
)

/** Connections to endpoints. */
export const upstreamTls: Field<UpstreamTlsSpec> = mapped(
  object('tls', {
    ca_file: about(
      'Who signs certificates of endpoints. Default: those whom the system trusts.',
      optional(pemFile),
    ),
    server_name: about(
      'Which name is asked for. Default: the host of the endpoint, if it is a name.',
      optional(text),
    ),
    cert_file: about('The gateway’s own, if endpoints ask for it.', optional(pemFile)),
    key_file: about('Its key.', optional(pemFile)),
    verify: about('False: whoever answers is believed.', bool(true)),
    subject_alt_names: about(
      'One name of the certificate fits one of them. Default: the server name does.',
      list(textMatch),
    ),
    min_version: versionMin,
  }),
  (read, reader, place) => {
    if ((read.cert_file === undefined) !== (read.key_file === undefined))
      reader.wrong(
        GatewayCode.missing,
        place,
        'cert_file and key_file belong together',
        read.cert_file ? 'key_file: …' : 'cert_file: …',
      )
    if (!read.verify)
      reader.report(
        'warning',
        GatewayCode.exposed,
        reader.recall(read, 'verify') ?? place,
        'whoever answers is believed to be the upstream',
        'ca_file: …',
      )
    return {
      ca: read.ca_file,
      serverName: read.server_name,
      certificate: read.cert_file && read.key_file && { cert: read.cert_file, key: read.key_file },
      isVerified: read.verify,
      subjectAltNames: read.subject_alt_names,
      versionMin: read.min_version,
    }
  },
)
