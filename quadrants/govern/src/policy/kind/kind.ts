import type { Schema } from '../schema/schema.ts'

/** A kind of resource: one declaration, of which everything that is known about its documents is made. */
export interface Kind<K extends string, Spec, WrittenSpec> {
  readonly group: string
  /** Newest first; all have the same fields. */
  readonly versions: readonly [string, ...string[]]
  readonly kind: K
  /** As in addresses of an API server. */
  readonly plural: string
  readonly shortNames: readonly string[]
  /** What it is for, in a sentence or two. */
  readonly about: string
  /** A document that is right. */
  readonly example: string
  readonly spec: Schema<Spec, WrittenSpec>
  /** Of policies. */
  readonly policy?: PolicyTraits
}

/** What is known of a kind whose spec it does not need. */
export type AnyKind = Kind<string, unknown, never> | Kind<string, unknown, unknown>

export interface PolicyTraits {
  readonly targets: readonly TargetKind[]
  /** Fields of the rules, each of which is merged by itself. */
  readonly ruleNames: readonly string[]
  /** What holds where no policy says anything of a field. */
  readonly base: Readonly<Record<string, unknown>>
}

export type TargetKind = 'Gateway' | 'HTTPRoute' | 'GRPCRoute' | 'Service'

export const GATEWAY_API_GROUP = 'gateway.networking.k8s.io'
export const QUADRANT_GROUP = 'quadrant.dev'

export function apiVersionOf({ group, versions }: Pick<AnyKind, 'group' | 'versions'>): string {
  return `${group}/${versions[0]}`
}
