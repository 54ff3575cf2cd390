import type { Claim, Decided, EffectivePolicies, Level, LostClaim } from '../ir/effective.ts'
import type { ResourceKey } from '../ir/origin.ts'
import { type Policy, type Statement, statementsOf, traitsOf } from '../policy/attachment/levels.ts'
import { findKind, KIND_NAMES } from '../policy/kind/kinds.ts'
import { QUADRANT_GROUP } from '../policy/kind/kind.ts'
import type { Place, PolicyTable } from './policy-table.ts'

/** A place on the way of a request, from the widest to the narrowest. */
export interface Step {
  readonly level: Level
  readonly place: Place
  /** What a route says itself, as if a policy did; nobody at its level has precedence over it. */
  readonly own?: readonly OwnClaims[]
}

export interface OwnClaims {
  readonly policyKind: Policy['kind']
  readonly claims: ReadonlyMap<string, Claim>
}

/** What one policy says in one of its parts, at one level. */
interface Voice {
  readonly isAtomic: boolean
  readonly claims: ReadonlyMap<string, Claim>
}

/** Kinds that have an effect where no policy says anything. */
const ALWAYS: ReadonlySet<string> = new Set(['TimeoutPolicy', 'CircuitBreakerPolicy'])
const POLICY_KINDS = KIND_NAMES.filter(
  (name) => findKind(name)?.policy !== undefined,
) as readonly Policy['kind'][]

/**
 * What is in force on the way of a request (GEP-713): overrides from wide to narrow, then defaults from narrow to wide;
 * the first that says a rule decides it. Of an `Atomic` one all rules are in force, or none.
 */
export function resolvePolicies(steps: readonly Step[], table: PolicyTable): EffectivePolicies {
  const effective: Record<string, Readonly<Record<string, Decided<unknown>>>> = {}
  for (const policyKind of POLICY_KINDS) {
    const isSaid =
      table.kinds.has(policyKind) ||
      steps.some(({ own }) => own?.some((one) => one.policyKind === policyKind))
    const decided = isSaid ? resolveKind(policyKind, steps, table) : undefined
    if (decided) effective[policyKind] = decided
    else if (ALWAYS.has(policyKind)) effective[policyKind] = basesOf(policyKind)
  }
  return effective
}

function resolveKind(
  policyKind: Policy['kind'],
  steps: readonly Step[],
  table: PolicyTable,
): Readonly<Record<string, Decided<unknown>>> | undefined {
  const overrides: Voice[] = []
  const defaults: Voice[][] = []
  for (const { level, place, own = [] } of steps) {
    const statements = table.at(policyKind, place).flatMap(statementsOf)
    const voices = (isOverride: boolean) =>
      statements
        .filter(({ part }) => (part === 'overrides') === isOverride)
        .map((statement) => voiceOf(statement, level))
    overrides.push(...voices(true))
    const said = own
      .filter((one) => one.policyKind === policyKind)
      .map(({ claims }): Voice => ({ isAtomic: false, claims }))
    defaults.unshift([...said, ...voices(false)])
  }
  const all = [...overrides, ...defaults.flat()]
  if (all.length === 0) return undefined
  const above = chorus(overrides)
  const below = chorus(defaults.flat())
  return decide(policyKind, above, below)
}

interface Chorus {
  readonly inForce: ReadonlyMap<string, Claim>
  readonly lost: readonly (readonly [rule: string, lost: LostClaim])[]
  /** It is one that stands for all rules at once. */
  readonly atomic: Claim | undefined
}

/** Of several that have a say, by precedence. */
function chorus(voices: readonly Voice[]): Chorus {
  const inForce = new Map<string, Claim>()
  const lost: [string, LostClaim][] = []
  let atomic: Claim | undefined
  for (const { isAtomic, claims } of voices) {
    const [first] = inForce.values()
    const blocking = atomic ?? (isAtomic ? first : undefined)
    for (const [rule, claim] of claims) {
      const winner = inForce.get(rule) ?? blocking
      if (winner === undefined) continue
      lost.push([rule, { ...claim, to: winner, reason: reasonOf(claim, winner, inForce.has(rule)) }])
    }
    if (blocking !== undefined) continue
    for (const [rule, claim] of claims) if (!inForce.has(rule)) inForce.set(rule, claim)
    if (isAtomic) [atomic] = claims.values()
  }
  return { inForce, lost, atomic }
}

function reasonOf(claim: Claim, winner: Claim, isSameRule: boolean): LostClaim['reason'] {
  if (!isSameRule) return 'atomic'
  if (winner.part === 'overrides')
    return claim.level === winner.level && claim.part === 'overrides' ? 'precedence' : 'overridden'
  return claim.level === winner.level ? 'precedence' : 'narrower'
}

function decide(
  policyKind: Policy['kind'],
  above: Chorus,
  below: Chorus,
): Readonly<Record<string, Decided<unknown>>> {
  const { ruleNames, base } = findKind(policyKind)!.policy!
  const decided: Record<string, Decided<unknown>> = {}
  for (const rule of ruleNames) {
    const override = above.inForce.get(rule)
    const fallback = below.inForce.get(rule)
    const winner = override ?? (above.atomic === undefined ? fallback : undefined)
    const lost = [...above.lost, ...below.lost].flatMap(([name, one]) => (name === rule ? [one] : []))
    const beater = override ?? above.atomic
    if (fallback && beater) lost.push({ ...fallback, to: beater, reason: override ? 'overridden' : 'atomic' })
    const value = winner === undefined ? base[rule] : winner.value
    if (value !== undefined) decided[rule] = { value, claim: winner, lost }
  }
  return decided
}

function basesOf(policyKind: Policy['kind']): Readonly<Record<string, Decided<unknown>>> {
  const { base } = findKind(policyKind)!.policy!
  return Object.fromEntries(
    Object.entries(base).map(([rule, value]) => [rule, { value, claim: undefined, lost: [] }]),
  )
}

function voiceOf({ policy, part, strategy, ruleNames }: Statement, level: Level): Voice {
  const spec = policy.spec as unknown as Readonly<Record<string, unknown>>
  const said = (part === 'spec' ? spec : spec[part]) as Readonly<Record<string, unknown>>
  const resource = keyOfPolicy(policy)
  const prefix = part === 'spec' ? ['spec'] : ['spec', part]
  return {
    isAtomic: strategy === 'Atomic',
    claims: new Map(
      ruleNames.map((rule) => [
        rule,
        { value: said[rule], level, part, origin: { resource, path: [...prefix, rule] } },
      ]),
    ),
  }
}

function keyOfPolicy(policy: Policy): ResourceKey {
  traitsOf(policy)
  const { kind, metadata } = policy
  return { group: QUADRANT_GROUP, kind, namespace: metadata.namespace, name: metadata.name }
}
