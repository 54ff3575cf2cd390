import { computed, effect, signal } from '@preact/signals'
import type { MapGraph } from '../model/map-graph.ts'
import type { KnownValues } from '../model/query-suggest.ts'
import { flows, graph } from './live-data.ts'
import { view } from './view.ts'

const FLOWS_READ_MAX = 500

/** The map as it last was without a filter: what a filter hides can still be asked for. */
const unfiltered = signal<MapGraph | undefined>(undefined)

export function startKnownValues() {
  effect(() => {
    if (graph.value && view.value.query === '') unfiltered.value = graph.value
  })
}

/** What captured requests have: told by who shows them, for their script comes only then. */
export const capturedValues = signal<KnownValues>({})

/** What filters have: told by their page. */
export const filterValues = signal<KnownValues>({})

const REQUEST_VALUES: KnownValues = {
  proto: ['http1', 'http2', 'grpc'],
  method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
  status: ['errors', 'client-errors', 'ok', '5xx', '4xx', '2xx', 'none'],
  outcome: ['answered', 'aborted', 'upgraded'],
  duration: ['>10', '>100', '>1000'],
}

/** Values that the filter may suggest: what is on the page now. */
export const knownValues = computed<KnownValues>(() => {
  if (view.value.page === 'filters') return filterValues.value
  const map = unfiltered.value ?? graph.value
  const name = (id: string) => {
    const node = map?.nodeById.get(id)
    return node && node.kind !== 'host' && node.kind !== 'other' ? node.label : id
  }
  const onRequests = view.value.page === 'flows' && view.value.rows === 'requests'
  const onFlows = view.value.page === 'flows' && !onRequests
  const rows = onFlows ? flows.value.rows.slice(0, FLOWS_READ_MAX) : []
  const from = unique([
    ...(map?.edges.map((edge) => name(edge.client)) ?? []),
    ...rows.map((row) => row.from.name),
  ])
  const to = unique([
    ...(map?.edges.map((edge) => name(edge.server)) ?? []),
    ...rows.map((row) => row.to.name),
  ])
  return {
    from,
    to,
    svc: unique([...from, ...to]),
    port: unique([
      ...(map?.edges.map((edge) => String(edge.source.serverPort)) ?? []),
      ...rows.map((row) => String(row.to.port)),
    ]),
    proto: ['tcp', 'udp'],
    status: onFlows ? ['ok', 'failed', 'reset', 'open'] : ['ok', 'retransmits', 'resets', 'failures'],
    event: ['listen', 'connect', 'accept', 'close', 'fail', 'reset', 'existing', 'send', 'receive', 'lost'],
    ip: unique(rows.flatMap((row) => [row.from.address, row.to.address])),
    pid: unique(
      rows
        .flatMap((row) => [row.from.pid, row.to.pid])
        .filter((pid) => pid > 0)
        .map(String),
    ),
    host: unique(rows.map((row) => row.source.host)),
    ...(onRequests ? { ...REQUEST_VALUES, ...capturedValues.value } : {}),
  }
})

function unique(values: readonly string[]): string[] {
  return [...new Set(values)]
    .filter((value) => value !== '')
    .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))
}
