import { coveredSeconds, type GetMapResponse } from '@quadrant/proto'
import { dropText } from '../output/drop-text.ts'
import type { Paint } from '../output/paint.ts'
import { table } from '../output/table.ts'
import { edgeColumns, edgeRows } from './edge-rows.ts'
import { serviceColumns, serviceRows } from './service-rows.ts'

export const TOP_SORTS = [
  'bytes',
  'opened',
  'active',
  'errors',
  'rtt',
  'requests',
  'p50',
  'p95',
  'p99',
] as const
export type TopSort = (typeof TOP_SORTS)[number]

export interface TopTextOptions {
  readonly by: 'edges' | 'services'
  readonly sort: TopSort
  readonly wide: boolean
  readonly paint: Paint
  readonly columns: number | undefined
  /** Most rows; undefined: all. */
  readonly rows: number | undefined
}

/** What a row is sorted by: larger comes first. */
export type SortKeys = Readonly<Record<TopSort, number>>

/** The table of `top`, largest first; what is left out is counted below it. */
export function topText(map: GetMapResponse, options: TopTextOptions): string {
  const withRequests = map.edges.some(({ requests }) => requests)
  const look = { paint: options.paint, columns: options.columns }
  if (options.by === 'services') {
    const { rows, omitted } = largest(serviceRows(map, coveredSeconds(map)), options)
    return table(serviceColumns(options.wide, withRequests), rows, look) + more(omitted, map)
  }
  const { rows, omitted } = largest(edgeRows(map, coveredSeconds(map)), options)
  return table(edgeColumns(options.wide, withRequests), rows, look) + more(omitted, map)
}

function largest<Row extends { readonly keys: SortKeys; readonly name: string }>(
  rows: readonly Row[],
  { sort, rows: limit }: TopTextOptions,
): { rows: readonly Row[]; omitted: number } {
  const sorted = rows.toSorted((a, b) => b.keys[sort] - a.keys[sort] || a.name.localeCompare(b.name))
  const kept = limit === undefined ? sorted : sorted.slice(0, limit)
  return { rows: kept, omitted: sorted.length - kept.length }
}

function more(omitted: number, map: GetMapResponse): string {
  const lines: string[] = []
  if (omitted > 0) lines.push(`… ${omitted} more`)
  if (map.edgesOmitted > 0) lines.push(`… ${map.edgesOmitted} edges over the server's limit`)
  for (const drop of map.drops) if (drop.count > 0) lines.push(`! ${dropText(drop)}`)
  return lines.map((line) => `${line}\n`).join('')
}
