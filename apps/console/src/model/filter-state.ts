import {
  ReleaseStage,
  type Filter,
  type FilterGateway,
  type FilterReading,
  type FilterState,
} from '@quadrant/proto'

/** How a filter is, on one gateway or on all of them; the worst comes first. */
export const FILTER_STATES = [
  'rolled-back',
  'refused',
  'restarting',
  'off',
  'arriving',
  'away',
  'waiting',
  'kept',
  'serving',
] as const
export type FilterStateId = (typeof FILTER_STATES)[number]

export const FILTER_STATE_WORDS: Readonly<Record<FilterStateId, string>> = {
  'rolled-back': 'rolled back',
  refused: 'refused',
  restarting: 'restarting',
  off: 'off',
  arriving: 'arriving',
  away: 'away',
  waiting: 'waiting',
  kept: 'kept only',
  serving: 'serving',
}

export const STAGE_WORDS: Readonly<Record<ReleaseStage, string>> = {
  [ReleaseStage.UNSPECIFIED]: 'told nothing yet',
  [ReleaseStage.VERIFIED]: 'verified, its module comes',
  [ReleaseStage.RECEIVED]: 'received',
  [ReleaseStage.COMPILED]: 'compiled',
  [ReleaseStage.WARMED]: 'warmed',
  [ReleaseStage.SERVING]: 'serving',
  [ReleaseStage.REFUSED]: 'refused',
  [ReleaseStage.ROLLED_BACK]: 'rolled back',
}

/** How a filter is on one gateway that has a place for it. */
export function placeState(
  filter: Filter,
  gateway: FilterGateway,
  state: FilterState | undefined,
): FilterStateId {
  if (!gateway.connected) return 'away'
  const { status, order, reading } = state ?? {}
  if (reading?.use?.fromFile) return servingOf(reading)
  if (order?.off) return 'off'
  if (status?.stage === ReleaseStage.ROLLED_BACK) return 'rolled-back'
  if (status?.stage === ReleaseStage.REFUSED) return 'refused'
  if (!filter.offered) return 'kept'
  if (!status) return 'waiting'
  if (status.stage !== ReleaseStage.SERVING) return 'arriving'
  return servingOf(reading)
}

function servingOf(reading: FilterReading | undefined): FilterStateId {
  return isFailing(reading?.use?.threads.map(({ name }) => name) ?? []) ? 'restarting' : 'serving'
}

/** How it is as a whole: as on the gateway where it is worst; where none is connected, away. */
export function filterState(filter: Filter, places: readonly FilterStateId[]): FilterStateId {
  if (!filter.offered && filter.newestVersion > 0n) return 'kept'
  const present = new Set<FilterStateId>(places.filter((place) => place !== 'away'))
  if (present.size === 0) return places.length === 0 ? 'waiting' : 'away'
  return FILTER_STATES.find((state) => present.has(state)) ?? 'serving'
}

/** A thread without an instance: it has crashed, and the next one comes later. */
function isFailing(threads: readonly string[]): boolean {
  return threads.some((state) => state === 'restarting' || state === 'over')
}
