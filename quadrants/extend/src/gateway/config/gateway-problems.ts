import { findClusterProblems } from './cluster-problems.ts'
import { GatewayCode } from './codes.ts'
import { findDeliveryProblems } from './delivery-problems.ts'
import { type GatewayProblem, ProblemList } from './gateway-problem.ts'
import type { GatewaySpec } from './gateway-spec.ts'
import { findListenerProblems } from './listener-problems.ts'
import { namedOnce } from './name-problems.ts'
import type { AccessLogFields, AccessLogSpec } from './output-spec.ts'
import { findVirtualHostProblems } from './route-problems.ts'
import { findFormatProblems } from './text-problems.ts'

/**
 * Whether the parts of a gateway fit one another: names, domains, patterns, formats. Whoever makes a `GatewaySpec` without
 * a file asks this; `checkGateway` does so itself.
 */
export function findGatewayProblems(spec: GatewaySpec): readonly GatewayProblem[] {
  const problems = new ProblemList()
  const virtualHosts = namedOnce(problems, 'virtual host', spec.virtualHosts)
  const clusters = namedOnce(problems, 'cluster', spec.clusters)
  const filters = namedOnce(problems, 'filter', spec.filters)
  findListenerProblems(problems, spec, virtualHosts, filters, clusters)
  for (const virtualHost of spec.virtualHosts) findVirtualHostProblems(problems, virtualHost, clusters)
  for (const cluster of spec.clusters) findClusterProblems(problems, cluster)
  findDeliveryProblems(problems, spec)
  for (const log of spec.accessLogs) findAccessLogProblems(problems, log)
  findUnused(problems, spec)
  return problems.problems
}

function findAccessLogProblems(problems: ProblemList, log: AccessLogSpec): void {
  if (log.format.kind === 'text')
    findFormatProblems(problems, log.format.text.replace(/\n$/, ''), true, [log, 'text'])
  else findFieldProblems(problems, log.format.fields)
}

function findFieldProblems(problems: ProblemList, fields: AccessLogFields): void {
  for (const [key, value] of Object.entries(fields))
    if (typeof value === 'string') findFormatProblems(problems, value, true, [fields, key])
    else findFieldProblems(problems, value)
}

function findUnused(
  problems: ProblemList,
  { listeners, virtualHosts, clusters, filters }: GatewaySpec,
): void {
  const hosts = new Set(listeners.flatMap((listener) => listener.virtualHosts))
  const passed = new Set(listeners.flatMap((listener) => listener.filters))
  const forwarded = virtualHosts.flatMap(({ routes }) =>
    routes.flatMap(({ action }) =>
      action.kind === 'forward' ? [...action.clusters, ...action.mirrors] : [],
    ),
  )
  const carried = listeners.flatMap(({ tcp }) => tcp?.clusters ?? [])
  const asked = virtualHosts.flatMap(({ routes }) =>
    routes.flatMap(({ guard }) =>
      (guard?.jwt?.providers ?? []).flatMap(({ keys }) => (keys.kind === 'remote' ? [keys] : [])),
    ),
  )
  const reached = new Set([...forwarded, ...carried, ...asked].map(({ cluster }) => cluster))
  const sections = [
    [virtualHosts, 'virtual host', 'listener', hosts],
    [clusters, 'cluster', 'route or listener', reached],
    [filters, 'filter', 'listener', passed],
  ] as const
  for (const [things, what, user, used] of sections)
    for (const thing of things)
      if (!used.has(thing.name))
        problems.warn(
          GatewayCode.noEffect,
          [thing, 'name'],
          `no ${user} names ${what} ${thing.name}`,
          'remove it, or name it',
        )
}
