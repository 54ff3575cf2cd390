import type { Resource } from '../policy/document/resource.ts'
import { isPolicy, type Policy } from '../policy/attachment/levels.ts'
import { comparePrecedence } from '../policy/attachment/precedence.ts'

/** What a policy can be about, and the part of it: a listener, a rule, a port. */
export interface Place {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly section: string | undefined
}

/** Policies by what they are about, those with precedence first. */
export class PolicyTable {
  readonly #policies = new Map<string, Policy[]>()
  /** Kinds of which there is any policy. */
  readonly kinds: ReadonlySet<Policy['kind']>

  constructor(resources: readonly Resource[]) {
    const policies = resources.filter(isPolicy).toSorted(comparePrecedence)
    this.kinds = new Set(policies.map(({ kind }) => kind))
    for (const policy of policies)
      for (const { group, kind, name, sectionName } of policy.spec.targetRefs) {
        const { namespace } = policy.metadata
        const key = keyOf(policy.kind, { group, kind, namespace, name, section: sectionName })
        const known = this.#policies.get(key)
        if (known) known.push(policy)
        else this.#policies.set(key, [policy])
      }
  }

  at(policyKind: Policy['kind'], place: Place): readonly Policy[] {
    return this.#policies.get(keyOf(policyKind, place)) ?? NONE
  }
}

const NONE: readonly Policy[] = []

function keyOf(policyKind: string, { group, kind, namespace, name, section }: Place): string {
  return `${policyKind} ${group}/${kind}/${namespace}/${name} ${section ?? ''}`
}
