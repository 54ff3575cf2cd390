import { matchFieldQuery, parseFieldQuery, GATEWAY_FILTER_FIELDS } from '@quadrant/core'
import {
  ReleaseStage,
  type Filter,
  type FilterGateway,
  type FilterReading,
  type FilterState,
  type ListFiltersResponse,
  type NamedCount,
} from '@quadrant/proto'
import { FILTER_STATES, filterState, placeState, STAGE_WORDS, type FilterStateId } from './filter-state.ts'
import type { KnownValues } from './query-suggest.ts'

/** Gateways tell every three seconds: one that has missed three times tells of the past. */
export const STALE_MS = 10_000

/** A filter on one gateway that has a place for it. */
export interface FilterPlace {
  readonly filter: string
  readonly gateway: FilterGateway
  readonly state: FilterStateId
  /** What it makes of the release that it was offered last, in words. */
  readonly stage: string
  /** Of a release that it did not take; empty where it took it. */
  readonly code: string
  readonly reason: string
  readonly servingVersion: bigint
  /** The release that `stage` is about. */
  readonly toldVersion: bigint
  readonly toldMs: number
  /** Why it does not follow the order in force; empty where it does, has told nothing yet, or there is none. */
  readonly disobeys: string
  readonly reading: FilterReading | undefined
  /** It is a file of that gateway's, and was not delivered. */
  readonly isOfFile: boolean
  /** The counts are of a time that is over. */
  readonly isStale: boolean
}

/** A filter over all gateways. */
export interface FilterRow {
  readonly name: string
  readonly filter: Filter
  readonly state: FilterStateId
  readonly places: readonly FilterPlace[]
  readonly servingCount: number
  /** In hexadecimal; empty where nothing was offered. */
  readonly digest: string
  readonly abi: string
  readonly keyIds: readonly string[]
  /** Undefined where no gateway tells. Rates and memory are sums of those that do, times are of the slowest. */
  readonly streamsPerSecond: number | undefined
  readonly callsPerSecond: number | undefined
  readonly memoryBytes: number | undefined
  readonly callP50Ns: number | undefined
  readonly callP99Ns: number | undefined
  readonly crashes: readonly NamedCount[]
  readonly limitsHit: readonly NamedCount[]
}

/** Filters by what is wrong with them, then by name; and below each its gateways. */
export function toFilterRows(
  { filters, gateways }: ListFiltersResponse,
  nowMs: number,
): readonly FilterRow[] {
  return filters
    .map((filter) => toFilterRow(filter, gateways, nowMs))
    .sort((a, b) => rank(a.state) - rank(b.state) || (a.name < b.name ? -1 : 1))
}

function toFilterRow(filter: Filter, gateways: readonly FilterGateway[], nowMs: number): FilterRow {
  const places = gateways
    .filter(
      ({ nodeId, filters }) =>
        filters.includes(filter.name) ||
        filter.states.some((state) => state.nodeId === nodeId && state.reading?.use?.fromFile),
    )
    .map((gateway) =>
      toPlace(
        filter,
        gateway,
        filter.states.find(({ nodeId }) => nodeId === gateway.nodeId),
        nowMs,
      ),
    )
  const release = filter.offered?.release
  const told = places.flatMap(({ reading }) => reading ?? [])
  const fresh = places.flatMap(({ reading, isStale }) => (reading && !isStale ? [reading] : []))
  const over = (of: (reading: FilterReading) => number | undefined, join: (values: number[]) => number) => {
    const values = fresh.map(of).filter((value) => value !== undefined)
    return values.length === 0 ? undefined : join(values)
  }
  const slowest = (values: number[]) => Math.max(...values)
  return {
    name: filter.name,
    filter,
    state: filterState(
      filter,
      places.map(({ state }) => state),
    ),
    places,
    servingCount: places.filter(
      ({ state, servingVersion, isOfFile }) =>
        isServing(state) && (isOfFile || servingVersion === release?.version),
    ).length,
    digest: hexOf(
      release?.moduleSha256 ?? places.find(({ isOfFile }) => isOfFile)?.reading?.use?.moduleSha256,
    ),
    abi: release?.abi ?? '',
    keyIds: filter.offered?.keyIds ?? [],
    streamsPerSecond: over(({ streamsPerSecond }) => streamsPerSecond, sum),
    callsPerSecond: over(({ callsPerSecond }) => callsPerSecond, sum),
    memoryBytes: over(({ use }) => use?.memoryBytes, sum),
    callP50Ns: over(({ use }) => use?.callP50Ns || undefined, slowest),
    callP99Ns: over(({ use }) => use?.callP99Ns || undefined, slowest),
    crashes: sumCounts(told.map(({ use }) => use?.crashes ?? [])),
    limitsHit: sumCounts(told.map(({ use }) => use?.limitsHit ?? [])),
  }
}

