import type { KindName, SpecOf } from '../policy/kind/kinds.ts'
import type { Origin } from './origin.ts'

type PolicyParts = 'targetRefs' | 'defaults' | 'overrides'

/** Kinds whose resources say something of others. */
export type PolicyKindName = {
  readonly [K in KindName]: SpecOf<K> extends { readonly targetRefs: unknown } ? K : never
}[KindName]

/** Rules of a kind of policies, each of which is merged by itself. */
export type RulesOf<K extends PolicyKindName> = Omit<SpecOf<K>, PolicyParts>

/** From the widest to the narrowest, as a request meets them (GEP-713, "Hierarchy"). */
export const LEVELS = ['Gateway', 'Listener', 'Route', 'Rule', 'Service', 'Port'] as const
export type Level = (typeof LEVELS)[number]

/** What one policy says of one rule at a level. */
export interface Claim<T = unknown> {
  readonly value: T
  readonly level: Level
  readonly part: 'spec' | 'defaults' | 'overrides'
  readonly origin: Origin
}

/** Why a claim is not in force. */
export interface LostClaim<T = unknown> extends Claim<T> {
  readonly reason:
    /** One at a narrower level says otherwise, and it is a default. */
    | 'narrower'
    /** One of the same or a wider level overrides it. */
    | 'overridden'
    /** One at the same level has precedence: it is older, or its name comes first. */
    | 'precedence'
    /** One that stands for all rules at once (`Atomic`) is in force. */
    | 'atomic'
  readonly to: Claim<T>
}

/** What is in force of one rule, and what is not. */
export interface Decided<T> {
  readonly value: T
  /** Undefined: nobody says anything, it is what holds then (`base` of the kind). */
  readonly claim: Claim<T> | undefined
  readonly lost: readonly LostClaim<T>[]
}

/** What is in force of a kind; a rule is missing of which nobody says anything and that has no base. */
export type Effective<K extends PolicyKindName> = {
  readonly [R in keyof RulesOf<K>]?: Decided<NonNullable<RulesOf<K>[R]>>
}

/**
 * What is in force of all kinds. A kind is missing where no policy of it says anything; then its base holds where it is
 * about what happens anyway (timeouts, circuit breakers).
 */
export type EffectivePolicies = { readonly [K in PolicyKindName]?: Effective<K> }
