import type { MapGraph } from './map-graph.ts'
import type { Positions } from './placement.ts'

/** What the keyboard stands on. */
export type MapFocus =
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'edge'; readonly id: string }

export type WalkKey = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown' | 'Home' | 'End'

/**
 * One step through the graph: right from a node onto its first edge out and along it to the server, left against the
 * direction; up and down among the edges of one node, or the nodes of one column. Stays where there is no way.
 */
export function walkMap(
  graph: MapGraph,
  positions: Positions,
  focus: MapFocus | undefined,
  key: WalkKey,
): MapFocus | undefined {
  const order = readingOrder(graph, positions)
  const first = order[0]
  if (!first) return undefined
  if (key === 'Home') return node(first)
  if (key === 'End') return node(order.at(-1)!)
  if (focus?.kind === 'edge' && graph.edgeById.has(focus.id))
    return walkFromEdge(graph, positions, focus, key)
  if (focus?.kind !== 'node' || !graph.nodeById.has(focus.id)) return node(first)
  if (key === 'ArrowRight') {
    const [out] = edgesOf(graph, positions, 'client', focus.id)
    return out ? { kind: 'edge', id: out } : focus
  }
  if (key === 'ArrowLeft') {
    const [into] = edgesOf(graph, positions, 'server', focus.id)
    return into ? { kind: 'edge', id: into } : focus
  }
  const column = order.filter((id) => Math.abs(positions.get(id)!.x - positions.get(focus.id)!.x) < 1)
  const next = column[column.indexOf(focus.id) + (key === 'ArrowDown' ? 1 : -1)]
  if (next) return node(next)
  // At a column's end on to the next one, so that each node is reached by one key.
  const beyond = order[order.indexOf(focus.id) + (key === 'ArrowDown' ? 1 : -1)]
  return beyond ? node(beyond) : focus
}

function walkFromEdge(graph: MapGraph, positions: Positions, focus: MapFocus, key: WalkKey): MapFocus {
  const edge = graph.edgeById.get(focus.id)!
  if (key === 'ArrowRight') return node(edge.server)
  if (key === 'ArrowLeft') return node(edge.client)
  const siblings = edgesOf(graph, positions, 'client', edge.client)
  const among = siblings.length > 1 ? siblings : edgesOf(graph, positions, 'server', edge.server)
  const next = among[among.indexOf(edge.id) + (key === 'ArrowDown' ? 1 : -1)]
  return next ? { kind: 'edge', id: next } : focus
}

/** Nodes column by column, each from above. */
export function readingOrder(graph: MapGraph, positions: Positions): string[] {
  return graph.nodes
    .map(({ id }) => id)
    .filter((id) => positions.has(id))
    .sort((a, b) => {
      const [p, q] = [positions.get(a)!, positions.get(b)!]
      return p.x - q.x || p.y - q.y
    })
}

/** Edges of one node, in the order in which their other ends stand from above. */
function edgesOf(graph: MapGraph, positions: Positions, side: 'client' | 'server', id: string): string[] {
  const other = side === 'client' ? 'server' : 'client'
  return graph.edges
    .filter((edge) => edge[side] === id && positions.has(edge[other]))
    .sort((a, b) => positions.get(a[other])!.y - positions.get(b[other])!.y || (a.id < b.id ? -1 : 1))
    .map((edge) => edge.id)
}

function node(id: string): MapFocus {
  return { kind: 'node', id }
}
