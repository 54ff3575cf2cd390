import { type Analysis, type Diagnostic, globMatch } from '@quadrant/core'
import { InstructionLimit } from '@quadrant/proto'
import { SEGMENTS_MAX } from './path-labels.ts'
import { type Part, readSegment, RouteRuleCode } from './route-pattern.ts'

/** Names the paths of services. The first rule that matches is taken, before what was learned. */
export interface RouteRule {
  /** Glob (`*`, `?`) for the service; without it, or empty, of all. */
  readonly service?: string
  /** `/users/:id/orders/{order}`, `*` for one segment; `**`, `{rest...}` or a final `/*` for all that follow. */
  readonly pattern: string
}

/** `range` is that of the pattern. */
export interface RouteRuleDiagnostic extends Diagnostic {
  readonly code: RouteRuleCode
  /** Which rule, e.g. `route_rules[2].pattern`. */
  readonly place: string
}

export interface RouteRuleAnalysis extends Analysis<readonly CompiledRouteRule[]> {
  readonly diagnostics: readonly RouteRuleDiagnostic[]
}

export const RouteRuleLimit = {
  rules: InstructionLimit.routeRules,
  patternLength: 256,
  serviceLength: 128,
} as const

export interface CompiledRouteRule {
  readonly service: string
  /** How the route is told: `/users/{id}/orders/{order}`. */
  readonly route: string
  readonly parts: readonly Part[]
}

/**
 * Reads rules: the value is those that are sound, in their order.
 *
 * @param at place of the list in what the person wrote.
 */
export function compileRouteRules(
  rules: readonly RouteRule[],
  { at = 'route_rules' }: { readonly at?: string } = {},
): RouteRuleAnalysis {
  const diagnostics: RouteRuleDiagnostic[] = []
  const value: CompiledRouteRule[] = []
  if (rules.length > RouteRuleLimit.rules)
    diagnostics.push(
      problem(
        RouteRuleCode.tooMany,
        `${at}[${RouteRuleLimit.rules}]`,
        `is one of ${rules.length} rules, at most ${RouteRuleLimit.rules} are possible`,
      ),
    )
  for (const [i, rule] of rules.slice(0, RouteRuleLimit.rules).entries()) {
    const service = rule.service || '*'
    const before = diagnostics.length
    if (service.length > RouteRuleLimit.serviceLength)
      diagnostics.push(
        problem(
          RouteRuleCode.service,
          `${at}[${i}].service`,
          `has ${service.length} characters, at most ${RouteRuleLimit.serviceLength} are possible`,
        ),
      )
    const compiled = compilePattern(rule.pattern, `${at}[${i}].pattern`, diagnostics)
    if (diagnostics.length === before) value.push({ service, ...compiled })
  }
  return { value, diagnostics }
}

/** Those of a service. */
export function rulesOfService(rules: readonly CompiledRouteRule[], service: string): CompiledRouteRule[] {
  return rules.filter((rule) => globMatch(rule.service, service))
}

/** Whether a rule is for a path, whose segments are decoded and in the encoding of routes. */
export function matchesRule({ parts }: CompiledRouteRule, segments: readonly string[]): boolean {
  for (const [i, part] of parts.entries()) {
    if (part.kind === 'rest') return true
    const segment = segments[i]
    if (segment === undefined) return false
    if (part.kind === 'literal' ? segment !== part.text : !isBetween(segment, part.before, part.after))
      return false
  }
  return segments.length === parts.length
}

/** A placeholder stands for something: `/users/{id}` is not for `/users/`. */
function isBetween(segment: string, before: string, after: string): boolean {
  return (
    segment.length > before.length + after.length && segment.startsWith(before) && segment.endsWith(after)
  )
}

function compilePattern(
  pattern: string,
  place: string,
  diagnostics: RouteRuleDiagnostic[],
): { route: string; parts: Part[] } {
  const report = (code: RouteRuleCode, text: string, start: number, end: number) =>
    void diagnostics.push(problem(code, place, `${text} at ${start + 1}`, { start, end }))
  const labels: string[] = []
  const parts: Part[] = []
  const names = new Set<string>()
  if (!pattern.startsWith('/')) report(RouteRuleCode.start, "does not begin with '/'", 0, 1)
  if (pattern.length > RouteRuleLimit.patternLength) {
    const text = `has ${pattern.length} characters, at most ${RouteRuleLimit.patternLength} are possible,`
    report(RouteRuleCode.tooLong, text, RouteRuleLimit.patternLength, pattern.length)
    return { route: '', parts }
  }
  let start = 1
  for (const segment of pattern.slice(1).split('/')) {
    const end = start + segment.length
    const last = end === pattern.length
    if (parts.length === SEGMENTS_MAX) {
      report(RouteRuleCode.tooLong, `has more than ${SEGMENTS_MAX} segments`, start, end)
      break
    }
    const { label, part, name, wrong } = readSegment(segment, last)
    if (wrong) report(wrong.code, wrong.text, start + wrong.at, end)
    if (name !== undefined && names.has(name))
      report(RouteRuleCode.duplicate, `has '${name}' a second time`, start, end)
    if (name !== undefined) names.add(name)
    labels.push(label)
    parts.push(part)
    start = end + 1
  }
  return { route: `/${labels.join('/')}`, parts }
}

function problem(
  code: RouteRuleCode,
  place: string,
  text: string,
  range?: { readonly start: number; readonly end: number },
): RouteRuleDiagnostic {
  const found = { code, severity: 'error', place, message: `${place} ${text}` } as const
  return range ? { ...found, range } : found
}
