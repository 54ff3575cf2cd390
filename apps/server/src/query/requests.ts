import { create } from '@bufbuild/protobuf'
import { matchFieldQuery, type FieldQuery } from '@quadrant/core'
import {
  GetRequestsResponseSchema,
  RequestGroupSchema,
  RequestPointSchema,
  type GetRequestsResponse,
  type Level,
  type RequestGrouping,
  type RequestPoint,
} from '@quadrant/proto'
import { ServerError } from '../error.ts'
import type { RequestKey } from '../store/request-keys.ts'
import { RequestSum, type RequestTotals } from '../store/request-totals.ts'
import { TIERS, TIER_RETENTION_SECONDS, emptyTotals } from '../store/rollup.ts'
import { ceilTo, floorTo, type SpanPlan } from '../store/span.ts'
import type { EdgeRef, EndpointRef, NsRange, Store } from '../store/store.ts'
import type { AddressNames } from './address-names.ts'
import { describeNodes, groupEdges, namesOnMap, type MapEdge } from './map.ts'
import { edgeEndNames } from './node.ts'
import { opaqueGroups } from './opaque.ts'
import { RequestEndings } from './request-endings.ts'
import { RequestGroups } from './request-groups.ts'
import { requestLookup } from './request-lookup.ts'
import { requestSignals } from './request-signals.ts'

const GROUPS_DEFAULT = 100
const GROUPS_MAX = 1000
const POINTS_MAX = 1500

export interface RequestsRequest {
  readonly range: NsRange
  readonly plan: SpanPlan
  readonly level: Level
  /** Edge.id; empty: all. */
  readonly edge: string
  /** Coordinates; empty: any. */
  readonly client: string
  readonly server: string
  readonly query: FieldQuery
  readonly grouping: RequestGrouping
  /** 0 is the default. */
  readonly limit: number
  /** 0: no points. */
  readonly maxPoints: number
  readonly withHistograms: boolean
  readonly nowNs: number
}

/** One series that is asked for, with where its edge is on the map. */
export interface FoundSeries {
  readonly key: RequestKey
  readonly edge: MapEdge
  readonly totals: RequestTotals
}

/**
 * Answers GetRequests.
 *
 * @throws {ServerError} `not-found` where there is no such edge in the range
 */
export async function queryRequests(store: Store, request: RequestsRequest): Promise<GetRequestsResponse> {
  const { plan, range, grouping, withHistograms } = request
  const places = await placesOf(store, request)
  const keys = (await store.requests.keys()).filter(({ edge, ...key }) => {
    const place = places.get(edge)
    return (
      place &&
      matchFieldQuery(
        request.query,
        requestLookup({ ...key, serverPort: place.ref.serverPort }, { ...place.ref, names: place.names }),
      )
    )
  })
  const ids = keys.map(({ id }) => id)
  const [sums, timeline, drops, opaque, points] = await Promise.all([
    store.requests.sums(plan.spans, ids),
    Promise.all(plan.spans.map((span) => store.timeline(span))),
    store.drops(plan.spans),
    store.requests.opaque(plan.spans),
    pointsOf(store, request, ids),
  ])
  const seconds = timeline.flat().reduce((sum, point) => sum + point.seconds, 0)
  const total = new RequestSum()
  const endings = new RequestEndings()
  const groups = new RequestGroups(grouping)
  for (const key of keys) {
    const totals = sums.get(key.id)
    if (!totals) continue
    total.add(totals)
    endings.add(key, totals.requests)
    groups.add({ key, edge: places.get(key.edge)!.edge, totals })
  }
  const signals = (totals: RequestTotals, over: number) => requestSignals(totals, over, { withHistograms })
  const limit = Math.min(request.limit || GROUPS_DEFAULT, GROUPS_MAX)
  const busiest = groups.busiest(limit)
  const unread = opaqueGroups(opaque, places)
  const edges = new Set([...busiest.flatMap(({ edges: each }) => [...each]), ...unread.edges])
  return create(GetRequestsResponseSchema, {
    range,
    resolutionSeconds: plan.resolutionSeconds,
    seconds,
    total: signals(total.total(), seconds),
    endings: endings.list(),
    groups: busiest.map(({ name, sum, endings: own }) =>
      create(RequestGroupSchema, {
        ...name,
        signals: signals(sum.total(), seconds),
        endings: own.list(),
      }),
    ),
    groupsOmitted: Math.max(0, groups.count - limit),
    nodes: await describeNodes(store, [...edges]),
    pointSeconds: points.step,
    points: points.points,
    opaque: unread.groups,
    drops: [...drops],
  })
}