function toPlace(
  filter: Filter,
  gateway: FilterGateway,
  told: FilterState | undefined,
  nowMs: number,
): FilterPlace {
  const { status, order, reading } = told ?? {}
  const isOfOrder = filter.order !== undefined && order?.sequence === filter.orderSequence
  return {
    filter: filter.name,
    gateway,
    state: placeState(filter, gateway, told),
    stage: STAGE_WORDS[status?.stage ?? ReleaseStage.UNSPECIFIED] ?? 'unknown',
    code: status?.code ?? '',
    reason: status?.reason ?? '',
    servingVersion: status?.servingVersion ?? 0n,
    toldVersion: status?.version ?? 0n,
    toldMs: (status?.timeNs ?? 0) / 1e6,
    disobeys: isOfOrder && order && !order.followed ? `${order.code}: ${order.reason}` : '',
    reading,
    isOfFile: reading?.use?.fromFile ?? false,
    isStale: reading === undefined || !gateway.connected || nowMs - reading.receivedNs / 1e6 > STALE_MS,
  }
}

/** Those that the query means; with what cannot be read of it, all. */
export function findFilters(rows: readonly FilterRow[], query: string): readonly FilterRow[] {
  const { value } = parseFieldQuery(query, GATEWAY_FILTER_FIELDS)
  if (value.terms.length === 0) return rows
  return rows.filter((row) => matchFieldQuery(value, (key) => valuesOf(row)[key]))
}

/** What the filter box may suggest. */
export function filterSuggestions(rows: readonly FilterRow[]): KnownValues {
  const values: Record<string, readonly string[]> = {}
  for (const key of ['filter', 'gateway', 'host', 'code', 'key', 'digest'])
    values[key] = [...new Set(rows.flatMap((row) => valuesOf(row)[key] ?? []))].filter(Boolean).sort()
  return { ...values, state: FILTER_STATES, crashes: ['>0'], limits: ['>0'], slow: ['>1', '>10'] }
}

function valuesOf(row: FilterRow): Readonly<Record<string, readonly string[]>> {
  const gateway = row.places.map(({ gateway: { nodeId } }) => nodeId)
  return {
    '*': [row.name, ...gateway],
    filter: [row.name],
    gateway,
    host: row.places.map(({ gateway: { host } }) => host),
    state: [row.state, ...row.places.map(({ state }) => state)],
    code: row.places.map(({ code }) => code),
    key: row.keyIds,
    digest: row.digest === '' ? [] : [`sha256:${row.digest}`],
    crashes: [String(countSum(row.crashes))],
    limits: [String(countSum(row.limitsHit))],
    slow: row.callP99Ns === undefined ? [] : [String(row.callP99Ns / 1e6)],
  }
}

export function countSum(counts: readonly NamedCount[]): number {
  return sum(counts.map(({ count }) => count))
}

function isServing(state: FilterStateId): boolean {
  return state !== 'away' && state !== 'off'
}

function rank(state: FilterStateId): number {
  return FILTER_STATES.indexOf(state)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** By name, the most first. */
function sumCounts(lists: readonly (readonly NamedCount[])[]): readonly NamedCount[] {
  const sums = new Map<string, NamedCount>()
  for (const one of lists.flat())
    sums.set(one.name, { ...one, count: one.count + (sums.get(one.name)?.count ?? 0) })
  return [...sums.values()].sort((a, b) => b.count - a.count)
}

export function hexOf(bytes: Uint8Array = new Uint8Array(0)): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
