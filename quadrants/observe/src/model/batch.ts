import type { Batch, EdgeDelta, Process, Protocol, RequestBatch } from '@quadrant/proto'
import { EDGE_SUMS, EdgeSum, EdgeTrait, type EdgeTable } from './edge-table.ts'
import { EndpointList } from './endpoint-list.ts'
import type { FlowRows } from './flow-rows.ts'
import type { Tally } from './tally.ts'

/** Names processes in a batch. */
export interface ProcessTeller {
  /** The key of a process; what is new of it is told with the batch. */
  refer(id: number): string | undefined
  /** Processes to tell, since the last call. */
  takeNews(): Process[]
}

/** Tells what it has of the window, by ends of its batch; undefined where that is nothing. */
export type RequestTeller = (ends: EndpointList) => RequestBatch | undefined

/** Makes one batch of what the tables hold, and begins their next window. */
export function takeBatch(
  tables: {
    readonly edges: EdgeTable
    readonly rows: FlowRows
    readonly processes: ProcessTeller
    readonly tally: Tally
  },
  startNs: number,
  endNs: number,
  takeRequests?: RequestTeller,
): Batch {
  const ends = new EndpointList(tables.edges, tables.processes, tables.rows)
  const deltas = takeEdges(tables.edges, ends)
  const requests = takeRequests?.(ends)
  tables.edges.nextWindow()
  const processKeys = Array.from(tables.rows.processIds(), (id) => tables.processes.refer(id) ?? '')
  const { flows, addresses } = tables.rows.take()
  const processes = tables.processes.takeNews()
  const { drops, stages } = tables.tally.take()
  return {
    $typeName: 'quadrant.v1.Batch',
    startNs,
    endNs,
    processes,
    endpoints: ends.endpoints,
    edges: deltas,
    processKeys,
    addresses,
    flows,
    drops,
    stages,
    hostNames: [],
    ...(requests && { requests }),
  }
}

function takeEdges(edges: EdgeTable, ends: EndpointList): EdgeDelta[] {
  const deltas: EdgeDelta[] = []
  for (let edge = 0; edge < edges.highWater; edge++) {
    if (!edges.isUsed(edge) || (edges.touched[edge] === 0 && edges.active[edge] === 0)) continue
    deltas.push(deltaOf(edges, edge, ends.indexOf(edges.client[edge]!), ends.indexOf(edges.server[edge]!)))
  }
  return deltas
}

function deltaOf(edges: EdgeTable, edge: number, client: number, server: number): EdgeDelta {
  const { sums } = edges
  const at = edge * EDGE_SUMS
  const traits = edges.traits[edge]!
  return {
    $typeName: 'quadrant.v1.EdgeDelta',
    client,
    server,
    protocol: (edges.port[edge]! >>> 16) as Protocol,
    serverPort: edges.port[edge]! & 0xffff,
    opened: sums[at + EdgeSum.opened]!,
    closed: sums[at + EdgeSum.closed]!,
    failed: sums[at + EdgeSum.failed]!,
    reset: sums[at + EdgeSum.reset]!,
    bytesToServer: sums[at + EdgeSum.bytesToServer]!,
    bytesToClient: sums[at + EdgeSum.bytesToClient]!,
    segmentsToServer: sums[at + EdgeSum.segmentsToServer]!,
    segmentsToClient: sums[at + EdgeSum.segmentsToClient]!,
    retransmits: sums[at + EdgeSum.retransmits]!,
    messagesToServer: sums[at + EdgeSum.messagesToServer]!,
    messagesToClient: sums[at + EdgeSum.messagesToClient]!,
    active: edges.active[edge]!,
    srttUsSum: sums[at + EdgeSum.srttUsSum]!,
    srttSamples: sums[at + EdgeSum.srttSamples]!,
    srttUsMax: sums[at + EdgeSum.srttUsMax]!,
    connectUsSum: sums[at + EdgeSum.connectUsSum]!,
    connectSamples: sums[at + EdgeSum.connectSamples]!,
    connectUsMax: sums[at + EdgeSum.connectUsMax]!,
    clientObserved: (traits & EdgeTrait.clientObserved) !== 0,
    serverObserved: (traits & EdgeTrait.serverObserved) !== 0,
    bytesUnknown: (traits & EdgeTrait.bytesUnknown) !== 0,
    lastErrno: sums[at + EdgeSum.lastErrno]!,
  }
}
