import { create } from '@bufbuild/protobuf'
import {
  EdgeDeltaSchema,
  EdgePointSchema,
  GetEdgeResponseSchema,
  Role,
  type Flow,
  type GetEdgeResponse,
  type Level,
} from '@quadrant/proto'
import { addTotals, TIERS, TIER_RETENTION_SECONDS, type Totals } from '../store/rollup.ts'
import { ceilTo, floorTo, planSpans } from '../store/span.ts'
import type { EdgeRef, EndpointRef, NsRange, Store } from '../store/store.ts'
import { decodeFlows } from './flow.ts'
import { describeNodes, edgeMessage, groupEdges } from './map.ts'

/** Points of one series. */
const POINTS_MAX = 600
/** Stored edges whose points are added up; an edge of the map with more is summed over its busiest. */
const MEMBERS_MAX = 200
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
  const edge = groupEdges(sums, { level, query: { terms: [] } }).find((one) => one.id === id)
  if (!edge) return undefined
  const seconds = (range.endNs - range.startNs) / 1e9
  const isKept = (tier: number, keptSeconds: number) =>
    range.startNs / 1e9 >= nowNs / 1e9 - keptSeconds && seconds / tier <= POINTS_MAX
  const tier = TIERS.find((one) => isKept(one, TIER_RETENTION_SECONDS[one])) ?? 60
  const span = {
    tier,
    from: floorTo(range.startNs / 1e9, tier),
    to: ceilTo(Math.min(range.endNs, nowNs) / 1e9, tier),
  }
  const points = new Map<number, Totals>()
  const members = edge.members.slice(0, MEMBERS_MAX).map((member) => member.id)
  for (const point of await store.edgeSeries(members, span)) {
    const known = points.get(point.time)
    if (known) addTotals(known, point.totals)
    else points.set(point.time, point.totals)
  }
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
    points: [...points]
      .sort((a, b) => a[0] - b[0])
      .map(([time, totals]) =>
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
  const flows: Flow[] = []
  for (const { id } of (await store.flowSegmentIds(range)).slice(0, SEGMENTS_MAX)) {
    const segment = await store.flowSegment(id)
    if (!segment) continue
    const { matching, row } = decodeFlows(segment, { query: { terms: [] }, bothEnds: false })
    for (const index of matching.toReversed()) {
      const flow = row(index)
      const local = flowEndKey(flow.host, flow.processKey, flow.localAddress)
      const remote = flowEndKey(flow.host, flow.peerProcessKey, flow.remoteAddress)
      const key =
        flow.role === Role.SERVER
          ? pairKey(remote, local, flow.protocol, flow.localPort)
          : pairKey(local, remote, flow.protocol, flow.remotePort)
      if (wanted.has(key)) flows.push(flow)
      if (flows.length === LAST_FLOWS) return flows
    }
  }
  return flows
}

function pairKey(client: string, server: string, protocol: number, port: number): string {
  return `${client}>${server}>${protocol}>${port}`
}

function endKey(end: EndpointRef): string {
  if (end.kind === 'process') return flowEndKey(end.process.host, end.process.key, '')
  return end.kind === 'address' ? flowEndKey('', '', end.address) : ''
}

function flowEndKey(host: string, processKey: string, address: string): string {
  return processKey ? `${host}/${processKey}` : address
}
