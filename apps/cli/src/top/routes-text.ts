import { formatBytes, formatCount, formatDurationNs, formatRate, formatShare } from '@quadrant/core'
import {
  requestProtocolName,
  type GetRequestsResponse,
  type Node,
  type OpaqueGroup,
  type RequestGroup,
  type RequestSignals,
} from '@quadrant/proto'
import { dropText } from '../output/drop-text.ts'
import { printable } from '../output/printable.ts'
import { table, type Column } from '../output/table.ts'
import { truncate } from '../output/width.ts'
import { nodeText } from './node-text.ts'
import type { TopSort, TopTextOptions } from './top-text.ts'

export interface RoutesTextOptions extends Omit<TopTextOptions, 'by'> {
  /** Lines that there are for all of it, on a screen that is drawn anew; without it as many as it takes. */
  readonly lines?: number
}

interface RouteRow {
  readonly server: string
  readonly group: RequestGroup
  readonly signals: RequestSignals
}

/** The table of `top --by routes`; what is left out, not read or lost is told below it. */
export function routesText(answer: GetRequestsResponse, options: RoutesTextOptions): string {
  const nodes = new Map(answer.nodes.map((node) => [node.id, node]))
  const rows = answer.groups
    .flatMap((group): RouteRow[] => {
      const { signals, server, serverPort } = group
      return signals ? [{ server: nodeText(nodes.get(server), server, serverPort), group, signals }] : []
    })
    .sort((a, b) => sortKey(b, options.sort) - sortKey(a, options.sort))
  const notes = shownNotes(
    [
      ...answer.opaque.map((opaque) => `? ${opaqueText(opaque, nodes)}`),
      ...answer.drops.filter(({ count }) => count > 0).map((drop) => `! ${dropText(drop)}`),
    ].map(printable),
    options,
  )
  // A line for the heads of the columns, and one for what is left out.
  const room = options.lines === undefined ? undefined : Math.max(1, options.lines - notes.length - 2)
  const limit = options.rows ?? room
  const kept = limit === undefined ? rows : rows.slice(0, limit)
  const left = rows.length - kept.length + answer.groupsOmitted
  const lines = left > 0 ? [`… ${left} more`, ...notes] : notes
  const look = { paint: options.paint, columns: options.columns }
  return table(routeColumns(options.wide), kept, look) + lines.map((line) => `${line}\n`).join('')
}

/** All, or as many as leave three quarters of the screen to the rows, each in one line. */
function shownNotes(notes: readonly string[], { lines, columns }: RoutesTextOptions): readonly string[] {
  if (lines === undefined) return notes
  const max = Math.max(1, Math.floor(lines / 4))
  const shown =
    notes.length <= max ? notes : [...notes.slice(0, max - 1), `… ${notes.length - max + 1} more such lines`]
  return columns === undefined ? shown : shown.map((text) => truncate(text, columns))
}

/** What a row is sorted by: larger comes first. What else connections are sorted by is no matter of routes. */
function sortKey({ signals }: RouteRow, sort: TopSort): number {
  if (sort === 'errors') return signals.errors
  if (sort === 'p50') return signals.p50Ns
  if (sort === 'p95') return signals.p95Ns
  if (sort === 'p99' || sort === 'rtt') return signals.p99Ns
  return signals.requests
}

function routeColumns(wide: boolean): readonly Column<RouteRow>[] {
  const columns: Column<RouteRow>[] = [
    { title: 'SERVER', cell: ({ server }) => server, min: 8 },
    { title: 'PROTO', cell: ({ group }) => requestProtocolName(group.protocol) },
    { title: 'METHOD', cell: ({ group }) => group.method },
    { title: 'ROUTE', cell: ({ group }) => group.route, min: 16 },
    { title: 'REQ/S', cell: ({ signals }) => formatRate(signals.requestsPerSecond), align: 'right' },
    {
      title: 'ERR',
      cell: ({ signals }) => formatShare(signals.errorShare),
      align: 'right',
      colour: ({ signals }) => (signals.errors > 0 ? 'red' : undefined),
    },
    { title: '4XX', cell: ({ signals }) => formatCount(signals.clientErrors), align: 'right' },
    { title: 'P50', cell: ({ signals }) => time(signals.p50Ns), align: 'right' },
    { title: 'P95', cell: ({ signals }) => time(signals.p95Ns), align: 'right' },
    { title: 'P99', cell: ({ signals }) => time(signals.p99Ns), align: 'right' },
  ]
  if (wide)
    columns.push(
      { title: 'P90', cell: ({ signals }) => time(signals.p90Ns), align: 'right' },
      { title: 'MAX', cell: ({ signals }) => time(signals.maxNs), align: 'right' },
      { title: 'REQUESTS', cell: ({ signals }) => formatCount(signals.requests), align: 'right' },
      { title: 'ABORTED', cell: ({ signals }) => formatCount(signals.aborted), align: 'right' },
      { title: 'RECEIVED', cell: ({ signals }) => bytes(signals, signals.requestBytes), align: 'right' },
      { title: 'SENT', cell: ({ signals }) => bytes(signals, signals.responseBytes), align: 'right' },
    )
  return columns
}

function time(ns: number): string {
  return ns > 0 ? formatDurationNs(ns) : ''
}

function bytes({ bytesUnknown }: RequestSignals, count: number): string {
  return bytesUnknown && count === 0 ? '?' : formatBytes(count)
}

/** `3 connections storefront → 10.0.0.7:443 not read: tls shop.example` */
function opaqueText(opaque: OpaqueGroup, nodes: ReadonlyMap<string, Node>): string {
  const { client, server, serverPort, label, name, connections, requests } = opaque
  const count = `${formatCount(connections)} ${connections === 1 ? 'connection' : 'connections'}`
  const path = `${nodeText(nodes.get(client), client)} → ${nodeText(nodes.get(server), server, serverPort)}`
  const known = requests > 0 ? `, with ${formatCount(requests)} requests` : ''
  return `${count} ${path} not read as requests: ${label}${name === '' ? '' : ` ${name}`}${known}`
}
