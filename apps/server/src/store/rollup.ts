import type { EdgeDelta } from '@quadrant/proto'

/** Length of one stored point, seconds. Every tier holds every second it keeps, so coarser ones are exact sums. */
export const TIERS = [1, 10, 60, 3600] as const
export type Tier = (typeof TIERS)[number]

/** How long each tier is kept, seconds. */
export const TIER_RETENTION_SECONDS: Readonly<Record<Tier, number>> = {
  1: 900,
  10: 43_200,
  60: 2_592_000,
  // As long as the one below it: there for speed, a month is 720 points of an edge and not 43,200.
  3600: 2_592_000,
}

/** How long anything but single flows is kept, seconds. */
export const RETENTION_SECONDS_MAX = Math.max(...Object.values(TIER_RETENTION_SECONDS))

/** How two values of a counter become one: added, the larger, either, or the later. */
export type Merge = 'sum' | 'max' | 'or' | 'last' | 'last-set'

/** The counters of one edge: EdgeDelta without its indices. */
export interface Totals {
  opened: number
  closed: number
  failed: number
  reset: number
  bytesToServer: number
  bytesToClient: number
  segmentsToServer: number
  segmentsToClient: number
  retransmits: number
  messagesToServer: number
  messagesToClient: number
  /** Open at the end (a gauge). */
  active: number
  srttUsSum: number
  srttSamples: number
  srttUsMax: number
  connectUsSum: number
  connectSamples: number
  connectUsMax: number
  clientObserved: boolean
  serverObserved: boolean
  bytesUnknown: boolean
  lastErrno: number
}

/** One row a counter: its name in the message and the store, and how it is merged over time. */
export const ROLLUP_COLUMNS: ReadonlyArray<{
  readonly field: keyof Totals
  readonly column: string
  readonly merge: Merge
}> = [
  { field: 'opened', column: 'opened', merge: 'sum' },
  { field: 'closed', column: 'closed', merge: 'sum' },
  { field: 'failed', column: 'failed', merge: 'sum' },
  { field: 'reset', column: 'reset', merge: 'sum' },
  { field: 'bytesToServer', column: 'bytes_to_server', merge: 'sum' },
  { field: 'bytesToClient', column: 'bytes_to_client', merge: 'sum' },
  { field: 'segmentsToServer', column: 'segments_to_server', merge: 'sum' },
  { field: 'segmentsToClient', column: 'segments_to_client', merge: 'sum' },
  { field: 'retransmits', column: 'retransmits', merge: 'sum' },
  { field: 'messagesToServer', column: 'messages_to_server', merge: 'sum' },
  { field: 'messagesToClient', column: 'messages_to_client', merge: 'sum' },
  { field: 'active', column: 'active', merge: 'last' },
  { field: 'srttUsSum', column: 'srtt_us_sum', merge: 'sum' },
  { field: 'srttSamples', column: 'srtt_samples', merge: 'sum' },
  { field: 'srttUsMax', column: 'srtt_us_max', merge: 'max' },
  { field: 'connectUsSum', column: 'connect_us_sum', merge: 'sum' },
  { field: 'connectSamples', column: 'connect_samples', merge: 'sum' },
  { field: 'connectUsMax', column: 'connect_us_max', merge: 'max' },
  { field: 'clientObserved', column: 'client_observed', merge: 'or' },
  { field: 'serverObserved', column: 'server_observed', merge: 'or' },
  { field: 'bytesUnknown', column: 'bytes_unknown', merge: 'or' },
  { field: 'lastErrno', column: 'last_errno', merge: 'last-set' },
]

export function emptyTotals(): Totals {
  return {
    opened: 0,
    closed: 0,
    failed: 0,
    reset: 0,
    bytesToServer: 0,
    bytesToClient: 0,
    segmentsToServer: 0,
    segmentsToClient: 0,
    retransmits: 0,
    messagesToServer: 0,
    messagesToClient: 0,
    active: 0,
    srttUsSum: 0,
    srttSamples: 0,
    srttUsMax: 0,
    connectUsSum: 0,
    connectSamples: 0,
    connectUsMax: 0,
    clientObserved: false,
    serverObserved: false,
    bytesUnknown: false,
    lastErrno: 0,
  }
}

/** Adds another edge of the same time to `into`: open connections of both count, so `active` is added too. */
export function addTotals(into: Totals, from: Totals): void {
  into.opened += from.opened
  into.closed += from.closed
  into.failed += from.failed
  into.reset += from.reset
  into.bytesToServer += from.bytesToServer
  into.bytesToClient += from.bytesToClient
  into.segmentsToServer += from.segmentsToServer
  into.segmentsToClient += from.segmentsToClient
  into.retransmits += from.retransmits
  into.messagesToServer += from.messagesToServer
  into.messagesToClient += from.messagesToClient
  into.active += from.active
  into.srttUsSum += from.srttUsSum
  into.srttSamples += from.srttSamples
  into.srttUsMax = Math.max(into.srttUsMax, from.srttUsMax)
  into.connectUsSum += from.connectUsSum
  into.connectSamples += from.connectSamples
  into.connectUsMax = Math.max(into.connectUsMax, from.connectUsMax)
  into.clientObserved ||= from.clientObserved
  into.serverObserved ||= from.serverObserved
  into.bytesUnknown ||= from.bytesUnknown
  if (from.lastErrno !== 0) into.lastErrno = from.lastErrno
}

/** What a rollup row is written from. */
export type DeltaCounters = Omit<
  EdgeDelta,
  '$typeName' | '$unknown' | 'client' | 'server' | 'protocol' | 'serverPort'
>
