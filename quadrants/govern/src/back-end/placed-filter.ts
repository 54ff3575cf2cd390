import type { EffectivePolicies } from '../ir/effective.ts'
import { type Origin, within } from '../ir/origin.ts'
import type { SpecOf } from '../policy/kind/kinds.ts'

/** A filter of a FilterPolicy, and where it stands. */
export interface PlacedFilter {
  readonly filter: NonNullable<SpecOf<'FilterPolicy'>['filters']>[number]
  readonly origin: Origin
}

/** Those of a route by their order, then as they stand there. */
export function filtersOf({ FilterPolicy: policy }: EffectivePolicies): readonly PlacedFilter[] {
  const filters = policy?.filters
  if (!filters?.claim) return []
  const { origin } = filters.claim
  return filters.value
    .map((filter, index) => ({ filter, origin: within(origin, index) }))
    .toSorted((a, b) => a.filter.order - b.filter.order)
}

/** The same filter in two policies is two filters: they may be configured in two ways. */
export function filterName({ filter: { name }, origin: { resource } }: PlacedFilter): string {
  return `${resource.namespace}/${resource.name}/${name}`
}
