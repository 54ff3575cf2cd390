import type { ClusterSpec } from './cluster-spec.ts'
import { GatewayCode } from './codes.ts'
import type { ProblemList } from './gateway-problem.ts'
import { findTextMatchProblem } from './text-problems.ts'

export function findClusterProblems(problems: ProblemList, cluster: ClusterSpec): void {
  const { name, endpoints, balancer } = cluster
  if (endpoints.length === 0)
    problems.warn(
      GatewayCode.noEffect,
      [cluster],
      `cluster ${name} has no endpoint, and answers 503 to all`,
      'endpoints: [127.0.0.1:8080]',
    )
  const seen = new Set<string>()
  for (const [index, endpoint] of endpoints.entries()) {
    const key = `${endpoint.host} ${endpoint.port}`
    if (seen.has(key))
      problems.wrong(
        GatewayCode.duplicate,
        [endpoints, index],
        `cluster ${name} has ${endpoint.host}:${endpoint.port} twice`,
        'weight: 2',
      )
    seen.add(key)
    if (endpoint.port === 0)
      problems.wrong(
        GatewayCode.wrongValue,
        [endpoints, index],
        `${endpoint.host} has no port`,
        `${endpoint.host}:80`,
      )
  }
  if (balancer.kind === 'maglev' && !isPrime(balancer.tableSize))
    problems.wrong(
      GatewayCode.wrongValue,
      [balancer, 'table_size'],
      `${balancer.tableSize} is no prime`,
      'table_size: 65537',
    )
  if (balancer.kind === 'ring-hash' && balancer.ringSizeMin > balancer.ringSizeMax)
    problems.wrong(
      GatewayCode.contradiction,
      [balancer, 'ring_size_min'],
      'ring_size_min is above ring_size_max',
      `ring_size_max: ${balancer.ringSizeMin}`,
    )
  for (const check of cluster.healthChecks)
    if (check.kind === 'grpc' && cluster.protocol === 'http1')
      problems.wrong(
        GatewayCode.contradiction,
        [check, 'grpc'],
        `cluster ${name} speaks http1, and gRPC needs http2`,
        'protocol: http2',
      )
  for (const match of cluster.tls?.subjectAltNames ?? []) findTextMatchProblem(problems, match, match)
}

function isPrime(value: number): boolean {
  if (value < 2) return false
  for (let divisor = 2; divisor * divisor <= value; divisor++) if (value % divisor === 0) return false
  return true
}
