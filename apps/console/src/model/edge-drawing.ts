import { changedWords, type Change } from './change.ts'
import { placeLabels, type LabelWish } from './edge-labels.ts'
import { edgePath } from './edge-path.ts'
import { describeEdge, HEALTHS, type MapEdge, type MapGraph } from './map-graph.ts'
import type { Point, Positions } from './placement.ts'
import { signalsLabel } from './request-signals.ts'

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
  /** Undefined while nothing is compared. */
  readonly change: Change | undefined
}

/**
 * The edges between nodes that have a place, those in trouble last and so over the rest. While maps are compared, those
 * that have changed are last, and labels tell the change.
 */
export function drawEdges(
  graph: MapGraph,
  places: Positions,
  changes?: ReadonlyMap<string, Change>,
): readonly DrawnEdge[] {
  const signed = ({ id, health }: MapEdge) => (changes?.get(id)?.kind ?? health) !== (changes ? 'same' : 'ok')
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
      return [{ edge, curve, head, spots, text: labelText(group, slot, changes) }]
    }),
  )
  drawn.sort(
    (a, b) =>
      Number(signed(a.edge)) - Number(signed(b.edge)) ||
      HEALTHS.indexOf(a.edge.health) - HEALTHS.indexOf(b.edge.health),
  )
  const signs = drawn.flatMap(({ edge, spots }) => (signed(edge) ? spots.slice(0, 1) : []))
  // With so many the search would find no room anyway.
  const labels = placeLabels(
    drawn.length > LABELS_MAX ? [] : drawn.flatMap((one) => labelWish(one, signed(one.edge))),
    shown,
    signs,
  )
  return drawn.map(({ edge, curve, head, spots, text }) => {
    const place = labels.get(edge.id)
    return {
      edge,
      curve,
      head,
      middle: spots[0] ?? { x: 0, y: 0 },
      words: changedWords(describeEdge(edge, graph), changes?.get(edge.id)),
      change: changes?.get(edge.id),
      label: place && !place.crowded ? { x: place.x, y: place.y, text } : undefined,
    }
  })
}

/** One edge's rate; of many between the same nodes, their number at one of them. Empty: none of its own. */
function labelText(
  group: readonly MapEdge[],
  slot: number,
  changes: ReadonlyMap<string, Change> | undefined,
): string {
  if (group.length <= LABELS_PER_PAIR_MAX) return edgeText(group[slot]!, changes?.get(group[slot]!.id))
  const isLoop = group[0]!.client === group[0]!.server
  // Over the middle of the loops, or over the uppermost of the lines.
  if (slot !== (isLoop ? Math.floor(group.length / 2) : 0)) return ''
  // No more than fits between two columns.
  return `${group.length} edges`
}

/** What its requests did, or its rate where none is known; while maps are compared, its change, and nothing where there is none. */
export function edgeText(edge: MapEdge, change: Change | undefined): string {
  if (!change) return edge.signals ? signalsLabel(edge.signals) : edge.rate
  return change.kind === 'same' ? '' : change.words
}

interface LabelledEdge {
  readonly edge: MapEdge
  readonly spots: readonly Point[]
  readonly text: string
}

function labelWish({ edge, spots, text }: LabelledEdge, signed: boolean): LabelWish[] {
  if (text === '') return []
  const above = spots.map(({ x, y }) => ({ x, y: y - 4 - edge.width / 2 }))
  const aside = spots.slice(0, 1).map(({ x, y }) => ({ x, y: y - 10 }))
  return [{ id: edge.id, text, spots: signed ? [...aside, ...above.slice(1)] : above }]
}
