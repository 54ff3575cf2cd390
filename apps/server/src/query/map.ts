import { create } from '@bufbuild/protobuf'
import { matchFieldQuery, type FieldQuery } from '@quadrant/core'
import {
  EdgeDeltaSchema,
  EdgeSchema,
  GetMapResponseSchema,
  NodeSchema,
  protocolName,
  type Edge,
  type GetMapResponse,
  type Level,
  type Node,
} from '@quadrant/proto'
import { addTotals, emptyTotals, type Totals } from '../store/rollup.ts'
import type { SpanPlan } from '../store/span.ts'
import type { EdgeRef, EdgeSum, EndpointRef, NsRange, Store } from '../store/store.ts'
import { AddressNames } from './address-names.ts'
import { edgeEndNames, edgeName, endHost, nodeName, otherNode, type NodeName } from './node.ts'
import { healthOf, type Health } from './health.ts'

/** Addresses that are told apart around one node; the quieter ones are one `~other`, so that a map stays readable. */
const ADDRESSES_PER_NODE = 50
/** Edges of one answer, the busiest. */
const EDGES_MAX = 5000
const PROCESSES_PER_NODE = 100
const NAMES_PER_NODE = 20

/** Keys that depend on an edge's sums, so they are asked after grouping; all others before it. */
const SUM_KEYS = new Set(['status', 'bytes', 'opened', 'failed'])

/** An edge of the map with the stored edges it is made of. */
export interface MapEdge {
  readonly id: string
  readonly client: NodeName
  readonly server: NodeName
  readonly ref: EdgeRef
  readonly totals: Totals
  readonly members: EdgeRef[]
  health: Health
}

export interface MapRequest {
  readonly range: NsRange
  readonly plan: SpanPlan
  readonly level: Level
  readonly query: FieldQuery
  readonly nowNs: number
}

/** Answers GetMap. */
export async function queryMap(store: Store, request: MapRequest): Promise<GetMapResponse> {
  const { plan, range, nowNs } = request
  const [sums, drops, timeline, size] = await Promise.all([
    store.edgeSums(plan.spans),
    store.drops(plan.spans),
    Promise.all(plan.spans.map((span) => store.timeline(span))),
    store.size(),
  ])
  const names = await namesOnMap(store, sums, range.endNs)
  const edges = groupEdges(sums, request, { names }).sort((a, b) => weight(b.totals) - weight(a.totals))
  const kept = edges.slice(0, EDGES_MAX)
  const seconds = timeline.flat().reduce((sum, point) => sum + point.seconds, 0)
  return create(GetMapResponseSchema, {
    range,
    resolutionSeconds: plan.resolutionSeconds,
    edges: kept.map((edge) => edgeMessage(edge, seconds)),
    nodes: await describeNodes(store, kept),
    edgesOmitted: edges.length - kept.length,
    drops: [...drops],
    ageSeconds: size.newestSeconds === 0 ? -1 : Math.max(0, nowNs / 1e9 - size.newestSeconds - 1),
  })
}

/** Stored edges → edges of the map: filtered, named at the level, quiet addresses folded, added up. */
export function groupEdges(
  sums: readonly EdgeSum[],
  { level, query }: Pick<MapRequest, 'level' | 'query'>,
  options: {
    /** Tells every address apart. Default: false. */
    readonly unfolded?: boolean
    /** Default: addresses have no names. */
    readonly names?: AddressNames
  } = {},
): MapEdge[] {
  const { names = AddressNames.none } = options
  const byName = { terms: query.terms.filter(({ key }) => !SUM_KEYS.has(key ?? '')) }
  const bySum = { terms: query.terms.filter(({ key }) => SUM_KEYS.has(key ?? '')) }
  const matching =
    byName.terms.length === 0
      ? sums
      : sums.filter(({ edge }) => matchFieldQuery(byName, lookupName(edge, names)))
  const named = matching.map(({ edge, totals }) => ({
    edge,
    totals,
    client: nodeName(edge.client, level, names),
    server: nodeName(edge.server, level, names),
  }))
  const folded = options.unfolded ? named : foldAddresses(named)
  const edges = new Map<string, MapEdge>()
  for (const [i, { edge, totals }] of named.entries()) {
    const { client, server } = folded[i]!
    const id = edgeName(client.id, server.id, edge)
    let entry = edges.get(id)
    if (!entry) {
      entry = { id, client, server, ref: edge, totals: emptyTotals(), members: [], health: 'ok' }
      edges.set(id, entry)
    }
    addTotals(entry.totals, totals)
    entry.members.push(edge)
  }
  const result: MapEdge[] = []
  for (const edge of edges.values()) {
    edge.health = healthOf(edge.totals)
    if (bySum.terms.length === 0 || matchFieldQuery(bySum, lookupSum(edge))) result.push(edge)
  }
  return result
}

