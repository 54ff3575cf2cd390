import { Result } from '@quadrant/wasm/proxy-wasm'
import type { FilterCalls } from '../../filters/thread-filters.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import type { UpstreamCluster } from '../upstream/upstream-cluster.ts'
import { grpcCallout } from './grpc-callout.ts'
import { grpcUpstream } from './grpc-upstream.ts'
import { httpCallout } from './http-callout.ts'

export interface GatewayCallsOptions {
  readonly thread: GatewayThread
  /** As they are when a filter calls. */
  readonly cluster: (name: string) => UpstreamCluster | undefined
}

/** Calls of filters to the clusters of the gateway that they are in, and to nobody else. */
export function gatewayCalls({ thread, cluster }: GatewayCallsOptions): FilterCalls {
  const found = (upstream: Uint8Array) => {
    const clusterName = grpcUpstream(upstream, (name) => cluster(name) !== undefined)
    const upstreamCluster = clusterName === undefined ? undefined : cluster(clusterName)
    return clusterName === undefined || upstreamCluster === undefined
      ? undefined
      : { thread, cluster: upstreamCluster, clusterName }
  }
  return {
    httpCall: (request, receiver) => {
      const upstream = cluster(request.upstream)
      if (upstream === undefined) return { result: Result.BAD_ARGUMENT }
      return httpCallout(request, receiver, { thread, cluster: upstream })
    },
    grpcCall: (request, message, timeoutMs, receiver) => {
      const options = found(request.upstream)
      if (options === undefined) return { result: Result.PARSE_FAILURE }
      return grpcCallout(request, message, receiver, { ...options, timeoutMs })
    },
    grpcStream: (request, receiver) => {
      const options = found(request.upstream)
      if (options === undefined) return { result: Result.PARSE_FAILURE }
      return grpcCallout(request, undefined, receiver, { ...options, timeoutMs: 0 })
    },
  }
}
