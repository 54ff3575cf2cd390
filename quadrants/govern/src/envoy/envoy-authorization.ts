import { toJson } from '@bufbuild/protobuf'
import { parse } from '@bufbuild/cel'
import { ExprSchema } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js'
import type { EffectivePolicies } from '../ir/effective.ts'
import type { MatchIr } from '../ir/match.ts'
import { type Origin, within } from '../ir/origin.ts'
import type { SourceMap } from '../ir/source-map.ts'
import { type Problem, unsupported } from '../back-end/problem.ts'
import { conditionIr } from '../lowering/matches.ts'
import type { SpecOf } from '../policy/kind/kinds.ts'
import { anyOf, type EnvoyJson, regex } from './envoy-json.ts'
import { fieldMatchers, urlPathMatcher } from './envoy-match.ts'

type Rule = NonNullable<SpecOf<'AuthorizationPolicy'>['rules']>[number]

/** Filters of the connection manager: rules that log, that deny, and that allow are asked one after the other. */
export const RBAC_FILTERS = {
  Log: 'quadrant.authorization.log',
  Deny: 'quadrant.authorization.deny',
  Allow: 'quadrant.authorization.allow',
} as const

const RBAC = 'envoy.extensions.filters.http.rbac.v3.RBAC'
const PER_ROUTE = 'envoy.extensions.filters.http.rbac.v3.RBACPerRoute'

/** They have no rules of their own: those are of routes. */
export function rbacFilters(): readonly EnvoyJson[] {
  return Object.values(RBAC_FILTERS).map((name) => ({ name, typed_config: anyOf(RBAC) }))
}

/** What a route has for each of the filters; a filter is missing that has nothing to ask. */
export function rbacOfRoute(
  { AuthorizationPolicy: policy }: EffectivePolicies,
  sources: SourceMap,
  report: (problem: Problem) => void,
): EnvoyJson {
  if (!policy || (!policy.rules?.claim && !policy.otherwise?.claim)) return {}
  const rules = policy.rules?.value ?? []
  const origin = policy.rules?.claim?.origin ?? policy.otherwise!.claim!.origin
  const otherwise =
    policy.otherwise?.value ?? (rules.some(({ action }) => action === 'Allow') ? 'Deny' : 'Allow')
  const isShadow = policy.mode?.value === 'Shadow'
  const made: Record<string, EnvoyJson> = {}
  for (const action of ['Log', 'Deny', 'Allow'] as const) {
    const chosen = rules.flatMap((rule, index) => (rule.action === action ? [{ rule, index }] : []))
    if (action === 'Allow' ? otherwise === 'Allow' : chosen.length === 0) continue
    const policies = Object.fromEntries(
      chosen.map(({ rule, index }) => {
        const at = within(origin, index)
        return [rule.name, sources.note(rulePolicy(rule, at, report), at)] as const
      }),
    )
    const list = { action: action.toUpperCase(), policies }
    made[RBAC_FILTERS[action]] = sources.note(
      anyOf(PER_ROUTE, {
        rbac:
          isShadow && action !== 'Log'
            ? { shadow_rules: list, shadow_rules_stat_prefix: 'shadow_' }
            : { rules: list },
      }),
      origin,
    )
  }
  return made
}

function rulePolicy(rule: Rule, origin: Origin, report: (problem: Problem) => void): EnvoyJson {
  const condition = conditionIr(rule.matches, rule.when, origin)
  return {
    permissions:
      condition === undefined || condition.matches.length === 0
        ? [{ any: true }]
        : condition.matches.map((match) => permission(match, origin, report)),
    principals: rule.from === undefined ? [{ any: true }] : rule.from.map(principal),
    ...(condition?.when === undefined ? {} : { condition: expressionJson(condition.when, origin, report) }),
  }
}

function permission(
  { path, method, headers, query }: MatchIr,
  origin: Origin,
  report: (problem: Problem) => void,
): EnvoyJson {
  if (query.length > 0)
    report(
      unsupported(
        origin,
        'Envoy’s authorization does not look at query parameters',
        "when: request.query.contains('…'), or a route of its own",
      ),
    )
  const parts: EnvoyJson[] = [
    ...(path === undefined ? [] : [{ url_path: urlPathMatcher(path) }]),
    ...(method === undefined ? [] : [{ header: { name: ':method', string_match: { exact: method } } }]),
    ...fieldMatchers(headers).map((header) => ({ header })),
  ]
  return parts.length === 1 ? parts[0]! : parts.length === 0 ? { any: true } : { and_rules: { rules: parts } }
}

function principal({ principals, namespaces, addresses }: NonNullable<Rule['from']>[number]): EnvoyJson {
  const parts: EnvoyJson[] = []
  if (principals)
    parts.push(
      anyId(
        principals.map((one) => ({
          authenticated: {
            principal_name: one.endsWith('/*') ? { prefix: one.slice(0, -1) } : { exact: one },
          },
        })),
      ),
    )
  if (namespaces)
    parts.push(
      anyId(
        namespaces.map((namespace) => ({
          authenticated: { principal_name: { safe_regex: regex(`spiffe://[^/]+/ns/${namespace}/.*`) } },
        })),
      ),
    )
  if (addresses)
    parts.push(
      anyId(
        addresses.map((range) => {
          const [address, bits] = range.split('/')
          return {
            direct_remote_ip: {
              address_prefix: address,
              prefix_len: bits === undefined ? (range.includes(':') ? 128 : 32) : Number(bits),
            },
          }
        }),
      ),
    )
  return parts.length === 1 ? parts[0]! : { and_ids: { ids: parts } }
}

function anyId(ids: readonly EnvoyJson[]): EnvoyJson {
  return ids.length === 1 ? ids[0]! : { or_ids: { ids } }
}

/** The syntax tree: `google.api.expr.v1alpha1.Expr` has the fields of `cel.expr.Expr`. */
export function expressionJson(
  source: string,
  origin: Origin,
  report: (problem: Problem) => void,
): EnvoyJson {
  const json = toJson(ExprSchema, parse(`${source}\n`).expr, { useProtoFieldName: true }) as EnvoyJson
  if (JSON.stringify(json).includes('"comprehension_expr":'))
    report(
      unsupported(
        origin,
        'Envoy’s expressions have no `exists`, `all`, `map` and `filter`',
        '`in`, or comparisons joined by ||',
      ),
    )
  return json
}
