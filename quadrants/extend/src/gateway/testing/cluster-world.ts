import { openCluster } from '../cluster/open-cluster.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Endpoint, EndpointAddress } from '../cluster/endpoint.ts'
import type { TryOutcome } from '../cluster/try-outcome.ts'
import { clusterOf } from './gateway-spec.ts'

/** The same numbers each time (Park and Miller). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** A cluster with a clock and chance of the test's. */
export interface ClusterWorld {
  readonly cluster: Cluster
  /** Names of endpoints are their addresses without the port. */
  readonly endpoint: (ip: string) => Endpoint
  readonly advance: (ms: number) => void
  /** A whole try, and whom it had. */
  readonly exchange: (outcome?: TryOutcome, hash?: number) => string | undefined
}

export function addressesOf(
  ips: readonly string[],
  more: Readonly<Record<string, Partial<EndpointAddress>>> = {},
): readonly EndpointAddress[] {
  return ips.map((ip) => ({ ip, port: 80, host: ip, weight: 1, priority: 0, ...more[ip] }))
}

/** @param rest what the cluster has besides its name, in YAML */
export function clusterWorld(rest: string, addresses: readonly EndpointAddress[], seed = 7): ClusterWorld {
  let nowMs = 1000
  const cluster = openCluster(clusterOf(rest), { nowMs: () => nowMs, random: seededRandom(seed) })
  cluster.setEndpoints(addresses)
  return {
    cluster,
    endpoint: (ip) => cluster.endpoints.find((one) => one.ip === ip)!,
    advance: (ms) => {
      nowMs += ms
    },
    exchange: (outcome = { kind: 'response', status: 200 }, hash) => {
      const endpoint = cluster.pick({ hash, tried: [] })
      if (!endpoint) return undefined
      cluster.begin(endpoint)
      cluster.finish(endpoint, outcome)
      return endpoint.ip
    },
  }
}
