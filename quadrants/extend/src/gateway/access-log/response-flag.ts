/** Bits of `response.flags` and their short names in access logs, as Envoy has them. */
export const ResponseFlag = {
  /** LH: the endpoint failed its health check. */
  failedLocalHealthCheck: 0x1,
  /** UH: no healthy endpoint. */
  noHealthyUpstream: 0x2,
  /** UT: the upstream was too slow. */
  upstreamRequestTimeout: 0x4,
  /** LR: reset from here. */
  localReset: 0x8,
  /** UR: the upstream reset the stream. */
  upstreamRemoteReset: 0x10,
  /** UF: no connection to the upstream. */
  upstreamConnectionFailure: 0x20,
  /** UC: the upstream closed the connection. */
  upstreamConnectionTermination: 0x40,
  /** UO: over a limit of the circuit breakers. */
  upstreamOverflow: 0x80,
  /** NR: no route. */
  noRouteFound: 0x100,
  /** DI: delayed on purpose. */
  delayInjected: 0x200,
  /** FI: aborted on purpose. */
  faultInjected: 0x400,
  /** RL: over a local rate limit. */
  rateLimited: 0x800,
  /** UAEX: refused by somebody who was asked. */
  unauthorizedExternalService: 0x1000,
  /** RLSE: the service of rate limits failed. */
  rateLimitServiceError: 0x2000,
  /** DC: the client closed the connection. */
  downstreamConnectionTermination: 0x4000,
  /** URX: tried as often as may be. */
  upstreamRetryLimitExceeded: 0x8000,
  /** SI: nothing came or went for too long. */
  streamIdleTimeout: 0x10000,
  /** IH: a field has a value that is not allowed. */
  invalidEnvoyRequestHeaders: 0x20000,
  /** DPE: the client does not keep to the protocol. */
  downstreamProtocolError: 0x40000,
  /** UMSDR: the stream lived too long. */
  upstreamMaxStreamDurationReached: 0x80000,
  /** RFCF: an answer of the cache. */
  responseFromCacheFilter: 0x100000,
  /** NFCF: no filter is configured. */
  noFilterConfigFound: 0x200000,
  /** DT: the exchange took too long. */
  durationTimeout: 0x400000,
  /** UPE: the upstream does not keep to the protocol. */
  upstreamProtocolError: 0x800000,
  /** NC: there is no such cluster. */
  noClusterFound: 0x1000000,
  /** OM: too little memory. */
  overloadManager: 0x2000000,
  /** DF: the name of the endpoint has no address. */
  dnsResolutionFailed: 0x4000000,
  /** DO: dropped because the cluster is to get less. */
  dropOverload: 0x8000000,
  /** DR: the client reset the stream. */
  downstreamRemoteReset: 0x10000000,
} as const

const NAMES: readonly (readonly [flag: number, name: string])[] = [
  [ResponseFlag.failedLocalHealthCheck, 'LH'],
  [ResponseFlag.noHealthyUpstream, 'UH'],
  [ResponseFlag.upstreamRequestTimeout, 'UT'],
  [ResponseFlag.localReset, 'LR'],
  [ResponseFlag.upstreamRemoteReset, 'UR'],
  [ResponseFlag.upstreamConnectionFailure, 'UF'],
  [ResponseFlag.upstreamConnectionTermination, 'UC'],
  [ResponseFlag.upstreamOverflow, 'UO'],
  [ResponseFlag.noRouteFound, 'NR'],
  [ResponseFlag.delayInjected, 'DI'],
  [ResponseFlag.faultInjected, 'FI'],
  [ResponseFlag.rateLimited, 'RL'],
  [ResponseFlag.unauthorizedExternalService, 'UAEX'],
  [ResponseFlag.rateLimitServiceError, 'RLSE'],
  [ResponseFlag.downstreamConnectionTermination, 'DC'],
  [ResponseFlag.upstreamRetryLimitExceeded, 'URX'],
  [ResponseFlag.streamIdleTimeout, 'SI'],
  [ResponseFlag.invalidEnvoyRequestHeaders, 'IH'],
  [ResponseFlag.downstreamProtocolError, 'DPE'],
  [ResponseFlag.upstreamMaxStreamDurationReached, 'UMSDR'],
  [ResponseFlag.responseFromCacheFilter, 'RFCF'],
  [ResponseFlag.noFilterConfigFound, 'NFCF'],
  [ResponseFlag.durationTimeout, 'DT'],
  [ResponseFlag.upstreamProtocolError, 'UPE'],
  [ResponseFlag.noClusterFound, 'NC'],
  [ResponseFlag.overloadManager, 'OM'],
  [ResponseFlag.dnsResolutionFailed, 'DF'],
  [ResponseFlag.dropOverload, 'DO'],
  [ResponseFlag.downstreamRemoteReset, 'DR'],
]

/** Combinations that have been; others are put together anew. */
const COMBINATIONS_MAX = 256
const combinations = new Map<number, string>()

/** `UF,URX`; undefined where there is none. */
export function flagNames(flags: number): string | undefined {
  if (flags === 0) return undefined
  const known = combinations.get(flags)
  if (known !== undefined) return known || undefined
  const names = NAMES.filter(([flag]) => (flags & flag) !== 0)
    .map(([, name]) => name)
    .join(',')
  if (combinations.size < COMBINATIONS_MAX) combinations.set(flags, names)
  return names || undefined
}
