import { create } from '@bufbuild/protobuf'
import {
  EdgeDeltaSchema,
  EdgePointSchema,
  GetEdgeResponseSchema,
  type Flow,
  type GetEdgeResponse,
  type Level,
} from '@quadrant/proto'
import { TIERS, TIER_RETENTION_SECONDS } from '../store/rollup.ts'
import { ceilTo, floorTo, planSpans } from '../store/span.ts'
import type { EdgeRef, EndpointRef, NsRange, Store } from '../store/store.ts'
import { decodeFlows, type FlowEnd } from './flow.ts'
import { describeNodes, edgeMessage, groupEdges, namesOnMap } from './map.ts'

/** Points of one series. */
const POINTS_MAX = 1500
const LAST_FLOWS = 50
/** Segments that are searched for the last flows. */
const SEGMENTS_MAX = 60

/** One edge of the map: its sums, its points over time and its last flows. Undefined where the range has none. */
export async function queryEdge(
  store: Store,
  request: { id: string; range: NsRange; level: Level; nowNs: number },
): Promise<GetEdgeResponse | undefined> {
  const { id, range, level, nowNs } = request
  const plan = planSpans(range.startNs / 1e9, range.endNs / 1e9, nowNs / 1e9)
  const sums = await store.edgeSums(plan.spans)
  const names = await namesOnMap(store, sums, range.endNs)
  const all = { level, query: { terms: [] } }
  // A filtered map tells addresses apart that are among the quiet ones without the filter.
  const edge = [false, true]
    .values()
    .flatMap((unfolded) => groupEdges(sums, all, { unfolded, names }))
    .find((one) => one.id === id)
  if (!edge) return undefined
  const seconds = (range.endNs - range.startNs) / 1e9
  const isKept = (tier: number, keptSeconds: number) =>
    range.startNs / 1e9 >= nowNs / 1e9 - keptSeconds && seconds / tier <= POINTS_MAX
  const tier = TIERS.find((one) => isKept(one, TIER_RETENTION_SECONDS[one])) ?? TIERS.at(-1)!
  const span = {
    tier,
    from: floorTo(range.startNs / 1e9, tier),
    to: ceilTo(Math.min(range.endNs, nowNs) / 1e9, tier),
  }
  const members = edge.members.map((member) => member.id)
  const points = await store.edgeSeries(members, span)
  const covered = (await Promise.all(plan.spans.map((one) => store.timeline(one)))).flat()
  const nodes = await describeNodes(store, [edge])
  return create(GetEdgeResponseSchema, {
    edge: edgeMessage(
      edge,
      covered.reduce((sum, point) => sum + point.seconds, 0),
    ),
    client: nodes.find((node) => node.id === edge.client.id),
    server: nodes.find((node) => node.id === edge.server.id),
    resolutionSeconds: tier,
    points: points.map(({ time, totals }) =>
      create(EdgePointSchema, { timeNs: time * 1e9, delta: create(EdgeDeltaSchema, totals) }),
    ),
    lastFlows: await lastFlows(store, range, edge.members),
  })
}

/** Newest first. */
async function lastFlows(store: Store, range: NsRange, members: readonly EdgeRef[]): Promise<Flow[]> {
  const wanted = new Set(
    members.map(({ client, server, protocol, serverPort }) =>
      pairKey(endKey(client), endKey(server), protocol, serverPort),
    ),
  )
  const ports = new Set(members.map(({ serverPort }) => serverPort))
  const flows: Flow[] = []
  for (const { id } of await store.flowSegments(range, {
    idMax: Number.MAX_SAFE_INTEGER,
    limit: SEGMENTS_MAX,
  })) {
    const segment = await store.flowSegment(id)
    if (!segment) continue
    const decoded = decodeFlows(segment, { query: { terms: [] }, bothEnds: false })
    for (const index of decoded.matching.toReversed()) {
      const port = decoded.serverPort(index)
      // Most rows are of other ports, and numbers are compared for less than names.
      if (!ports.has(port)) continue
      const [client, server] = decoded.ends(index)
      const key = pairKey(flowEndKey(client), flowEndKey(server), decoded.protocol(index), port)
      if (wanted.has(key)) flows.push(decoded.row(index))
      if (flows.length === LAST_FLOWS) return flows
    }
  }
  return flows
}

function pairKey(client: string, server: string, protocol: number, port: number): string {
  return `${client}>${server}>${protocol}>${port}`
}

function endKey(end: EndpointRef): string {
  if (end.kind === 'process') return `p${end.process.id}`
  return end.kind === 'address' ? end.address : ''
}

function flowEndKey({ process, address }: FlowEnd): string {
  return process ? `p${process.id}` : address
}
