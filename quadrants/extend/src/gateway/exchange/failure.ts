import { ResponseFlag } from '../access-log/response-flag.ts'

/** What the gateway itself answers, and what it says of it in the access log. Texts and details are Envoy's. */
export interface Failure {
  readonly status: number
  readonly body: string
  readonly flags: number
  readonly details: string
  /** Envoy says so of what is dropped for being too much. */
  readonly isOverload?: boolean
}

function failure(status: number, body: string, flags: number, details: string): Failure {
  return { status, body, flags, details }
}

const RESET_BEFORE = 'upstream connect error or disconnect/reset before headers. reset reason: '

function overflow(): Failure {
  const { upstreamOverflow } = ResponseFlag
  return {
    ...failure(
      503,
      `${RESET_BEFORE}overflow`,
      upstreamOverflow,
      'upstream_reset_before_response_started{overflow}',
    ),
    isOverload: true,
  }
}

export const Failure = {
  noRoute: failure(404, '', ResponseFlag.noRouteFound, 'route_not_found'),
  noCluster: failure(503, '', ResponseFlag.noClusterFound, 'cluster_not_found'),
  noHealthyUpstream: failure(
    503,
    'no healthy upstream',
    ResponseFlag.noHealthyUpstream,
    'no_healthy_upstream',
  ),
  overflow: overflow(),
  rateLimited: failure(429, 'local_rate_limited', ResponseFlag.rateLimited, 'local_rate_limited'),
  badPath: failure(400, '', ResponseFlag.downstreamProtocolError, 'path_normalization_failed'),
  noHost: failure(400, '', ResponseFlag.downstreamProtocolError, 'missing_host_header'),
  badHost: failure(400, '', ResponseFlag.downstreamProtocolError, 'invalid_host_header'),
  underscore: failure(400, '', ResponseFlag.downstreamProtocolError, 'unexpected_underscore'),
  upgrade: failure(403, '', 0, 'upgrade_failed'),
  requestTooLarge: failure(413, 'Payload Too Large', 0, 'request_payload_too_large'),
  requestTimeout: failure(408, 'request timeout', 0, 'request_overall_timeout'),
  idleRequest: failure(408, 'stream timeout', ResponseFlag.streamIdleTimeout, 'stream_idle_timeout'),
  idleResponse: failure(504, 'stream timeout', ResponseFlag.streamIdleTimeout, 'stream_idle_timeout'),
  timeout: failure(504, 'upstream request timeout', ResponseFlag.upstreamRequestTimeout, 'response_timeout'),
  tryTimeout: failure(
    504,
    'upstream request timeout',
    ResponseFlag.upstreamRequestTimeout,
    'upstream_per_try_timeout',
  ),
  connectTimeout: failure(
    503,
    `${RESET_BEFORE}connection timeout`,
    ResponseFlag.upstreamConnectionFailure,
    'upstream_reset_before_response_started{connection_timeout}',
  ),
  connectionTermination: failure(
    503,
    `${RESET_BEFORE}connection termination`,
    ResponseFlag.upstreamConnectionTermination,
    'upstream_reset_before_response_started{connection_termination}',
  ),
  remoteReset: failure(
    503,
    `${RESET_BEFORE}remote reset`,
    ResponseFlag.upstreamRemoteReset,
    'upstream_reset_before_response_started{remote_reset}',
  ),
  refusedStream: failure(
    503,
    `${RESET_BEFORE}remote refused stream reset`,
    ResponseFlag.upstreamRemoteReset,
    'upstream_reset_before_response_started{remote_refused_stream_reset}',
  ),
  upstreamProtocol: failure(
    502,
    `${RESET_BEFORE}protocol error`,
    ResponseFlag.upstreamProtocolError,
    'upstream_reset_before_response_started{protocol_error}',
  ),
} as const satisfies Readonly<Record<string, Failure>>

export function connectFailure(reason: string): Failure {
  return {
    status: 503,
    body: `${RESET_BEFORE}remote connection failure, transport failure reason: ${reason}`,
    flags: ResponseFlag.upstreamConnectionFailure,
    details: 'upstream_reset_before_response_started{remote_connection_failure}',
  }
}
