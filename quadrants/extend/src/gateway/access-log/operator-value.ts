import type { ConnectionInfo } from '../../filters/stream/stream-info.ts'
import type { ExchangeTiming, LogEntry } from './log-entry.ts'
import { flagNames } from './response-flag.ts'
import { isoTime } from './start-time.ts'

/** What an operator says of an exchange; undefined where there is nothing to say. */
export type OperatorValue = (entry: LogEntry) => string | number | undefined

const ofConnection =
  (read: (connection: ConnectionInfo) => string | number | undefined): OperatorValue =>
  ({ info }) =>
    read(info.connection)

const ofTls =
  (read: (tls: NonNullable<ConnectionInfo['tls']>) => string | undefined): OperatorValue =>
  ({ info }) =>
    info.connection.tls && read(info.connection.tls)

const moment =
  (read: (timing: ExchangeTiming) => number | undefined): OperatorValue =>
  ({ timing }) => {
    const ms = read(timing)
    return ms === undefined ? undefined : Math.floor(ms)
  }

/** Operators without arguments, by the names that Envoy has for them. */
export const OPERATOR_VALUES: Readonly<Record<string, OperatorValue>> = {
  START_TIME: ({ info }) => isoTime(info.startTimeMs),
  PROTOCOL: ({ info }) => info.protocol || undefined,
  RESPONSE_CODE: ({ info }) => info.responseStatus,
  RESPONSE_CODE_DETAILS: ({ info }) => info.responseDetails.replaceAll(/\s/g, '_'),
  RESPONSE_FLAGS: ({ info }) => flagNames(info.responseFlags),
  BYTES_RECEIVED: ({ info }) => info.requestBodyBytes,
  BYTES_SENT: ({ info }) => info.responseBodyBytes,
  REQUEST_HEADERS_BYTES: ({ info }) => info.requestHeadBytes,
  RESPONSE_HEADERS_BYTES: ({ info }) => info.responseHeadBytes,
  DURATION: ({ info }) => (info.durationNs === undefined ? undefined : Math.floor(info.durationNs / 1e6)),
  REQUEST_DURATION: moment((timing) => timing.requestEndMs),
  REQUEST_TX_DURATION: moment((timing) => timing.upstreamRequestEndMs),
  RESPONSE_DURATION: moment((timing) => timing.upstreamResponseBeginMs),
  RESPONSE_TX_DURATION: moment(({ upstreamResponseBeginMs: begin, responseEndMs: end }) =>
    begin === undefined || end === undefined ? undefined : end - begin,
  ),
  UPSTREAM_HOST: ({ info }) => info.upstreamAddress,
  UPSTREAM_CLUSTER: ({ info }) => info.clusterName || undefined,
  UPSTREAM_TRANSPORT_FAILURE_REASON: ({ info }) => info.upstreamTransportFailure,
  UPSTREAM_REQUEST_ATTEMPT_COUNT: ({ attemptCount }) => attemptCount,
  ROUTE_NAME: ({ info }) => info.routeName || undefined,
  VIRTUAL_HOST_NAME: ({ info }) => info.virtualHostName || undefined,
  LISTENER_NAME: ({ info }) => info.listenerName || undefined,
  REQUEST_ID: ({ info }) => info.requestId || undefined,
  GRPC_STATUS_NUMBER: ({ responseTrailers, responseHeaders }) =>
    numberOf(responseTrailers?.get('grpc-status') ?? responseHeaders?.get('grpc-status')),
  CONNECTION_ID: ofConnection(({ id }) => id),
  DOWNSTREAM_REMOTE_ADDRESS: ofConnection(({ sourceAddress }) => sourceAddress),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: ofConnection(({ sourceAddress }) => withoutPort(sourceAddress)),
  DOWNSTREAM_REMOTE_PORT: ofConnection(({ sourcePort }) => sourcePort),
  DOWNSTREAM_LOCAL_ADDRESS: ofConnection(({ destinationAddress }) => destinationAddress),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: ofConnection(({ destinationAddress }) =>
    withoutPort(destinationAddress),
  ),
  DOWNSTREAM_LOCAL_PORT: ofConnection(({ destinationPort }) => destinationPort),
  DOWNSTREAM_TLS_VERSION: ofTls(({ version }) => version),
  REQUESTED_SERVER_NAME: ofTls(({ serverName }) => serverName),
  DOWNSTREAM_PEER_SUBJECT: ofTls(({ peerSubject }) => peerSubject),
  DOWNSTREAM_PEER_URI_SAN: ofTls(({ peerUriSan }) => peerUriSan),
  DOWNSTREAM_PEER_DNS_SAN: ofTls(({ peerDnsSan }) => peerDnsSan),
  DOWNSTREAM_PEER_FINGERPRINT_256: ofTls(({ peerFingerprintSha256 }) => peerFingerprintSha256),
  DOWNSTREAM_LOCAL_SUBJECT: ofTls(({ localSubject }) => localSubject),
}

/** `10.0.0.1:80` is `10.0.0.1`, `[::1]:80` is `::1`. */
function withoutPort(address: string): string {
  const colon = address.lastIndexOf(':')
  if (colon === -1 || address.startsWith('/')) return address
  return address.startsWith('[') ? address.slice(1, colon - 1) : address.slice(0, colon)
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
