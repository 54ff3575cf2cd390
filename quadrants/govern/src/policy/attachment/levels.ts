import type { Resource } from '../document/resource.ts'
import { findKind } from '../kind/kinds.ts'
import type { PolicyTraits } from '../kind/kind.ts'
import type { TargetReference } from '../kind/reference.ts'

/** A resource of a kind of policies. */
export type Policy = Extract<Resource, { readonly spec: { readonly targetRefs: readonly TargetReference[] } }>

export function isPolicy(resource: Resource): resource is Policy {
  return 'targetRefs' in resource.spec
}

export function traitsOf({ kind }: Policy): PolicyTraits {
  const traits = findKind(kind)?.policy
  if (!traits) throw new TypeError(`${kind} is no kind of policies`)
  return traits
}

type Strategy = 'Merge' | 'Atomic'

/** What a policy says in one of its parts. */
export interface Statement {
  readonly policy: Policy
  /** `spec` itself says defaults. */
  readonly part: 'spec' | 'defaults' | 'overrides'
  readonly strategy: Strategy
  /** Names of the rules that it has, as they stand in the document. */
  readonly ruleNames: readonly string[]
}

/** Defaults first. A policy may have both, for rules of each kind. */
export function statementsOf(policy: Policy): readonly Statement[] {
  const { ruleNames } = traitsOf(policy)
  const spec: Readonly<Record<string, unknown>> = { ...policy.spec }
  const statements = (['spec', 'defaults', 'overrides'] as const).map((part): Statement => {
    const said = (part === 'spec' ? spec : (spec[part] ?? {})) as Readonly<Record<string, unknown>>
    return {
      policy,
      part,
      strategy: part === 'spec' ? 'Merge' : ((said['strategy'] as Strategy | undefined) ?? 'Merge'),
      ruleNames: ruleNames.filter((name) => said[name] !== undefined),
    }
  })
  return statements.filter(({ ruleNames }) => ruleNames.length > 0)
}
