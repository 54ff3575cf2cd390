import { isDeepStrictEqual } from 'node:util'
import type { Claim, Decided, EffectivePolicies, Level, PolicyKindName } from '../ir/effective.ts'
import type { RouteIr } from '../ir/route.ts'
import { type Problem, unsupported } from './problem.ts'

/**
 * What holds for requests of a route. Policies of services say something of requests, too; where a route has several
 * backends, and those say different things, nothing in front of them can do both: that is a problem at who says so.
 */
export function requestPolicies({ action, policies, route }: RouteIr): {
  readonly policies: EffectivePolicies
  readonly problems: readonly Problem[]
} {
  const backends = action.kind === 'forward' ? action.backends.filter(({ weight }) => weight > 0) : []
  const [first, ...others] = backends
  if (first === undefined) return { policies, problems: [] }
  const problems: Problem[] = [
    ...connectionProblems(first.policies),
    ...backends.flatMap(({ otherFilters }) =>
      otherFilters.map(({ type, origin }) =>
        unsupported(
          origin,
          `nothing here does a filter of type ${type} for one backend`,
          'move it to the rule',
        ),
      ),
    ),
  ]
  for (const other of others)
    for (const kind of kindsOf(first.policies, other.policies)) {
      const claim = difference(first.policies, other.policies, kind)
      if (claim)
        problems.push({
          code: 'unsupported',
          origin: claim.origin,
          message: `${first.cluster} and ${other.cluster}, both backends of ${route.kind} ${route.namespace}/${route.name}, ask for different things of the same requests`,
          fix: 'target the route, or make two rules of it',
        })
    }
  return { policies: first.policies, problems }
}

/** Rules about connections to a service, which all routes share; undefined: all rules of the kind. */
const OF_CONNECTIONS: Readonly<Partial<Record<PolicyKindName, readonly string[] | undefined>>> = {
  TimeoutPolicy: ['connect'],
  RetryPolicy: ['budget'],
  CircuitBreakerPolicy: undefined,
}
const OF_REQUESTS: ReadonlySet<Level> = new Set(['Listener', 'Route', 'Rule'])

function connectionProblems(policies: EffectivePolicies): readonly Problem[] {
  return Object.entries(OF_CONNECTIONS).flatMap(([kind, ruleNames]) => {
    const rules = (policies[kind as PolicyKindName] ?? {}) as Rules
    return (ruleNames ?? Object.keys(rules)).flatMap((name) => {
      const claim = rules[name]?.claim
      return claim && OF_REQUESTS.has(claim.level)
        ? [
            unsupported(
              claim.origin,
              `\`${name}\` is about connections to a service, which requests of all routes share`,
              'target the Gateway or the Service',
            ),
          ]
        : []
    })
  })
}

/** Those of a cluster alone. */
const OF_CLUSTERS: ReadonlySet<string> = new Set<PolicyKindName>(['CircuitBreakerPolicy'])

function kindsOf(...all: readonly EffectivePolicies[]): ReadonlySet<PolicyKindName> {
  return new Set(
    all
      .flatMap((policies) => Object.keys(policies) as PolicyKindName[])
      .filter((kind) => !OF_CLUSTERS.has(kind)),
  )
}

type Rules = Readonly<Record<string, Decided<unknown> | undefined>>

function difference(a: EffectivePolicies, b: EffectivePolicies, kind: PolicyKindName): Claim | undefined {
  const left = (a[kind] ?? {}) as Rules
  const right = (b[kind] ?? {}) as Rules
  for (const rule of new Set([...Object.keys(left), ...Object.keys(right)])) {
    // Connections are those of each cluster.
    if (kind === 'TimeoutPolicy' && rule === 'connect') continue
    if (kind === 'RetryPolicy' && rule === 'budget') continue
    if (isDeepStrictEqual(left[rule]?.value, right[rule]?.value)) continue
    const claim = [left[rule]?.claim, right[rule]?.claim].find(
      (one) => one?.level === 'Service' || one?.level === 'Port',
    )
    if (claim) return claim
  }
  return undefined
}
