import { formatBytes, formatCount, formatDurationUs } from '@quadrant/core'
import { comparison } from '../app/live-data.ts'
import { go, view } from '../app/view.ts'
import { CHANGE_KINDS, type Change } from '../model/change.ts'
import type { Comparison } from '../model/comparison.ts'
import { addressOf, HEALTHS, type MapEdge, type MapGraph, type MapNode } from '../model/map-graph.ts'
import { ChangeMark } from './change-mark.tsx'
import { HealthMark } from './health-mark.tsx'
import { VirtualTable, type Column } from './virtual-table.tsx'

/** The map as two tables: the same nodes and edges, the worst and largest first; while maps are compared, what has changed. */
export function MapTables({ graph }: { readonly graph: MapGraph }) {
  const selection = view.value.selection
  const compared = comparison.value
  const rank = ({ id }: { readonly id: string }) =>
    CHANGE_KINDS.indexOf((compared?.edges.get(id) ?? compared?.nodes.get(id))?.kind ?? 'same')
  const nodes = compared ? graph.nodes.toSorted((a, b) => rank(a) - rank(b)) : graph.nodes
  const edges = [...graph.edges].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      HEALTHS.indexOf(b.health) - HEALTHS.indexOf(a.health) ||
      (b.bytesPerSecond ?? 0) - (a.bytesPerSecond ?? 0) ||
      (a.id < b.id ? -1 : 1),
  )
  return (
    <div class="map-twin">
      <section>
        <h2>Nodes</h2>
        <VirtualTable
          label="Nodes"
          rows={nodes}
          columns={compared ? comparedColumns(NODE_COLUMNS, compared, compared.nodes) : NODE_COLUMNS}
          rowKey={(node) => node.id}
          selectedKey={selection}
          onSelect={(node) => go({ selection: node.id })}
          empty="No nodes in this range."
          widthMin={compared ? 920 : 720}
        />
      </section>
      <section>
        <h2>Edges</h2>
        <VirtualTable
          label="Edges"
          rows={edges}
          columns={compared ? comparedEdgeColumns(graph, compared) : edgeColumns(graph)}
          rowKey={(edge) => `edge:${edge.id}`}
          selectedKey={selection}
          onSelect={(edge) => go({ selection: `edge:${edge.id}` })}
          empty="No edges in this range."
          widthMin={compared ? 1560 : 1120}
        />
      </section>
    </div>
  )
}

const NODE_COLUMNS: readonly Column<MapNode>[] = [
  {
    id: 'name',
    title: 'Name',
    width: 'minmax(160px, 2fr)',
    cell: (node) =>
      node.source.name === '' ? (
        node.label
      ) : (
        <>
          {node.label} <span class="muted mono">{addressOf(node.id)}</span>
        </>
      ),
    hint: (node) => [node.id, ...node.source.names].join('\n'),
  },
  { id: 'kind', title: 'Kind', width: '100px', cell: (node) => node.kind },
  {
    id: 'processes',
    title: 'Processes',
    width: '90px',
    right: true,
    cell: (node) => formatCount(node.source.processCount),
  },
  {
    id: 'ports',
    title: 'Ports',
    width: 'minmax(120px, 1fr)',
    mono: true,
    cell: (node) => node.source.ports.join(', '),
    hint: (node) => node.source.ports.join(', '),
  },
  { id: 'in', title: 'Edges in', width: '80px', right: true, cell: (node) => node.inCount },
  { id: 'out', title: 'Edges out', width: '80px', right: true, cell: (node) => node.outCount },
  {
    id: 'health',
    title: 'State',
    width: '140px',
    cell: (node) =>
      node.inCount > 0 ? <HealthMark health={node.health} /> : <span class="muted">calls only</span>,
  },
]

