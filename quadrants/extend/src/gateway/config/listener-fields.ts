import {
  about,
  bool,
  bytes,
  type Field,
  list,
  mapped,
  number,
  object,
  oneOf,
  optional,
  presence,
  text,
} from '@quadrant/core/config'
import type { ListenerProtocol, ListenerSpec } from './listener-spec.ts'
import { tcp } from './tcp-fields.ts'
import { listenerTls } from './tls-fields.ts'
import { address, nameField, timeout, unlimited } from './value-fields.ts'

const MIB = 1 << 20
const ALPN: Readonly<Record<ListenerProtocol, string>> = { http1: 'http/1.1', http2: 'h2' }

/**
 * What is meant for a gateway that anybody on the internet can reach: a client can hold what it needs to get an answer,
 * and no more.
 */
const limits = object('limits', {
  connections: about('At once, in each worker.', number({ default: 10_000, min: 1, max: 1e7 })),
  head_bytes: about(
    'Of one head, and of one trailer section.',
    bytes({ default: 60 << 10, min: 1024, max: MIB }),
  ),
  head_fields: about('Of one head.', number({ default: 100, min: 4, max: 10_000 })),
  body_bytes: about(
    'Of one request. 0: without limit.',
    unlimited(bytes({ default: 0, min: 0, max: 2 ** 50 })),
  ),
  buffer_bytes: about(
    'Of one stream, in each direction: then whoever sends waits.',
    bytes({ default: 32 << 10, min: 4096, max: 64 * MIB }),
  ),
  streams_per_connection: about('At once, of HTTP/2.', number({ default: 100, min: 1, max: 1 << 20 })),
  requests_per_connection: about('0: without limit.', unlimited(number({ default: 0, min: 0, max: 1e9 }))),
  resets_per_minute: about(
    'Streams of HTTP/2 that a client gives up before they are answered; then its connection is closed.',
    number({ default: 200, min: 1, max: 1e6 }),
  ),
})

const timeouts = object('timeouts', {
  handshake: about('Of TLS.', timeout(10_000)),
  head: about('From the first byte of a head to its last.', timeout(10_000)),
  request: about('From the first byte of a head to the end of the body.', timeout(300_000)),
  stream_idle: about('Of an exchange, without a byte in either direction.', timeout(300_000)),
  idle: about('Of a connection, without a request.', timeout(900_000)),
  connection: about('Of a connection, whatever it does.', timeout(0)),
})

const paths = object('paths', {
  normalize: about('`.` and `..` are resolved, and needless escapes undone (RFC 3986 6.2.2).', bool(true)),
  merge_slashes: about('`//` becomes `/`.', bool(true)),
  escaped_slashes: about(
    'What becomes of `%2F` and `%5C`: the request is refused, they become slashes, the client is sent there, or they stay.',
    oneOf(['reject', 'unescape', 'redirect', 'keep'], 'reject'),
  ),
})

/** A port. */
export const listener: Field<
  Omit<ListenerSpec, 'virtualHosts' | 'filters'> & {
    readonly virtualHosts: readonly string[] | undefined
    readonly filters: readonly string[] | undefined
  }
> = mapped(
  object('a listener', {
    name: about('In access logs and statistics.', nameField),
    address: about('IP address and port.', address),
    protocols: about('Default: both.', list(oneOf(['http1', 'http2'], 'http1'))),
    tcp: about('Bytes of any protocol go to a cluster. It has no virtual hosts then.', optional(tcp)),
    tls: about('Connections are encrypted.', presence(listenerTls)),
    limits: about('What one client can take.', limits),
    timeouts: about('How long it can take. 0 is for ever.', timeouts),
    paths: about('What is done to paths before anybody sees them.', paths),
    trusted_hops: about(
      'Proxies in front whose `x-forwarded-for`, `x-forwarded-proto` and `x-forwarded-client-cert` are believed. 0: whoever connects is the client, and cannot say of itself what only a proxy knows.',
      number({ default: 0, min: 0, max: 16 }),
    ),
    request_id: about(
      '`x-request-id`.',
      object('request_id', {
        keep: about('What the client says stays.', bool(false)),
        return: about('Responses have it, too.', bool(false)),
      }),
    ),
    underscores: about(
      'What becomes of headers with `_` in their names, which many programs take for `-`: the request is refused, they are dropped, or they stay.',
      oneOf(['reject', 'drop', 'keep'], 'reject'),
    ),
    server_name: about('`server` of responses. Default: what the upstream says.', optional(text)),
    virtual_hosts: about('Names of those that are reached here. Default: all.', optional(list(nameField))),
    filters: about(
      'Names of those that a request passes, in this order. Default: all; with `tcp`, where they are told of connections, none.',
      optional(list(nameField)),
    ),
  }),
  (read) => {
    const protocols: readonly ListenerProtocol[] =
      read.protocols.length === 0 ? ['http2', 'http1'] : read.protocols
    const alpn = read.tcp === undefined ? protocols.map((protocol) => ALPN[protocol]) : []
    return {
      name: read.name,
      host: read.address.host,
      port: read.address.port,
      protocols,
      tcp: read.tcp,
      tls: read.tls && { ...read.tls, alpn: read.tls.alpn ?? alpn },
      limits: {
        connectionsMax: read.limits.connections,
        headBytesMax: read.limits.head_bytes,
        headFieldsMax: read.limits.head_fields,
        bodyBytesMax: read.limits.body_bytes,
        bufferBytesMax: read.limits.buffer_bytes,
        streamsPerConnectionMax: read.limits.streams_per_connection,
        requestsPerConnectionMax: read.limits.requests_per_connection,
        resetsPerMinuteMax: read.limits.resets_per_minute,
      },
      timeouts: {
        handshakeMs: read.timeouts.handshake,
        headMs: read.timeouts.head,
        requestMs: read.timeouts.request,
        streamIdleMs: read.timeouts.stream_idle,
        idleMs: read.timeouts.idle,
        connectionMs: read.timeouts.connection,
      },
      paths: {
        isNormalized: read.paths.normalize,
        mergeSlashes: read.paths.merge_slashes,
        escapedSlashes: read.paths.escaped_slashes,
      },
      clientAddress: { trustedHopCount: read.trusted_hops },
      requestId: { isKept: read.request_id.keep, isReturned: read.request_id.return },
      underscores: read.underscores,
      serverName: read.server_name,
      virtualHosts: read.virtual_hosts,
      filters: read.filters,
    }
  },
)
