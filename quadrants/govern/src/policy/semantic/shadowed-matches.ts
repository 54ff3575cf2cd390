import { canonicalMatch, matchesOf, matchKeys } from './match-keys.ts'
import { shownObject } from './object-search.ts'
import type { SemanticContext } from './problem.ts'

/**
 * Matches that get no request, as another that says the same comes first: in an earlier rule, or in a route that wins
 * (Gateway API, `HTTPRouteRule.matches`). Matches that say more are never shadowed by those that say less.
 */
export function findShadowedMatches({ declared, lookup, report }: SemanticContext): void {
  const { resource } = declared.document
  if (resource?.kind !== 'HTTPRoute' && resource?.kind !== 'GRPCRoute') return
  const seen = new Map<string, string>()
  for (const [ruleIndex, rule] of (resource.spec.rules ?? []).entries())
    for (const [index, match] of matchesOf(rule).entries()) {
      const path = ['spec', 'rules', ruleIndex, 'matches', index]
      const canonical = canonicalMatch(resource.kind, match)
      const earlier = seen.get(canonical)
      if (earlier !== undefined) {
        report({
          code: 'shadowedRoute',
          severity: 'warning',
          path,
          message: `this gets no request: ${earlier} says the same`,
          fix: 'remove it, or say more',
        })
        continue
      }
      seen.set(canonical, rule.name === undefined ? `rule ${ruleIndex + 1}` : `the rule ${rule.name}`)
      const keys = matchKeys(resource, match)
      const firsts = keys.map((key) => lookup.first(key))
      const winner = firsts.find((first) => first !== undefined && first !== declared)?.document.declares
      if (winner && firsts.every((first) => first !== declared))
        report({
          code: 'shadowedRoute',
          severity: 'warning',
          path,
          message: `this gets no request: ${shownObject(winner)} says the same, and comes first`,
          fix: 'remove it, or say more',
        })
    }
}
