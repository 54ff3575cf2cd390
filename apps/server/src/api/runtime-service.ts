import { create } from '@bufbuild/protobuf'
import { parseCoordinate } from '@quadrant/core'
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import {
  InstructionLimit,
  ListFactsResponseSchema,
  ListRuntimeEventsResponseSchema,
  RecordProfileResponseSchema,
  isRuntimeLoss,
  type ListFactsRequest,
  type ListFactsResponse,
  type ListRuntimeEventsRequest,
  type ListRuntimeEventsResponse,
  type QuadrantService,
  type RecordProfileRequest,
  type RecordProfileResponse,
  type TimeRange,
} from '@quadrant/proto'
import { EndedFlows } from '../query/ended-flows.ts'
import { queryProfile } from '../query/profile.ts'
import { queryProfileTimeline } from '../query/profile-timeline.ts'
import { planRange, resolveRange } from '../query/range.ts'
import { queryRuntime } from '../query/runtime.ts'
import { queryRuntimeEvents, runtimeEvent } from '../query/runtime-events.ts'
import { queryService } from '../query/service.ts'
import { resolveSubject, type Subject } from '../query/subject.ts'
import type { ServerState } from '../state.ts'
import { endOf } from '../store/runtime-tables.ts'
import type { NsRange } from '../store/store.ts'
import { answer } from './answer.ts'
import { RuntimeFollower } from './runtime-follower.ts'

const EVENTS_DEFAULT = 1000
const EVENTS_MAX = 100_000
const EVENTS_PER_MESSAGE = 500
const FACTS_DEFAULT = 1000
const FACTS_MAX = 10_000
const RECORD_SECONDS_DEFAULT = 10
const RECORD_SECONDS_MAX = 600

type RuntimeRpc =
  | 'getService'
  | 'getRuntime'
  | 'listRuntimeEvents'
  | 'getProfile'
  | 'getProfileTimeline'
  | 'recordProfile'
  | 'listFacts'

/** The part of QuadrantService that is about runtimes and what is known of builds. */
export function runtimeRoutes(state: ServerState): Pick<ServiceImpl<typeof QuadrantService>, RuntimeRpc> {
  const { store, clock } = state
  const ended = new EndedFlows(store)
  /** Whom and when a request is about. */
  const about = async (request: { subject: string; range?: TimeRange }) => {
    const nowNs = clock.nowNs()
    const range = resolveRange(request.range, nowNs)
    return { nowNs, range, subject: await subjectOf(state, request.subject, range) }
  }
  return {
    getService: async (request) => queryService(store, await about(request)),
    getRuntime: async (request) =>
      queryRuntime(store, { ...(await about(request)), pointsMax: request.maxPoints, ended }),
    listRuntimeEvents: (request, { signal }) => listRuntimeEvents(state, request, signal),
    getProfile: async (request, { signal }) => {
      const { kinds, timeOrder } = request
      return answer(queryProfile(store, { ...(await about(request)), kinds, timeOrder, signal }))
    },
    getProfileTimeline: async (request) =>
      queryProfileTimeline(store, { ...(await about(request)), pointsMax: request.maxPoints }),
    recordProfile: (request) => recordProfile(state, request),
    listFacts: (request) => listFacts(state, request),
  }
}

async function* listRuntimeEvents(
  state: ServerState,
  request: ListRuntimeEventsRequest,
  signal: AbortSignal,
): AsyncGenerator<ListRuntimeEventsResponse> {
  const { store, live, clock } = state
  const nowNs = clock.nowNs()
  const resolved = resolveRange(request.range, nowNs)
  // With `follow` the past goes on into what comes, so a range without an end has none.
  const range = request.follow && !request.range?.endNs ? { ...resolved, endNs: Infinity } : resolved
  const subject = await subjectOf(state, request.subject, range)
  const limit = Math.min(request.limit || EVENTS_DEFAULT, EVENTS_MAX)
  // Nothing is committed before the store has begun to answer: what it has not told by then, the follower will.
  using follower = request.follow ? new RuntimeFollower(live, subject, signal) : undefined
  const { events, omittedCount } = await queryRuntimeEvents(store, { subject, range, limit })
  // Where older events were left out, what was lost before the first one given is of no concern.
  const startNs = omittedCount > 0 && events[0] ? endOf(events[0]) : range.startNs
  const lost = store.drops(planRange({ ...range, startNs }, clock.nowNs()).spans)
  follower?.forgetDrops()
  const drops = (await lost).filter(isRuntimeLoss)
  for (let at = 0; at === 0 || at < events.length; at += EVENTS_PER_MESSAGE)
    yield create(ListRuntimeEventsResponseSchema, {
      events: events.slice(at, at + EVENTS_PER_MESSAGE).map(runtimeEvent),
      ...(at === 0 ? { omitted: omittedCount, drops } : {}),
    })
  if (!follower) return
  for await (const { events: coming, omittedCount: omitted, drops: missing } of follower.answers())
    yield create(ListRuntimeEventsResponseSchema, {
      events: coming.map(runtimeEvent),
      omitted,
      drops: [...missing],
    })
}

/** @throws {ConnectError} invalid argument; failed precondition where nobody would sample */
async function recordProfile(
  { agents, clock }: ServerState,
  request: RecordProfileRequest,
): Promise<RecordProfileResponse> {
  const frequencyHz = request.frequencyHz || InstructionLimit.profileHz
  if (frequencyHz > InstructionLimit.profileHz)
    throw new ConnectError(
      `frequency_hz is ${frequencyHz}; at most ${InstructionLimit.profileHz} samples a second are taken`,
      Code.InvalidArgument,
    )
  const seconds = request.seconds === 0 ? RECORD_SECONDS_DEFAULT : request.seconds
  if (!(seconds > 0 && seconds <= RECORD_SECONDS_MAX))
    throw new ConnectError(
      `seconds is ${seconds}; give more than 0 and at most ${RECORD_SECONDS_MAX}`,
      Code.InvalidArgument,
    )
  if (agents.connectedIds().size === 0)
    throw new ConnectError('no agent is connected; run `quadrant up`', Code.FailedPrecondition)
  if ((await agents.instruction()).profilesOff)
    throw new ConnectError(
      'profiles are switched off by the instruction; set profiles_off to false first',
      Code.FailedPrecondition,
    )
  const startNs = clock.nowNs()
  const endNs = startNs + seconds * 1e9
  const { profileHz } = await answer(agents.record(frequencyHz, endNs))
  return create(RecordProfileResponseSchema, { range: { startNs, endNs }, frequencyHz: profileHz })
}

async function listFacts(
  { store, clock }: ServerState,
  { coordinate, atNs, limit }: ListFactsRequest,
): Promise<ListFactsResponse> {
  if (!/^[a-z]+:./s.test(coordinate)) {
    const { diagnostics } = parseCoordinate(coordinate)
    throw new ConnectError(
      `\`${coordinate}\` is no coordinate: ${diagnostics[0]?.message ?? 'it is `kind:name`'}`,
      Code.InvalidArgument,
    )
  }
  const at = Number.isFinite(atNs) && atNs > 0 ? atNs : clock.nowNs()
  const { rows, omittedCount } = await store.runtime.facts(
    coordinate,
    at,
    Math.min(limit || FACTS_DEFAULT, FACTS_MAX),
  )
  return create(ListFactsResponseSchema, { facts: [...rows], omitted: omittedCount })
}

function subjectOf({ store }: ServerState, text: string, range: NsRange): Promise<Subject> {
  return answer(resolveSubject(store, text, range))
}