/** For each node with more addresses around it than are told apart, the quieter become `other:addresses/NODE`. */
function foldAddresses(
  named: ReadonlyArray<{ totals: Totals; client: NodeName; server: NodeName }>,
): ReadonlyArray<{ client: NodeName; server: NodeName }> {
  const around = new Map<string, Map<string, number>>()
  for (const { client, server, totals } of named) {
    const [node, address] = server.kind === 'address' ? [client, server] : [server, client]
    if (address.kind !== 'address') continue
    let weights = around.get(node.id)
    if (!weights) around.set(node.id, (weights = new Map()))
    weights.set(address.id, (weights.get(address.id) ?? 0) + weight(totals))
  }
  const others = new Map<string, { node: NodeName; folded: Set<string> }>()
  for (const [id, weights] of around) {
    if (weights.size <= ADDRESSES_PER_NODE) continue
    const quiet = [...weights].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(ADDRESSES_PER_NODE)
    others.set(id, {
      node: otherNode(`addresses/${id.slice(id.indexOf(':') + 1)}`, `${quiet.length} other addresses`),
      folded: new Set(quiet.map(([address]) => address)),
    })
  }
  if (others.size === 0) return named
  return named.map(({ client, server }) => {
    if (server.kind === 'address') {
      const other = others.get(client.id)
      return other?.folded.has(server.id) ? { client, server: other.node } : { client, server }
    }
    const other = client.kind === 'address' ? others.get(server.id) : undefined
    return other?.folded.has(client.id) ? { client: other.node, server } : { client, server }
  })
}

/** What makes an edge busy: its bytes, and its connects where nothing was sent. */
function weight(totals: Totals): number {
  return (
    totals.bytesToServer +
    totals.bytesToClient +
    totals.opened +
    totals.failed +
    totals.messagesToServer +
    totals.messagesToClient +
    totals.active
  )
}

function lookupName(
  { client, server, protocol, serverPort }: EdgeRef,
  names: AddressNames,
): (key: string) => string[] | undefined {
  return (key) => {
    switch (key) {
      case 'from':
        return edgeEndNames(client, names)
      case 'to':
        return edgeEndNames(server, names)
      case 'svc':
      case '*':
        return [...edgeEndNames(client, names), ...edgeEndNames(server, names)]
      case 'port':
        return [String(serverPort)]
      case 'proto':
        return [protocolName(protocol)]
      case 'ip':
        return [client, server].flatMap((end) => (end.kind === 'address' ? [end.address] : []))
      case 'host':
        return [client, server].flatMap((end) => endHost(end) ?? [])
      default:
        return undefined
    }
  }
}

function lookupSum({ totals, health }: MapEdge): (key: string) => string[] | undefined {
  return (key) => {
    switch (key) {
      case 'status':
        return [health]
      case 'bytes':
        return [String(totals.bytesToServer + totals.bytesToClient)]
      case 'opened':
        return [String(totals.opened)]
      case 'failed':
        return [String(totals.failed)]
      default:
        return undefined
    }
  }
}

export function edgeMessage(edge: MapEdge, seconds: number): Edge {
  return create(EdgeSchema, {
    id: edge.id,
    client: edge.client.id,
    server: edge.server.id,
    protocol: edge.ref.protocol,
    serverPort: edge.ref.serverPort,
    totals: create(EdgeDeltaSchema, edge.totals),
    seconds,
    health: edge.health,
  })
}

/** Names of all addresses among stored edges, as of a time. */
export async function namesOnMap(
  store: Store,
  sums: readonly EdgeSum[],
  untilNs: number,
): Promise<AddressNames> {
  const addresses = new Set<string>()
  for (const { edge } of sums)
    for (const end of [edge.client, edge.server]) if (end.kind === 'address') addresses.add(end.address)
  return new AddressNames(await store.namesOf(addresses), untilNs)
}

/** The nodes at the ends of some edges, with the processes behind them. */
export async function describeNodes(store: Store, edges: readonly MapEdge[]): Promise<Node[]> {
  const nodes = new Map<string, { name: NodeName; processes: Set<number>; ports: Set<number> }>()
  const add = (name: NodeName, end: EndpointRef) => {
    let node = nodes.get(name.id)
    if (!node) nodes.set(name.id, (node = { name, processes: new Set(), ports: new Set() }))
    if (end.kind === 'process') node.processes.add(end.process.id)
    return node
  }
  for (const edge of edges)
    for (const member of edge.members) {
      add(edge.client, member.client)
      add(edge.server, member.server).ports.add(edge.ref.serverPort)
    }
  return Promise.all(
    [...nodes.values()].map(async ({ name, processes, ports }) =>
      create(NodeSchema, {
        id: name.id,
        label: name.label,
        kind: name.kind,
        service: name.kind === 'process' ? name.service : '',
        // The newest are the likeliest to be alive.
        processes: [
          ...(await store.processes([...processes].sort((a, b) => b - a).slice(0, PROCESSES_PER_NODE))),
        ],
        processCount: processes.size,
        name: name.names[0] ?? '',
        names: name.names.slice(0, NAMES_PER_NODE),
        ports: [...ports].filter((port) => port !== 0).sort((a, b) => a - b),
      }),
    ),
  )
}
