import { create } from '@bufbuild/protobuf'
import { FLOW_FIELDS, MAP_FIELDS } from '@quadrant/core'
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect'
import {
  AgentStatusSchema,
  GetStatusResponseSchema,
  ListFlowsResponseSchema,
  QuadrantService,
  RunDoctorResponseSchema,
  SetInstructionResponseSchema,
  StoreStatusSchema,
  type Drop,
  type Flow,
  type GetStatusResponse,
  type ListFlowsRequest,
  type ListFlowsResponse,
} from '@quadrant/proto'
import type { ServerState } from '../state.ts'
import { runDoctor } from '../doctor/doctor.ts'
import { pipelineLosses } from '../pipelines/pipeline-losses.ts'
import { queryEdge } from '../query/edge.ts'
import { queryFlows } from '../query/flows.ts'
import { decodeFlows, type FlowFilter } from '../query/flow.ts'
import { queryMap } from '../query/map.ts'
import { planRange, resolveRange } from '../query/range.ts'
import { queryTimeline } from '../query/timeline.ts'
import type { FlowSegment, NsRange } from '../store/store.ts'
import { currentAgents } from './current-agents.ts'
import { FlowFollower } from './follower.ts'
import { levelOf } from './level.ts'
import { parseQuery } from './query-text.ts'
import { requestRoutes } from './request-service.ts'
import { runtimeRoutes } from './runtime-service.ts'
import { requestInstructionRoutes } from './request-instruction-service.ts'
import { samplingRoutes } from './sampling-service.ts'
import { requireFit } from './require-fit.ts'

const FLOWS_LIMIT_DEFAULT = 1000
const FLOWS_LIMIT_MAX = 1_000_000

/** QuadrantService over the server's state. */
export function apiRoutes(state: ServerState): (router: ConnectRouter) => void {
  const { store, live, agents, clock } = state
  return (router) => {
    router.service(QuadrantService, {
      ...runtimeRoutes(state),
      ...requestRoutes(state),
      ...samplingRoutes(state),
      ...requestInstructionRoutes(state),
      getMap: (request) => {
        const nowNs = clock.nowNs()
        const range = resolveRange(request.range, nowNs)
        const query = parseQuery(request.query, MAP_FIELDS)
        return queryMap(store, {
          range,
          plan: planRange(range, nowNs),
          level: levelOf(request.level),
          query,
          nowNs,
        })
      },
      getEdge: async (request) => {
        const nowNs = clock.nowNs()
        const range = resolveRange(request.range, nowNs)
        const edge = await queryEdge(store, { id: request.id, range, level: levelOf(request.level), nowNs })
        if (!edge) throw new ConnectError(`no edge ${request.id} in this range`, Code.NotFound)
        return edge
      },
      listFlows: (request, context) => listFlows(state, request, context.signal),
      getTimeline: (request) => {
        const nowNs = clock.nowNs()
        return queryTimeline(store, resolveRange(request.range, nowNs), {
          pointsMax: request.maxPoints,
          nowNs,
        })
      },
      watch: (request, context) => {
        if (request.withMap) parseQuery(request.query, MAP_FIELDS)
        if (request.withFlows) parseQuery(request.query, FLOW_FIELDS)
        return live.watch({ ...request, level: levelOf(request.level) }, context.signal)
      },
      getStatus: () => getStatus(state),
      runDoctor: async () => create(RunDoctorResponseSchema, { checks: await runDoctor(state) }),
      setInstruction: async ({ instruction }) => {
        if (!instruction) throw new ConnectError('instruction is missing', Code.InvalidArgument)
        requireFit(instruction)
        await agents.instruct(instruction)
        return create(SetInstructionResponseSchema, { instruction })
      },
    })
  }
}

