import type { Cluster } from '../cluster/cluster.ts'

/** What connections are counted by, and what they go by: those of requests by their cluster, health checks by nobody. */
export type PoolAccounts = Pick<
  Cluster,
  'spec' | 'connectionBegin' | 'connectionEnd' | 'pendingBegin' | 'pendingEnd'
>

/** Connections that are none of the requests': they are neither limited nor counted. */
export function uncounted(cluster: Cluster): PoolAccounts {
  return {
    spec: cluster.spec,
    connectionBegin: () => true,
    connectionEnd: () => {},
    pendingBegin: () => true,
    pendingEnd: () => {},
  }
}
