import type { EffectivePolicies } from '../ir/effective.ts'
import type { MirrorIr, RouteIr } from '../ir/route.ts'
import { filtersOf, type PlacedFilter } from '../back-end/placed-filter.ts'
import { type Problem, unsupported } from '../back-end/problem.ts'
import { policyCondition } from '../lowering/policy-condition.ts'
import { conditionIr } from '../lowering/matches.ts'
import type { ConditionIr } from '../ir/match.ts'
import { bothTerms, requestTerms, type RequestTerm } from './request-term.ts'

/** A route of Envoy: some requests of a route of ours, and what is done to them. */
export interface RouteVariant {
  /** Behind the name of the route; empty for the one that has the rest. */
  readonly suffix: string
  readonly term: RequestTerm
  readonly isFaulty: boolean
  readonly mirrors: readonly MirrorIr[]
  readonly filters: readonly PlacedFilter[]
}

const VARIANTS_MAX = 64
const ALL: RequestTerm = { headers: [], query: [] }

interface Feature {
  /** One of them fits; undefined: all requests. */
  readonly condition: ConditionIr | undefined
  readonly apply: (variant: RouteVariant) => RouteVariant
}

/**
 * Envoy decides by routes: where a policy is about some requests of a route alone, those are a route of their own, before the
 * one that has the rest.
 */
export function routeVariants(
  route: RouteIr,
  policies: EffectivePolicies,
  report: (problem: Problem) => void,
): readonly RouteVariant[] {
  const own = route.condition && termsFor(route.condition, report)
  const base: RouteVariant = { suffix: '', term: ALL, isFaulty: false, mirrors: [], filters: [] }
  let variants: readonly RouteVariant[] = own
    ? own.map((term, index) => Object.assign({}, base, { term, suffix: own.length > 1 ? `/${index}` : '' }))
    : [base]
  for (const feature of featuresOf(route, policies)) {
    const { condition, apply } = feature
    if (condition === undefined) {
      variants = variants.map(apply)
      continue
    }
    const terms = termsFor(condition, report) ?? []
    variants = variants.flatMap((variant) => [
      ...terms.map((term, index) =>
        apply({ ...variant, term: bothTerms(variant.term, term), suffix: `${variant.suffix}/+${index}` }),
      ),
      { ...variant, suffix: terms.length > 0 ? `${variant.suffix}/-` : variant.suffix },
    ])
    if (variants.length > VARIANTS_MAX) {
      report(
        unsupported(
          condition.origin,
          `Envoy would need more than ${VARIANTS_MAX} routes for all that is about some requests of ${route.name}`,
          'fewer conditions, or rules of their own',
        ),
      )
      return [base]
    }
  }
  return variants
}

function featuresOf(route: RouteIr, policies: EffectivePolicies): readonly Feature[] {
  const features: Feature[] = route.mirrors.map((mirror) => ({
    condition: mirror.condition,
    apply: (variant) => ({ ...variant, mirrors: [...variant.mirrors, mirror] }),
  }))
  for (const placed of filtersOf(policies))
    features.push({
      condition: conditionIr(placed.filter.matches, placed.filter.when, placed.origin),
      apply: (variant) => ({ ...variant, filters: [...variant.filters, placed] }),
    })
  const { FaultPolicy } = policies
  if (FaultPolicy?.delay?.claim ?? FaultPolicy?.abort?.claim)
    features.push({
      condition: policyCondition(FaultPolicy),
      apply: (variant) => ({ ...variant, isFaulty: true }),
    })
  return features
}

function termsFor(
  condition: ConditionIr,
  report: (problem: Problem) => void,
): readonly RequestTerm[] | undefined {
  const terms = requestTerms(condition)
  if (terms === undefined)
    report(
      unsupported(
        condition.origin,
        'Envoy chooses routes by headers and parameters alone, and this expression asks for more',
        'comparisons of request.headers, request.method, request.path and request.host, joined by && and ||',
      ),
    )
  return terms
}
