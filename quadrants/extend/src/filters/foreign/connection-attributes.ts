import type { ConnectionInfo, StreamInfo } from '../stream/stream-info.ts'
import type { AttributeSource } from './attribute-source.ts'
import { utf8Text, type AttributeValue } from './attribute-value.ts'
import { duration } from './request-attributes.ts'

type FindOf<T> = (info: T) => AttributeValue | undefined

const text = (value: string | undefined): string | undefined =>
  value === undefined ? value : utf8Text(value)

const CONNECTION: ReadonlyMap<string, FindOf<ConnectionInfo>> = new Map<string, FindOf<ConnectionInfo>>([
  ['id', ({ id }) => ({ kind: 'uint', value: BigInt(id) })],
  ['mtls', ({ tls }) => tls?.isMutual === true],
  ['requested_server_name', ({ tls }) => text(tls?.serverName) ?? ''],
  ['tls_version', ({ tls }) => tls?.version],
  ['subject_local_certificate', ({ tls }) => tls && (text(tls.localSubject) ?? '')],
  ['subject_peer_certificate', ({ tls }) => tls && (text(tls.peerSubject) ?? '')],
  ['uri_san_local_certificate', ({ tls }) => text(tls?.localUriSan)],
  ['uri_san_peer_certificate', ({ tls }) => text(tls?.peerUriSan)],
  ['dns_san_local_certificate', ({ tls }) => text(tls?.localDnsSan)],
  ['dns_san_peer_certificate', ({ tls }) => text(tls?.peerDnsSan)],
  ['sha256_peer_certificate_digest', ({ tls }) => tls?.peerFingerprintSha256],
  ['termination_details', ({ terminationDetails }) => text(terminationDetails)],
  ['transport_failure_reason', ({ transportFailure }) => text(transportFailure)],
])

export function connectionAttribute({ stream }: AttributeSource, name: string): AttributeValue | undefined {
  return stream && CONNECTION.get(name)?.(stream.info.connection)
}

/** Of either end of the connection of the client; a unix socket has no port. */
export function peerAttribute(
  { stream }: AttributeSource,
  name: string,
  end: 'source' | 'destination',
): AttributeValue | undefined {
  if (stream === undefined) return undefined
  const { connection } = stream.info
  const address = end === 'source' ? connection.sourceAddress : connection.destinationAddress
  if (name === 'address') return utf8Text(address)
  if (name !== 'port' || address.startsWith('/')) return undefined
  return end === 'source' ? connection.sourcePort : connection.destinationPort
}

const UPSTREAM: ReadonlyMap<string, FindOf<StreamInfo>> = new Map<string, FindOf<StreamInfo>>([
  ['address', ({ upstreamAddress }) => upstreamAddress],
  ['port', ({ upstreamAddress }) => portOf(upstreamAddress)],
  ['local_address', ({ upstreamLocalAddress }) => upstreamLocalAddress],
  ['request_attempt_count', ({ attemptCount = 0 }) => ({ kind: 'uint', value: BigInt(attemptCount) })],
  [
    'num_endpoints',
    ({ upstreamEndpoints: count }) => (count === undefined ? count : { kind: 'uint', value: BigInt(count) }),
  ],
  ['cx_pool_ready_duration', ({ upstreamPoolReadyNs }) => duration(upstreamPoolReadyNs)],
  [
    'transport_failure_reason',
    ({ upstreamAddress, upstreamTransportFailure: failure }) =>
      text(failure) ?? (upstreamAddress === undefined ? undefined : ''),
  ],
])

export function upstreamAttribute({ stream }: AttributeSource, name: string): AttributeValue | undefined {
  return stream && UPSTREAM.get(name)?.(stream.info)
}

function portOf(address: string | undefined): number | undefined {
  const digits = address === undefined ? undefined : /:(\d{1,5})$/.exec(address)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
