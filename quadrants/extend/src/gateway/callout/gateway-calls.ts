import { Result } from '@quadrant/wasm/proxy-wasm'
import type { FilterCalls } from '../../filters/thread-filters.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import type { UpstreamCluster } from '../upstream/upstream-cluster.ts'
import { grpcCallout, type GrpcCalloutOptions } from './grpc-callout.ts'
import { grpcUpstream } from './grpc-upstream.ts'
import { httpCallout } from './http-callout.ts'

export interface GatewayCallsOptions {
  readonly thread: GatewayThread
  /** As they are when a filter calls. */
  readonly cluster: (name: string) => UpstreamCluster | undefined
}

/** Calls of filters to the clusters of the gateway that they are in, and to nobody else. */
export function gatewayCalls({ thread, cluster }: GatewayCallsOptions): FilterCalls {
  /** As Envoy: what is well said and leads nowhere is another failure than what says nothing. */
  const found = (
    upstream: Uint8Array,
  ): Omit<GrpcCalloutOptions, 'timeoutMs'> | { readonly result: Result } => {
    const named = grpcUpstream(upstream)
    const upstreamCluster = named === undefined ? undefined : cluster(named.cluster)
    if (named !== undefined && upstreamCluster !== undefined)
      return { thread, cluster: upstreamCluster, clusterName: named.cluster }
    return { result: named?.isMessage === true ? Result.INTERNAL_FAILURE : Result.PARSE_FAILURE }
  }
  return {
    httpCall: (request, receiver) => {
      const upstream = cluster(request.upstream)
      if (upstream === undefined) return { result: Result.BAD_ARGUMENT }
      return httpCallout(request, receiver, { thread, cluster: upstream })
    },
    grpcCall: (request, message, timeoutMs, receiver) => {
      const options = found(request.upstream)
      if ('result' in options) return options
      return grpcCallout(request, message, receiver, { ...options, timeoutMs })
    },
    grpcStream: (request, receiver) => {
      const options = found(request.upstream)
      if ('result' in options) return options
      return grpcCallout(request, undefined, receiver, { ...options, timeoutMs: 0 })
    },
  }
}