function edgeColumns(graph: MapGraph): readonly Column<MapEdge>[] {
  const name = (id: string) => graph.nodeById.get(id)?.label ?? id
  const perSecond = (edge: MapEdge, bytes: number | undefined) =>
    edge.bytesPerSecond === undefined ? '–' : `${formatBytes((bytes ?? 0) / graph.seconds)}/s`
  const totals = (edge: MapEdge) => edge.source.totals
  return [
    {
      id: 'from',
      title: 'From',
      width: 'minmax(140px, 2fr)',
      cell: (edge) => name(edge.client),
      hint: (edge) => edge.client,
    },
    {
      id: 'to',
      title: 'To',
      width: 'minmax(140px, 2fr)',
      cell: (edge) => name(edge.server),
      hint: (edge) => edge.server,
    },
    { id: 'port', title: 'Port', width: '92px', mono: true, cell: (edge) => edge.port },
    {
      id: 'toServer',
      title: 'To server',
      width: '100px',
      right: true,
      cell: (edge) => perSecond(edge, totals(edge)?.bytesToServer),
    },
    {
      id: 'toClient',
      title: 'To client',
      width: '100px',
      right: true,
      cell: (edge) => perSecond(edge, totals(edge)?.bytesToClient),
    },
    {
      id: 'opened',
      title: 'Opened/s',
      width: '80px',
      right: true,
      cell: (edge) => formatCount(edge.openedPerSecond),
    },
    {
      id: 'active',
      title: 'Open',
      width: '70px',
      right: true,
      cell: (edge) => formatCount(totals(edge)?.active ?? 0),
    },
    {
      id: 'failed',
      title: 'Failed',
      width: '70px',
      right: true,
      cell: (edge) => formatCount(totals(edge)?.failed ?? 0),
    },
    {
      id: 'reset',
      title: 'Reset',
      width: '70px',
      right: true,
      cell: (edge) => formatCount(totals(edge)?.reset ?? 0),
    },
    {
      id: 'retransmits',
      title: 'Resent',
      width: '70px',
      right: true,
      cell: (edge) => formatCount(totals(edge)?.retransmits ?? 0),
    },
    {
      id: 'rtt',
      title: 'Round trip',
      width: '90px',
      right: true,
      cell: (edge) => {
        const { srttUsSum = 0, srttSamples = 0 } = totals(edge) ?? {}
        return srttSamples > 0 ? formatDurationUs(srttUsSum / srttSamples) : '–'
      },
    },
    { id: 'health', title: 'State', width: '140px', cell: (edge) => <HealthMark health={edge.health} /> },
  ]
}

/** What only B has shows no numbers as if they were A's. */
const NAMING: ReadonlySet<string> = new Set(['name', 'kind', 'from', 'to', 'port'])

/** The change after the names, and the columns of A without what is gone. */
function comparedColumns<T extends { readonly id: string }>(
  columns: readonly Column<T>[],
  { a }: Comparison,
  changes: ReadonlyMap<string, Change>,
): readonly Column<T>[] {
  const inA = ({ id }: T) => a.nodeById.has(id) || a.edgeById.has(id)
  const names = columns.filter(({ id }) => NAMING.has(id))
  const ofA = (column: Column<T>): Column<T> => ({
    ...column,
    cell: (row) => (inA(row) ? column.cell(row) : '–'),
  })
  const numbers = columns.filter(({ id }) => !NAMING.has(id)).map(ofA)
  return [
    ...names,
    {
      id: 'change',
      title: 'Change',
      width: '200px',
      cell: ({ id }) => <ChangeMark change={changes.get(id)} />,
    },
    ...numbers,
  ]
}

function comparedEdgeColumns(graph: MapGraph, compared: Comparison): readonly Column<MapEdge>[] {
  const { a, b } = compared
  const errors = (of: MapGraph, { id }: MapEdge) => {
    const totals = of.edgeById.get(id)?.source.totals
    return ((totals?.failed ?? 0) + (totals?.reset ?? 0)) / of.seconds
  }
  const columns = comparedColumns(edgeColumns(graph), compared, compared.edges)
  const after = columns.findIndex(({ id }) => id === 'change') + 1
  return columns.toSpliced(
    after,
    0,
    {
      id: 'rateB',
      title: 'Rate in B',
      width: '120px',
      right: true,
      cell: ({ id }) => b.edgeById.get(id)?.rate ?? '–',
    },
    {
      id: 'errorsDelta',
      title: 'Errors ±',
      width: '90px',
      right: true,
      cell: (edge) => {
        const delta = errors(a, edge) - errors(b, edge)
        return delta === 0 ? '0' : `${delta > 0 ? '+' : '−'}${formatCount(Math.abs(delta))}/s`
      },
    },
  )
}