/** Where a stored edge is on the map. */
export interface Place {
  readonly ref: EdgeRef
  readonly edge: MapEdge
  readonly names: AddressNames
}

/** The stored edges that are asked for, each with its edge of the map. */
async function placesOf(
  store: Store,
  { plan, range, level, edge, client, server }: RequestsRequest,
): Promise<ReadonlyMap<number, Place>> {
  const told = await store.edgeSums(plan.spans)
  const toldIds = new Set(told.map((sum) => sum.edge.id))
  // Requests may end in a second in which nothing is told of their connections.
  const silent = new Set(
    (await store.requests.keys()).map((key) => key.edge).filter((id) => !toldIds.has(id)),
  )
  const more = [...(await store.requests.edges(silent)).values()].map((ref) => ({
    edge: ref,
    totals: emptyTotals(),
  }))
  const sums = [...told, ...more]
  const names = await namesOnMap(store, sums, range.endNs)
  const all = { level, query: { terms: [] } }
  let mapped = groupEdges(sums, all, { names })
  if (edge !== '') {
    const isIt = ({ id }: MapEdge) => id === edge
    // A filtered map tells addresses apart that are among the quiet ones without the filter.
    const one = mapped.find(isIt) ?? groupEdges(sums, all, { names, unfolded: true }).find(isIt)
    if (!one) throw new ServerError('not-found', `no edge ${edge} in this range`)
    mapped = [one]
  }
  const isCalled = (end: EndpointRef, name: string) => name === '' || edgeEndNames(end, names).includes(name)
  const places = new Map<number, Place>()
  for (const one of mapped)
    for (const ref of one.members)
      if (isCalled(ref.client, client) && isCalled(ref.server, server))
        places.set(ref.id, { ref, edge: one, names })
  return places
}

async function pointsOf(
  store: Store,
  { range, nowNs, maxPoints, withHistograms }: RequestsRequest,
  ids: readonly number[],
): Promise<{ readonly step: number; readonly points: RequestPoint[] }> {
  if (maxPoints === 0) return { step: 0, points: [] }
  const pointsMax = Math.min(maxPoints, POINTS_MAX)
  const endNs = Math.min(range.endNs, nowNs)
  const seconds = (endNs - range.startNs) / 1e9
  const isKept = (keptSeconds: number) => range.startNs / 1e9 >= nowNs / 1e9 - keptSeconds
  const tier =
    TIERS.find((one) => isKept(TIER_RETENTION_SECONDS[one]) && seconds / one <= pointsMax) ?? TIERS.at(-1)!
  // Several stored points become one where even the coarsest are too many.
  const step = tier * Math.max(1, Math.ceil(seconds / tier / pointsMax))
  const span = { tier, from: floorTo(range.startNs / 1e9, step), to: ceilTo(endNs / 1e9, step) }
  const points = await store.requests.points(ids, span, step)
  return {
    step,
    points: points.map(({ time, totals }) =>
      create(RequestPointSchema, {
        timeNs: time * 1e9,
        signals: requestSignals(totals, Math.min(step, Math.max(1, nowNs / 1e9 - time)), { withHistograms }),
      }),
    ),
  }
}
