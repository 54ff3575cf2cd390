import { ResponseFlag } from '../access-log/response-flag.ts'

/** Why a connection of bytes ended otherwise than by its ends, as its access log says it. */
export interface TcpFailure {
  readonly flags: number
  readonly details: string
}

const { upstreamConnectionFailure, upstreamRetryLimitExceeded } = ResponseFlag

/** Flags are those of Envoy 1.40's proxy of TCP; what each was is said in its details. */
export const TcpFailure = {
  noCluster: { flags: ResponseFlag.noClusterFound, details: 'cluster_not_found' },
  noHealthyUpstream: { flags: ResponseFlag.noHealthyUpstream, details: 'no_healthy_upstream' },
  overflow: { flags: ResponseFlag.upstreamOverflow, details: 'overflow' },
  rateLimited: { flags: ResponseFlag.rateLimited, details: 'local_rate_limited' },
  connectFailure: {
    flags: upstreamConnectionFailure | upstreamRetryLimitExceeded,
    details: 'remote_connection_failure',
  },
  connectTimeout: {
    flags: upstreamConnectionFailure | upstreamRetryLimitExceeded,
    details: 'connection_timeout',
  },
  upstreamReset: { flags: ResponseFlag.upstreamRemoteReset, details: 'upstream_remote_reset' },
  /** Before there was an upstream. */
  clientGone: {
    flags: ResponseFlag.downstreamConnectionTermination,
    details: 'downstream_connection_termination',
  },
  clientReset: { flags: 0, details: 'downstream_remote_reset' },
  idle: { flags: 0, details: 'tcp_session_idle_timeout' },
  tooOld: { flags: ResponseFlag.durationTimeout, details: 'max_connection_duration_reached' },
  filter: { flags: 0, details: 'closed_by_filter' },
  closed: { flags: 0, details: 'listener_closed' },
} as const satisfies Readonly<Record<string, TcpFailure>>