async function* listFlows(
  state: ServerState,
  request: ListFlowsRequest,
  signal: AbortSignal,
): AsyncGenerator<ListFlowsResponse> {
  const { store, live, clock } = state
  const nowNs = clock.nowNs()
  const query = parseQuery(request.query, FLOW_FIELDS)
  const resolved = resolveRange(request.range, nowNs)
  // With `follow` the past goes on into what comes, so a range without an end has none.
  const range = request.follow && !request.range?.endNs ? { ...resolved, endNs: Infinity } : resolved
  const filter = { query, bothEnds: request.bothEnds }
  using follower = request.follow ? new FlowFollower(live, signal) : undefined
  const idMax = await store.lastFlowSegment()
  const limit = Math.min(request.limit || FLOWS_LIMIT_DEFAULT, FLOWS_LIMIT_MAX)
  let isFirst = true
  for await (const { flows, omittedCount } of queryFlows(store, { ...filter, range, limit, idMax, signal })) {
    // Where older rows were left out, what was lost before the first one given is of no concern.
    const startNs = omittedCount > 0 && flows[0] ? flows[0].timeNs : range.startNs
    const losses = isFirst
      ? await pastLosses(
          state,
          follower,
          { startNs: Math.max(startNs, request.dropsFromNs), endNs: range.endNs },
          nowNs,
        )
      : {}
    yield create(ListFlowsResponseSchema, { flows, omitted: omittedCount, ...losses })
    isFirst = false
  }
  if (!follower) return
  for await (const { segment, omittedCount, drops, dropsUntilNs } of follower.answers()) {
    const flows = segment && segment.id > idMax ? matchingFlows(segment, filter) : []
    if (flows.length > 0 || omittedCount > 0 || drops.length > 0)
      yield create(ListFlowsResponseSchema, {
        flows,
        omitted: omittedCount,
        drops: [...drops],
        dropsUntilNs,
      })
  }
}

function matchingFlows(segment: FlowSegment, filter: FlowFilter): Flow[] {
  const { matching, row } = decodeFlows(segment, filter)
  return matching.map(row)
}

/** What is stored as lost for the range. What is committed after this moment is the follower's to tell. */
async function pastLosses(
  { store, live }: ServerState,
  follower: FlowFollower | undefined,
  range: NsRange,
  nowNs: number,
): Promise<{ drops: Drop[]; dropsUntilNs: number }> {
  const { startNs } = range
  const { spans } = planRange(
    { startNs, endNs: follower ? range.endNs : Math.min(range.endNs, nowNs) },
    nowNs,
  )
  const drops = store.drops(spans)
  follower?.forgetDrops()
  const dropsUntilNs = Math.min(live.dropsUntilNs, (spans.at(-1)?.to ?? 0) * 1e9)
  return { drops: [...(await drops)], dropsUntilNs }
}

async function getStatus(state: ServerState): Promise<GetStatusResponse> {
  const { store, agents, refusals, live, version, startedNs, loopLag, call } = state
  const [current, size, drops, stages] = await Promise.all([
    currentAgents(state),
    store.size(),
    store.dropTotals(),
    store.stageTotals(),
  ])
  const pipelines = pipelineLosses(state.pipelines?.counts() ?? [])
  const cpu = process.cpuUsage()
  return create(GetStatusResponseSchema, {
    version,
    startedNs,
    serverPid: process.pid,
    serverRssBytes: process.memoryUsage.rss(),
    serverCpuUs: cpu.user + cpu.system,
    eventLoopLagUsMax: loopLag.maxUs(),
    agents: current.map((row) =>
      create(AgentStatusSchema, {
        agentId: row.agentId,
        host: row.host,
        version: row.version,
        connected: agents.isConnected(row.agentId),
        lastFrameNs: row.lastFrameNs,
        lastSeq: row.lastSeq,
        report: agents.report(row.agentId),
      }),
    ),
    store: create(StoreStatusSchema, size),
    drops: [
      ...drops,
      ...pipelines.drops,
      ...(live.skippedCount > 0
        ? [{ stage: 'server.live', reason: 'slow-watcher', count: live.skippedCount }]
        : []),
    ],
    stages: [...stages, ...pipelines.stages],
    refused: refusals.list(),
    ...call,
  })
}
