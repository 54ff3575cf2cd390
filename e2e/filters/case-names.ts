import type { CaseFilter, FilterCase, GuestName } from './filter-case.ts'

/** The modules, by what they are written in. */
export type Guests = Readonly<Partial<Record<GuestName, string>>>

/** Which guests run a case, of those that there are. */
export function guestsOf({ guests = ['rust', 'go'] }: FilterCase, there: Guests): readonly GuestName[] {
  return guests.filter((guest) => there[guest] !== undefined)
}

/** `rust/family/what` */
export function nameOf(guest: GuestName, { name }: FilterCase): string {
  return `${guest}/${name}`
}

/** A name of a guest and a case in other text. */
export const NAME = /\b(?:rust|go|abi-[\w.-]+)\/[\w-]+\/[\w-]+/

/** Each filter of a case has its own. */
export function rootIdOf(guest: GuestName, one: FilterCase, { rootId }: CaseFilter): string {
  return rootId === undefined ? nameOf(guest, one) : `${nameOf(guest, one)}.${rootId}`
}

/** Who a host is, as it is told to filters. */
export const NODE = { id: 'case-node', cluster: 'case-cluster', metadata: { shelf: 'top' } } as const
