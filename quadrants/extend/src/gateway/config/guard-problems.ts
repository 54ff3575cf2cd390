import { parseRange } from '../guard/address-range.ts'
import { readKeySet } from '../guard/jwt/json-web-key-set.ts'
import type { ClusterSpec } from './cluster-spec.ts'
import { GatewayCode } from './codes.ts'
import type { ProblemList } from './gateway-problem.ts'
import type { ConditionSpec, GuardSpec, JwtSpec } from './guard-spec.ts'
import { findExpressionProblem, findMatchProblems } from './match-problems.ts'
import { isDeclared, namedOnce } from './name-problems.ts'

export function findGuardProblems(
  problems: ProblemList,
  { jwt, authorization, limits, fault }: GuardSpec,
  clusters: ReadonlyMap<string, ClusterSpec>,
): void {
  if (jwt) findJwtProblems(problems, jwt, clusters)
  if (authorization) {
    namedOnce(problems, 'rule', authorization.rules)
    for (const rule of authorization.rules) {
      for (const { addresses } of rule.from)
        for (const [index, address] of addresses.entries())
          if (parseRange(address) === undefined)
            problems.wrong(
              GatewayCode.wrongValue,
              [addresses, index],
              `\`${address}\` is no address and no range`,
              '10.0.0.0/8',
            )
      findConditionProblems(problems, rule.condition)
    }
  }
  if (limits) {
    namedOnce(problems, 'limit', limits.limits)
    for (const { condition, by } of limits.limits) {
      findConditionProblems(problems, condition)
      for (const key of by)
        if (key.kind === 'expression') findExpressionProblem(problems, key.expression, [key, 'expression'])
    }
  }
  if (fault) findConditionProblems(problems, fault.condition)
}

export function findConditionProblems(problems: ProblemList, condition: ConditionSpec): void {
  for (const match of condition.matches) findMatchProblems(problems, match)
  if (condition.when !== undefined) findExpressionProblem(problems, condition.when, [condition, 'when'])
}

function findJwtProblems(
  problems: ProblemList,
  jwt: JwtSpec,
  clusters: ReadonlyMap<string, ClusterSpec>,
): void {
  const providers = namedOnce(problems, 'provider', jwt.providers)
  for (const [index, name] of jwt.required.entries())
    isDeclared(problems, 'provider', name, providers, [jwt.required, index])
  for (const { keys } of jwt.providers)
    if (keys.kind === 'remote') isDeclared(problems, 'cluster', keys.cluster, clusters, [keys, 'cluster'])
    else if (readKeySet(keys.jwks)?.length !== undefined && readKeySet(keys.jwks)!.length > 0) continue
    else
      problems.wrong(
        GatewayCode.wrongValue,
        [keys, 'inline'],
        'this is no JWKS with a key that can be used (RFC 7517)',
        '{"keys": […]}',
      )
}
