import { formatCount, formatDurationUs, formatRate } from '@quadrant/core'
import type { GetMapResponse } from '@quadrant/proto'
import type { Column } from '../output/table.ts'
import { meanRttUs } from './edge-rows.ts'
import { nodeText } from './node-text.ts'
import type { SortKeys } from './top-text.ts'

export interface ServiceRow {
  readonly name: string
  readonly kind: string
  readonly processes: number
  readonly ports: readonly number[]
  readonly bytesIn: number
  readonly bytesOut: number
  /** Connections that it accepted and opened in the window. */
  readonly accepted: number
  readonly opened: number
  readonly seconds: number
  readonly keys: SortKeys
}

/** One row a node: what came to it and what it sent, over all its edges. */
export function serviceRows(map: GetMapResponse, seconds: number): ServiceRow[] {
  return map.nodes.map((node) => {
    let bytesIn = 0
    let bytesOut = 0
    let accepted = 0
    let opened = 0
    let active = 0
    let errors = 0
    let rtt = 0
    for (const edge of map.edges) {
      const { totals } = edge
      const serves = edge.server === node.id
      const calls = edge.client === node.id
      if (!totals || (!serves && !calls)) continue
      if (serves) {
        bytesIn += totals.bytesToServer
        bytesOut += totals.bytesToClient
        accepted += totals.opened
      }
      if (calls) {
        bytesOut += totals.bytesToServer
        bytesIn += totals.bytesToClient
        opened += totals.opened
      }
      active += totals.active
      errors += totals.failed + totals.reset
      rtt = Math.max(rtt, meanRttUs(edge))
    }
    return {
      name: nodeText(node, node.id),
      kind: node.kind,
      processes: node.processCount,
      ports: node.ports,
      bytesIn,
      bytesOut,
      accepted,
      opened,
      seconds,
      keys: { bytes: bytesIn + bytesOut, opened: opened + accepted, active, errors, rtt },
    }
  })
}

export function serviceColumns(wide: boolean): readonly Column<ServiceRow>[] {
  const columns: Column<ServiceRow>[] = [
    { title: 'SERVICE', cell: (row) => row.name, min: 10 },
    { title: 'KIND', cell: (row) => row.kind },
    { title: 'PROCS', cell: (row) => (row.processes === 0 ? '' : String(row.processes)), align: 'right' },
    { title: 'IN', cell: (row) => formatRate(row.bytesIn / row.seconds, 'B'), align: 'right' },
    { title: 'OUT', cell: (row) => formatRate(row.bytesOut / row.seconds, 'B'), align: 'right' },
    { title: 'ACCEPTED', cell: (row) => formatRate(row.accepted / row.seconds), align: 'right' },
    { title: 'OPENED', cell: (row) => formatRate(row.opened / row.seconds), align: 'right' },
    { title: 'ACTIVE', cell: (row) => formatCount(row.keys.active), align: 'right' },
    {
      title: 'RTT MAX',
      cell: (row) => (row.keys.rtt === 0 ? '' : formatDurationUs(row.keys.rtt)),
      align: 'right',
    },
    {
      title: 'ERRORS',
      cell: (row) => formatCount(row.keys.errors),
      align: 'right',
      colour: (row) => (row.keys.errors > 0 ? 'red' : undefined),
    },
  ]
  if (wide) columns.push({ title: 'PORTS', cell: (row) => row.ports.join(',') })
  return columns
}
