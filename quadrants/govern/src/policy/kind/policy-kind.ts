import {
  choice,
  defaulted,
  list,
  object,
  optional,
  type Optional,
  type ReadObject,
  required,
  type RuleOptions,
  type WrittenObject,
} from '../schema/declare.ts'
import type { Schema } from '../schema/schema.ts'
import { type Kind, QUADRANT_GROUP, type TargetKind } from './kind.ts'
import { targetReference, type TargetReference } from './reference.ts'

/** Each rule may be missing: then a level below or above says it, or nobody. */
type RuleDeclarations = Readonly<Record<string, Optional<Schema<unknown, never> | Schema<unknown, unknown>>>>

interface Strategy {
  readonly strategy: 'Merge' | 'Atomic'
}

/** What a policy says: for its target, and at which levels it may be said otherwise (GEP-713). */
export type PolicySpec<R> = R & {
  readonly targetRefs: readonly TargetReference[]
  readonly defaults?: R & Strategy
  readonly overrides?: R & Strategy
}
export type WrittenPolicySpec<W> = W & {
  readonly targetRefs: readonly (Partial<TargetReference> & Pick<TargetReference, 'kind' | 'name'>)[]
  readonly defaults?: W & Partial<Strategy>
  readonly overrides?: W & Partial<Strategy>
}

export interface PolicyDeclaration<K extends string, F extends RuleDeclarations> {
  readonly kind: K
  readonly plural: string
  readonly shortNames: readonly string[]
  readonly about: string
  readonly example: string
  readonly targets: readonly [TargetKind, ...TargetKind[]]
  readonly rules: F
  /** What holds between the rules. */
  readonly between?: readonly RuleOptions<ReadObject<F>>[]
  /** What holds where no policy says anything. */
  readonly base: Partial<ReadObject<F>>
}

const strategyField = defaulted(
  '`Merge`: each rule for itself; `Atomic`: all rules of the other policy or none.',
  choice(['Merge', 'Atomic']),
  'Merge',
)

/** A kind of `quadrant.dev/v1`: the rules stand in the spec itself, or under `defaults` and `overrides`. */
export function policyKind<const K extends string, const F extends RuleDeclarations>(
  declaration: PolicyDeclaration<K, F>,
): Kind<K, PolicySpec<ReadObject<F>>, WrittenPolicySpec<WrittenObject<F>>> {
  const { kind, plural, shortNames, about, example, targets, rules, between = [], base } = declaration
  const ruleNames = Object.keys(rules)
  const block = (what: string) =>
    object(
      what,
      { ...rules, strategy: strategyField },
      {
        rules: [...(between as readonly RuleOptions<unknown>[]), speaks(ruleNames)],
      },
    )
  const spec = object(
    `the spec of a ${kind}`,
    {
      targetRefs: required(
        'What the policy is about.',
        list(targetReference(targets), { min: 1, max: 16, rules: [repeatedTarget] }),
      ),
      ...rules,
      defaults: optional(
        'For all below the target; policies there may say otherwise. Rules in the spec itself are the same.',
        block('defaults'),
      ),
      overrides: optional(
        'For all below the target; policies there cannot say otherwise.',
        block('overrides'),
      ),
    },
    {
      rules: [
        ...(between as readonly RuleOptions<unknown>[]),
        {
          code: 'empty',
          message: `a ${kind} without any rule does nothing`,
          fix: `${ruleNames[0]}: …`,
          cel: ['defaults', 'overrides', ...ruleNames].map((name) => `has(self.${name})`).join(' || '),
          holds: (value: Values) =>
            ['defaults', 'overrides', ...ruleNames].some((name) => value[name] !== undefined),
        },
        {
          message: 'rules stand in the spec itself or under `defaults` and `overrides`, not both',
          fix: 'move them under defaults',
          cel: `!(has(self.defaults) || has(self.overrides)) || !(${ruleNames.map((name) => `has(self.${name})`).join(' || ')})`,
          holds: (value: Values) =>
            (value['defaults'] === undefined && value['overrides'] === undefined) ||
            ruleNames.every((name) => value[name] === undefined),
          at: (value: Values) => [ruleNames.find((name) => value[name] !== undefined)!],
        },
      ] as readonly RuleOptions<unknown>[],
    },
  )
  return {
    group: QUADRANT_GROUP,
    versions: ['v1'],
    kind,
    plural,
    shortNames,
    about,
    example,
    spec: { shape: spec.shape },
    policy: { targets, ruleNames, base },
  }
}

type Values = Readonly<Record<string, unknown>>

const speaks = (ruleNames: readonly string[]): RuleOptions<unknown> => ({
  code: 'empty',
  message: 'no rule stands here',
  fix: `${ruleNames[0]}: …`,
  cel: ruleNames.map((name) => `has(self.${name})`).join(' || '),
  holds: (value) => ruleNames.some((name) => (value as Values)[name] !== undefined),
})

const identity = ({ group, kind, name, sectionName }: TargetReference) =>
  `${group}/${kind}/${name}/${sectionName ?? ''}`

function repeatedIndex(targets: readonly TargetReference[]): number {
  const seen = new Set<string>()
  return targets.findIndex((target) => {
    const key = identity(target)
    if (seen.has(key)) return true
    seen.add(key)
    return false
  })
}

const repeatedTarget: RuleOptions<readonly TargetReference[]> = {
  code: 'duplicateItem',
  message: 'another target is the same',
  fix: 'remove one',
  cel: "self.all(t1, self.exists_one(t2, t1.group == t2.group && t1.kind == t2.kind && t1.name == t2.name && t1.?sectionName.orValue('') == t2.?sectionName.orValue('')))",
  holds: (targets) => repeatedIndex(targets) === -1,
  at: (targets) => [repeatedIndex(targets), 'name'],
}
