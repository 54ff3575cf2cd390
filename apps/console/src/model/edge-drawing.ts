import { placeLabels, type LabelWish } from './edge-labels.ts'
import { edgePath } from './edge-path.ts'
import { describeEdge, HEALTHS, type MapEdge, type MapGraph } from './map-graph.ts'
import type { Point, Positions } from './placement.ts'

/** With more edges than this labels are shown for the one that is pointed at. */
const LABELS_MAX = 80
/** Between two nodes more edges than this have one label together. */
const LABELS_PER_PAIR_MAX = 3

export interface DrawnEdge {
  readonly edge: MapEdge
  readonly curve: string
  readonly head: string
  /** Where its sign stands, and its label while it is pointed at. */
  readonly middle: Point
  /** Undefined where there is no room for one. */
  readonly label: (Point & { readonly text: string }) | undefined
  readonly words: string
}

/** The edges between nodes that have a place, those in trouble last and so over the rest. */
export function drawEdges(graph: MapGraph, places: Positions): readonly DrawnEdge[] {
  const shown = graph.nodes.flatMap(({ id }) => places.get(id) ?? [])
  const pairs = Map.groupBy(graph.edges, ({ client, server }) =>
    client < server ? `${client}\n${server}` : `${server}\n${client}`,
  )
  const drawn = [...pairs.values()].flatMap((group) =>
    group.flatMap((edge, slot) => {
      const client = places.get(edge.client)
      const server = places.get(edge.server)
      if (!client || !server) return []
      const { curve, head, spots } = edgePath(client, server, { slot, slots: group.length }, shown)
      return [{ edge, curve, head, spots, text: labelText(group, slot) }]
    }),
  )
  drawn.sort((a, b) => HEALTHS.indexOf(a.edge.health) - HEALTHS.indexOf(b.edge.health))
  const signs = drawn.flatMap(({ edge, spots }) => (edge.health === 'ok' ? [] : spots.slice(0, 1)))
  // With so many the search would find no room anyway.
  const labels = placeLabels(drawn.length > LABELS_MAX ? [] : drawn.flatMap(labelWish), shown, signs)
  return drawn.map(({ edge, curve, head, spots, text }) => {
    const place = labels.get(edge.id)
    return {
      edge,
      curve,
      head,
      middle: spots[0] ?? { x: 0, y: 0 },
      words: describeEdge(edge, graph),
      label: place && !place.crowded ? { x: place.x, y: place.y, text } : undefined,
    }
  })
}

/** One edge's rate; of many between the same nodes, their number at one of them. Empty: none of its own. */
function labelText(group: readonly MapEdge[], slot: number): string {
  if (group.length <= LABELS_PER_PAIR_MAX) return group[slot]!.rate
  const isLoop = group[0]!.client === group[0]!.server
  // Over the middle of the loops, or over the uppermost of the lines.
  if (slot !== (isLoop ? Math.floor(group.length / 2) : 0)) return ''
  // No more than fits between two columns.
  return `${group.length} edges`
}

function labelWish({
  edge,
  spots,
  text,
}: {
  readonly edge: MapEdge
  readonly spots: readonly Point[]
  readonly text: string
}): LabelWish[] {
  if (text === '') return []
  const above = spots.map(({ x, y }) => ({ x, y: y - 4 - edge.width / 2 }))
  const aside = spots.slice(0, 1).map(({ x, y }) => ({ x, y: y - 10 }))
  return [{ id: edge.id, text, spots: edge.health === 'ok' ? above : [...aside, ...above.slice(1)] }]
}
