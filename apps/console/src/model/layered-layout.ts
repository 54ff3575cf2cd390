import { Graph, layout } from '@dagrejs/dagre'
import {
  COLUMN_GAP,
  NODE_HEIGHT,
  NODE_WIDTH,
  ROW_GAP,
  type Outline,
  type Point,
  type Positions,
} from './placement.ts'

const COLUMN = NODE_WIDTH + COLUMN_GAP
const ROW = NODE_HEIGHT + ROW_GAP
/** A column of fewer is never split. */
const ROWS_MIN = 10
/** The picture is to be about this much wider than high. */
const ASPECT = 1.9

/** Left to right by rank (dagre, after Sugiyama), with tall columns folded. The same outline gives the same places. */
export function layeredLayout(outline: Outline): Positions {
  const graph = new Graph({ multigraph: false })
  graph.setGraph({
    rankdir: 'LR',
    nodesep: ROW_GAP,
    ranksep: COLUMN_GAP,
    ranker: 'tight-tree',
    acyclicer: 'greedy',
  })
  graph.setDefaultEdgeLabel(() => ({}))
  const linked = new Set(outline.links.filter(([from, to]) => from !== to).flat())
  const nodes = [...outline.nodes].sort()
  for (const id of nodes) if (linked.has(id)) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT })
  for (const [from, to] of [...outline.links].sort((a, b) =>
    `${a[0]}\n${a[1]}` < `${b[0]}\n${b[1]}` ? -1 : 1,
  ))
    if (from !== to && graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to)
  layout(graph)
  const points = new Map<string, Point>()
  for (const id of graph.nodes()) {
    const { x, y } = graph.node(id) as Point
    points.set(id, { x, y })
  }
  return withLoners(
    foldColumns(points),
    nodes.filter((id) => !linked.has(id)),
  )
}

/** Splits columns that are too tall into several side by side, in their order from above. */
function foldColumns(points: ReadonlyMap<string, Point>): Map<string, Point> {
  const columns = new Map<number, string[]>()
  for (const [id, { x }] of points) {
    const key = Math.round(x)
    columns.set(key, [...(columns.get(key) ?? []), id])
  }
  const rowsMax = Math.max(ROWS_MIN, Math.ceil(Math.sqrt((points.size * COLUMN) / (ROW * ASPECT))))
  const folded = new Map<string, Point>()
  let column = 0
  for (const [, ids] of [...columns].sort(([a], [b]) => a - b)) {
    const ordered = ids.sort((a, b) => points.get(a)!.y - points.get(b)!.y || (a < b ? -1 : 1))
    const parts = Math.ceil(ordered.length / rowsMax)
    const rows = Math.ceil(ordered.length / parts)
    for (const [i, id] of ordered.entries()) {
      const x = (column + Math.floor(i / rows)) * COLUMN
      folded.set(id, { x, y: parts === 1 ? Math.round(points.get(id)!.y) : (i % rows) * ROW })
    }
    column += parts
  }
  return alignTops(folded)
}

function alignTops(points: ReadonlyMap<string, Point>): Map<string, Point> {
  const top = Math.min(...[...points.values()].map(({ y }) => y))
  return new Map([...points].map(([id, { x, y }]) => [id, { x, y: y - top }]))
}

/** Nodes that talk to none but themselves stand in rows below the rest. */
function withLoners(points: Map<string, Point>, loners: readonly string[]): Positions {
  const bottom = Math.max(-ROW, ...[...points.values()].map(({ y }) => y)) + ROW * (points.size > 0 ? 1.5 : 1)
  const columns = Math.max(4, 1 + Math.round(Math.max(0, ...[...points.values()].map(({ x }) => x)) / COLUMN))
  for (const [i, id] of loners.entries())
    points.set(id, { x: (i % columns) * COLUMN, y: bottom + Math.floor(i / columns) * ROW })
  return points
}
