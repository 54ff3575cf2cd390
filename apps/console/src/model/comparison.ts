import { changeOf, CHANGE_KINDS, CHANGE_WORDS, type Change, type Load } from './change.ts'
import type { MapEdge, MapGraph } from './map-graph.ts'

/** The map of A set against that of B. */
export interface Comparison {
  readonly a: MapGraph
  readonly b: MapGraph
  /** Everything of A, and what only B has. */
  readonly graph: MapGraph
  readonly edges: ReadonlyMap<string, Change>
  readonly nodes: ReadonlyMap<string, Change>
}

export function compareMaps(a: MapGraph, b: MapGraph): Comparison {
  const graph = joinMaps(a, b)
  const arriving = { a: Map.groupBy(a.edges, toServer), b: Map.groupBy(b.edges, toServer) }
  const leaving = { a: Map.groupBy(a.edges, toClient), b: Map.groupBy(b.edges, toClient) }
  const edges = new Map(
    graph.edges.map(({ id }) => [id, changeOf(edgeLoad(a, id), edgeLoad(b, id))] as const),
  )
  const nodes = new Map(
    graph.nodes.map(({ id }) => {
      // A node is what is asked of it; one that is asked nothing is what it asks.
      const sides = arriving.a.has(id) || arriving.b.has(id) ? arriving : leaving
      const load = (of: MapGraph, side: 'a' | 'b') =>
        of.nodeById.has(id) ? loadOf(sides[side].get(id) ?? [], of.seconds) : undefined
      return [id, changeOf(load(a, 'a'), load(b, 'b'))] as const
    }),
  )
  return { a, b, graph, edges, nodes }
}

const toServer = ({ server }: MapEdge) => server
const toClient = ({ client }: MapEdge) => client

function joinMaps(a: MapGraph, b: MapGraph): MapGraph {
  const nodes = join(a.nodes, b.nodes, a.nodeById)
  const edges = join(a.edges, b.edges, a.edgeById)
  return {
    nodes,
    edges,
    nodeById: new Map(nodes.map((node) => [node.id, node])),
    edgeById: new Map(edges.map((edge) => [edge.id, edge])),
    seconds: a.seconds,
  }
}

function join<T extends { readonly id: string }>(
  a: readonly T[],
  b: readonly T[],
  inA: ReadonlyMap<string, T>,
): readonly T[] {
  return [...a, ...b.filter(({ id }) => !inA.has(id))].sort((x, y) => (x.id < y.id ? -1 : 1))
}

function edgeLoad(graph: MapGraph, id: string): Load | undefined {
  const edge = graph.edgeById.get(id)
  return edge && loadOf([edge], graph.seconds)
}

function loadOf(edges: readonly MapEdge[], seconds: number): Load {
  let [bytes, messages, opened, errors, counted] = [0, 0, 0, 0, false]
  for (const { source, bytesPerSecond, signals } of edges) {
    const { totals } = source
    if (!totals) continue
    counted ||= bytesPerSecond !== undefined
    bytes += totals.bytesToServer + totals.bytesToClient
    messages += totals.messagesToServer + totals.messagesToClient
    opened += totals.opened
    errors += totals.failed + totals.reset + (signals?.errors ?? 0)
  }
  return { bytes: counted ? bytes : undefined, messages, opened, errors, seconds }
}

/** `1 new, 2 with more errors`: how many edges have changed, and how. */
export function describeComparison({ edges }: Comparison): string {
  const kinds = Map.groupBy(edges.values(), ({ kind }) => kind)
  const parts = CHANGE_KINDS.flatMap((kind) => {
    const count = kind === 'same' ? 0 : (kinds.get(kind)?.length ?? 0)
    return count === 0
      ? []
      : [`${count} ${kind === 'new' || kind === 'gone' ? '' : 'with '}${CHANGE_WORDS[kind]}`]
  })
  return parts.join(', ') || CHANGE_WORDS.same
}
