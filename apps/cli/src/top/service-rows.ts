import { formatCount, formatDurationUs, formatRate } from '@quadrant/core'
import type { GetMapResponse, RequestSignals } from '@quadrant/proto'
import type { Column } from '../output/table.ts'
import { meanRttUs } from './edge-rows.ts'
import { nodeText } from './node-text.ts'
import { signalColumns, type ShownSignals } from './signal-columns.ts'
import type { SortKeys } from './top-text.ts'

type ServedRequests = { -readonly [Key in keyof ShownSignals]: ShownSignals[Key] }

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
  /** Of these, failed and reset. */
  readonly broken: number
  readonly seconds: number
  /** Requests that it served; undefined where none was seen. */
  readonly served: ServedRequests | undefined
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
    let broken = 0
    let rtt = 0
    const served: ServedRequests = {
      requestsPerSecond: 0,
      requests: 0,
      errors: 0,
      errorShare: 0,
      p50Ns: 0,
      p95Ns: 0,
      p99Ns: 0,
    }
    for (const edge of map.edges) {
      const { totals } = edge
      const serves = edge.server === node.id
      const calls = edge.client === node.id
      if (!totals || (!serves && !calls)) continue
      if (serves) {
        bytesIn += totals.bytesToServer
        bytesOut += totals.bytesToClient
        accepted += totals.opened
        if (edge.requests) addServed(served, edge.requests)
      }
      if (calls) {
        bytesOut += totals.bytesToServer
        bytesIn += totals.bytesToClient
        opened += totals.opened
      }
      active += totals.active
      broken += totals.failed + totals.reset
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
      broken,
      seconds,
      served: served.requests > 0 ? served : undefined,
      keys: {
        bytes: bytesIn + bytesOut,
        opened: opened + accepted,
        active,
        errors: broken + served.errors,
        rtt,
        requests: served.requests,
        p50: served.p50Ns,
        p95: served.p95Ns,
        p99: served.p99Ns,
      },
    }
  })
}

/** Quantiles of several edges can't be made of theirs: the worst of them stands for all. */
function addServed(served: ServedRequests, requests: RequestSignals): void {
  served.requestsPerSecond += requests.requestsPerSecond
  served.requests += requests.requests
  served.errors += requests.errors
  served.errorShare = served.errors / served.requests
  served.p50Ns = Math.max(served.p50Ns, requests.p50Ns)
  served.p95Ns = Math.max(served.p95Ns, requests.p95Ns)
  served.p99Ns = Math.max(served.p99Ns, requests.p99Ns)
}

/** @param withRequests some node serves requests */
export function serviceColumns(wide: boolean, withRequests: boolean): readonly Column<ServiceRow>[] {
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
      cell: (row) => formatCount(row.broken),
      align: 'right',
      colour: (row) => (row.broken > 0 ? 'red' : undefined),
    },
  ]
  if (withRequests) columns.push(...signalColumns<ServiceRow>(({ served }) => served, true))
  if (wide) columns.push({ title: 'PORTS', cell: (row) => row.ports.join(',') })
  return columns
}
