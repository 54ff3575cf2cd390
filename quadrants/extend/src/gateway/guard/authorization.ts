import type { AuthorizationRuleSpec, AuthorizationSpec } from '../config/guard-spec.ts'
import { compileCallers } from './caller.ts'
import { compileCondition } from './condition.ts'
import { compileExpression } from './expression/expression.ts'
import type { RequestView } from './expression/request-view.ts'
import type { GuardCounts } from './guard-counts.ts'
import { type IndexedRule, RuleIndex } from './rule-index.ts'
import type { Verdict } from './verdict.ts'

/** Who may ask what: rules that deny, then those that allow, then what holds otherwise. */
export class Authorization {
  readonly #deny: RuleIndex
  readonly #allow: RuleIndex
  readonly #log: RuleIndex | undefined
  readonly #spec: AuthorizationSpec
  readonly #counts: GuardCounts

  constructor(spec: AuthorizationSpec, counts: GuardCounts) {
    const rulesOf = (action: AuthorizationRuleSpec['action']) =>
      spec.rules.filter((rule) => rule.action === action).map(indexedRule)
    const logged = rulesOf('log')
    this.#deny = new RuleIndex(rulesOf('deny'))
    this.#allow = new RuleIndex(rulesOf('allow'))
    this.#log = logged.length === 0 ? undefined : new RuleIndex(logged)
    this.#spec = spec
    this.#counts = counts
  }

  check(request: RequestView): Verdict | undefined {
    if (this.#log !== undefined)
      for (const { spec } of this.#log.findAll(request)) this.#counts.add('logged', spec.name)
    const denying = this.#deny.find(request)
    if (denying !== undefined) return this.#denied(denying.spec.name)
    const allowing = this.#allow.find(request)
    if (allowing !== undefined) {
      this.#counts.add('allowed', allowing.spec.name)
      return undefined
    }
    return this.#spec.otherwise === 'deny' ? this.#denied('none') : undefined
  }

  #denied(rule: string): Verdict | undefined {
    if (this.#spec.isShadow) {
      this.#counts.add('shadow-denied', rule)
      return undefined
    }
    this.#counts.add('denied', rule)
    return {
      kind: 'reply',
      failure: {
        status: 403,
        body: 'RBAC: access denied',
        flags: 0,
        details: `rbac_access_denied_matched_policy[${rule}]`,
      },
    }
  }
}

function indexedRule(spec: AuthorizationRuleSpec): IndexedRule {
  const callers = compileCallers(spec.from)
  const condition = compileCondition(spec.condition)
  return {
    spec,
    ast: spec.condition.when === undefined ? undefined : compileExpression(spec.condition.when).ast,
    fits:
      callers === undefined
        ? (condition ?? (() => true))
        : condition === undefined
          ? callers
          : (request) => callers(request) && condition(request),
  }
}
