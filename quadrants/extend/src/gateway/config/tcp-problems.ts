import type { ClusterSpec } from './cluster-spec.ts'
import { GatewayCode } from './codes.ts'
import type { ProblemList } from './gateway-problem.ts'
import type { ListenerSpec } from './listener-spec.ts'
import { isDeclared } from './name-problems.ts'
import type { TcpSpec } from './tcp-spec.ts'

/** Of a listener whose bytes go to a cluster. */
export function findTcpProblems(
  problems: ProblemList,
  { name, virtualHosts }: ListenerSpec,
  tcp: TcpSpec,
  clusters: ReadonlyMap<string, ClusterSpec>,
): void {
  if (virtualHosts.length > 0)
    problems.wrong(
      GatewayCode.contradiction,
      [virtualHosts, 0],
      `${name} has \`tcp\`, which knows no virtual hosts`,
      'remove virtual_hosts, or tcp',
    )
  if (tcp.clusters.reduce((sum, { weight }) => sum + weight, 0) <= 0)
    problems.wrong(
      GatewayCode.missing,
      [tcp, 'clusters'],
      `${name} has no cluster with a weight`,
      'cluster: …',
    )
  for (const one of tcp.clusters) isDeclared(problems, 'cluster', one.cluster, clusters, [one, 'name'])
}
