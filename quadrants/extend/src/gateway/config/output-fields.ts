import {
  about,
  bool,
  bytes,
  duration,
  type Field,
  isSingle,
  list,
  listenAddress,
  mapped,
  number,
  object,
  optional,
  presence,
  shaped,
  text,
  warnWhereExposed,
} from '@quadrant/core/config'
import { DEFAULT_MODULE_BYTES_MAX } from '../../delivery/delivery-policy.ts'
import { SIGNATURES_MAX } from '../../delivery/signers.ts'
import { onlyOne } from './choice.ts'
import type {
  AccessLogFields,
  AccessLogSpec,
  AdminSpec,
  DeliverySpec,
  TelemetrySpec,
  TrustedKeySpec,
} from './output-spec.ts'
import type { PemSource } from './pem-source.ts'
import { nameField, otlpReceiver, textLike } from './value-fields.ts'

/** Envoy's default, so that what reads its logs reads these. */
export const DEFAULT_LOG_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" ' +
  '"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"'

const jsonFields: Field<AccessLogFields> = shaped(
  { type: 'a mapping of names and texts with operators, or further mappings' },
  (reader, place, name) => {
    const entries = reader.entries(place, `\`${name}\``)
    const fields: AccessLogFields = Object.fromEntries(
      entries.map(({ key, value }) => [
        key,
        isSingle(value) ? text(reader, value, key) : jsonFields(reader, value, key),
      ]),
    )
    for (const { key, value } of entries) reader.remember(fields, value, key)
    return fields
  },
)

/** A line for each exchange. */
export const accessLog: Field<AccessLogSpec> = mapped(
  object('an access log', {
    stdout: about('To the standard output of the process.', optional(bool(true))),
    file: about('To this file, at its end.', optional(text)),
    text: about('With [operators](#operators). Default: as Envoy’s.', optional(text)),
    json: about(
      'One JSON object a line, with these fields. An operator that stands alone may become a number.',
      optional(jsonFields),
    ),
    min_status: about(
      'Only responses from this status on, and exchanges without one. 0: all.',
      number({ default: 0, min: 0, max: 599 }),
    ),
  }),
  (read, reader, place) => {
    const sink = onlyOne(reader, place, 'an access log', read, ['stdout', 'file'])
    if (read.text !== undefined && read.json !== undefined)
      onlyOne(reader, place, 'an access log', read, ['text', 'json'])
    return {
      sink: sink === 'file' ? { kind: 'file', path: read.file ?? '' } : { kind: 'stdout' },
      format: read.json
        ? { kind: 'json', fields: read.json }
        : { kind: 'text', text: read.text ?? DEFAULT_LOG_FORMAT },
      statusMin: read.min_status,
    }
  },
)

const trustedKey: Field<TrustedKeySpec> = mapped(
  object('a trusted key', {
    name: about('In what is said about it.', nameField),
    file: about('A public key of Ed25519 in PEM (SPKI).', optional(text)),
    pem: about('The same, written here.', optional(textLike('PEM', /^-----BEGIN PUBLIC KEY-----\n/, '|'))),
  }),
  (read, reader, place) => {
    const kind = onlyOne(reader, place, `trusted key ${read.name}`, read, ['file', 'pem'])
    const key: PemSource =
      kind === 'pem' ? { kind, pem: read.pem ?? '' } : { kind: 'file', path: read.file ?? '' }
    return { name: read.name, key }
  },
)

/** Signed filters. */
export const delivery: Field<DeliverySpec> = mapped(
  object('delivery', {
    server: about(
      'Where its gRPC is: `host:port`, or the path of the socket of a server on this host.',
      textLike('`host:port` or a path', /^(?:\/.{1,107}|[^/\s]{1,253}:\d{1,5})$/, 'server.example:7443'),
    ),
    node: about('What this gateway is called there.', nameField),
    tls: about(
      'The connection is encrypted.',
      presence(
        object('tls', {
          ca_file: about(
            'Who signs the certificate of the server. Default: those whom the system trusts.',
            optional(text),
          ),
          cert_file: about('The gateway’s own.', optional(text)),
          key_file: about('Its key.', optional(text)),
        }),
      ),
    ),
    trusted_keys: about(
      'They sign what is delivered; a filter may name some of them, under its `module`.',
      list(trustedKey),
    ),
    signatures: about(
      'How many of the keys have to have signed a release, and to switch a filter on again. One is enough to switch it off.',
      number({ default: 1, min: 1, max: SIGNATURES_MAX }),
    ),
    module_size: about(
      'Of a module; a larger one is refused.',
      bytes({ default: DEFAULT_MODULE_BYTES_MAX, min: 1024, max: 1024 << 20 }),
    ),
    unsigned_orders: about(
      'Whether the server may switch filters off and on by its own word, such as from its console. Else one of the keys has to have signed it.',
      bool(false),
    ),
    state_directory: about('The last good version of each filter is kept there.', text),
  }),
  (read) => ({
    server: read.server,
    node: read.node,
    tls: read.tls && { caFile: read.tls.ca_file, certFile: read.tls.cert_file, keyFile: read.tls.key_file },
    trustedKeys: read.trusted_keys,
    signaturesMin: read.signatures,
    moduleBytesMax: read.module_size,
    followsUnsignedOrders: read.unsigned_orders,
    stateDirectory: read.state_directory,
  }),
)

/** Metrics that are sent. */
export const telemetry: Field<TelemetrySpec> = mapped(
  object('telemetry', {
    ...otlpReceiver('metrics'),
    interval: about('How often.', duration({ default: 10_000, min: 100, max: 3_600_000 })),
  }),
  ({ endpoint, headers, interval }) => ({
    endpoint,
    headers: Object.fromEntries(headers),
    intervalMs: interval,
  }),
)

/** State, for people and Prometheus. */
export const admin: Field<AdminSpec> = mapped(
  object('admin', {
    address: about('Whoever reaches it can read it.', listenAddress({ host: '127.0.0.1', port: 9901 })),
  }),
  (read, reader, place) => {
    warnWhereExposed(reader, reader.recall(read, 'address') ?? place, read.address, false)
    return read.address
  },
)
