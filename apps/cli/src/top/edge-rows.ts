import { formatCount, formatDurationUs, formatRate } from '@quadrant/core'
import { protocolName, type Edge, type GetMapResponse } from '@quadrant/proto'
import { nodeText } from './node-text.ts'
import type { Colour } from '../output/paint.ts'
import type { Column } from '../output/table.ts'
import { signalColumns } from './signal-columns.ts'
import type { SortKeys } from './top-text.ts'

export interface EdgeRow {
  readonly name: string
  readonly client: string
  readonly server: string
  readonly edge: Edge
  /** Seconds that the sums are divided by. */
  readonly seconds: number
  readonly keys: SortKeys
}

export function edgeRows(map: GetMapResponse, seconds: number): EdgeRow[] {
  const nodes = new Map(map.nodes.map((node) => [node.id, node]))
  return map.edges.map((edge) => {
    const { totals } = edge
    const client = nodeText(nodes.get(edge.client), edge.client)
    const server = nodeText(nodes.get(edge.server), edge.server)
    return {
      name: `${client} ${server} ${edge.serverPort}`,
      client,
      server: nodeText(nodes.get(edge.server), edge.server, edge.serverPort),
      edge,
      seconds,
      keys: {
        bytes: (totals?.bytesToServer ?? 0) + (totals?.bytesToClient ?? 0),
        opened: totals?.opened ?? 0,
        active: totals?.active ?? 0,
        errors: (totals?.failed ?? 0) + (totals?.reset ?? 0) + (edge.requests?.errors ?? 0),
        rtt: meanRttUs(edge),
        requests: edge.requests?.requests ?? 0,
        p50: edge.requests?.p50Ns ?? 0,
        p95: edge.requests?.p95Ns ?? 0,
        p99: edge.requests?.p99Ns ?? 0,
      },
    }
  })
}

export function meanRttUs(edge: Edge): number {
  const { totals } = edge
  return totals && totals.srttSamples > 0 ? totals.srttUsSum / totals.srttSamples : 0
}

const HEALTH_COLOURS: Readonly<Record<string, Colour>> = {
  retransmits: 'yellow',
  resets: 'yellow',
  failures: 'red',
}

/** @param withRequests some edge has requests */
export function edgeColumns(wide: boolean, withRequests: boolean): readonly Column<EdgeRow>[] {
  const columns: Column<EdgeRow>[] = [
    { title: 'CLIENT', cell: (row) => row.client, min: 8 },
    { title: 'SERVER', cell: (row) => row.server, min: 10 },
    { title: 'PROTO', cell: (row) => protocolName(row.edge.protocol) },
    {
      title: 'TO SERVER',
      cell: (row) => bytesRate(row, row.edge.totals?.bytesToServer ?? 0),
      align: 'right',
    },
    {
      title: 'TO CLIENT',
      cell: (row) => bytesRate(row, row.edge.totals?.bytesToClient ?? 0),
      align: 'right',
    },
    { title: 'OPENED', cell: (row) => formatRate(row.keys.opened / row.seconds), align: 'right' },
    { title: 'ACTIVE', cell: (row) => formatCount(row.keys.active), align: 'right' },
    {
      title: 'RTT',
      cell: (row) => (row.keys.rtt === 0 ? '' : formatDurationUs(row.keys.rtt)),
      align: 'right',
    },
    { title: 'FAILED', cell: (row) => formatCount(row.edge.totals?.failed ?? 0), align: 'right' },
    { title: 'RESET', cell: (row) => formatCount(row.edge.totals?.reset ?? 0), align: 'right' },
    { title: 'RETRANS', cell: (row) => formatCount(row.edge.totals?.retransmits ?? 0), align: 'right' },
  ]
  if (withRequests) columns.push(...signalColumns<EdgeRow>(({ edge }) => edge.requests, wide))
  if (wide)
    columns.push(
      { title: 'SEGMENTS', cell: segments, align: 'right' },
      { title: 'RTT MAX', cell: (row) => us(row.edge.totals?.srttUsMax), align: 'right' },
      { title: 'CONNECT MAX', cell: (row) => us(row.edge.totals?.connectUsMax), align: 'right' },
      { title: 'ID', cell: (row) => row.edge.id },
    )
  columns.push({
    title: 'HEALTH',
    cell: (row) => row.edge.health,
    colour: (row) => HEALTH_COLOURS[row.edge.health],
  })
  return columns
}

function bytesRate(row: EdgeRow, bytes: number): string {
  return row.edge.totals?.bytesUnknown ? '?' : formatRate(bytes / row.seconds, 'B')
}

function segments({ edge: { totals } }: EdgeRow): string {
  return `${formatCount(totals?.segmentsToServer ?? 0)}/${formatCount(totals?.segmentsToClient ?? 0)}`
}

function us(value: number | undefined): string {
  return value ? formatDurationUs(value) : ''
}
