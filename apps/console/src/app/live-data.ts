import { computed, effect, signal } from '@preact/signals'
import type { GetMapResponse, GetStatusResponse, TimelinePoint } from '@quadrant/proto'
import { addFlows, NO_FLOWS, type FlowBuffer } from '../model/flow-buffer.ts'
import { addLiveLosses, addPastLosses, NO_LOSSES } from '../model/flow-losses.ts'
import { toFlowRow } from '../model/flow-row.ts'
import { runLiveStream, type StreamState } from '../model/live-stream.ts'
import { compareMaps } from '../model/comparison.ts'
import { toMapGraph } from '../model/map-graph.ts'
import { intervalOf, toTimeRange } from '../model/time-range.ts'
import { appendPoint } from '../model/timeline.ts'
import { barEndMs } from './bar-interval.ts'
import { client, errorText, isAbort, LEVEL, refusalOf } from './client.ts'
import { earlierMap } from './compared-map.ts'
import { nowMs, view } from './view.ts'

/** A page that nobody looks at lets go of its stream after so long: a browser has few connections to one server. */
const HIDDEN_MS = 20_000
const TIMELINE_POINTS = 1000
const TIMELINE_SLACK_MS = 3000
const FLOWS_OF_THE_PAST = 2000
const STATUS_MS = 2000

export const stream = signal<StreamState>({ kind: 'connecting' })
export const map = signal<GetMapResponse | undefined>(undefined)
/** When the map was answered, milliseconds of the Unix epoch. */
export const mapAtMs = signal(0)
/** Level and filter that the map was asked with: it is compared with no other's. */
const mapAsked = signal('')
/** The map of what is selected: of A. */
export const currentGraph = computed(() => (map.value ? toMapGraph(map.value) : undefined))
const earlierGraph = computed(() => (earlierMap.value ? toMapGraph(earlierMap.value) : undefined))
/** A set against B; undefined while nothing is compared, or one of them is not there yet, or B holds no data at all. */
export const comparison = computed(() => {
  const [a, b] = [currentGraph.value, earlierGraph.value]
  if (!a || !b || mapAsked.value !== asking.value) return undefined
  return b.nodes.length === 0 && query.value === '' ? undefined : compareMaps(a, b)
})
/** What is drawn: the map of A, and while A is compared what only B has too. */
export const graph = computed(() => comparison.value?.graph ?? currentGraph.value)
export const flows = signal<FlowBuffer>(NO_FLOWS)
/** Rows that the server left out, since the page was opened. */
export const flowsOmitted = signal(0)
/** What the rows lack, since they were asked for. */
export const flowLosses = signal(NO_LOSSES)
export const timeline = signal<readonly TimelinePoint[]>([])
export const timelineSeconds = signal(1)
export const status = signal<GetStatusResponse | undefined>(undefined)
/** Why the current query or range has no answer; empty where it has one. */
export const refusedReason = signal('')

const page = computed(() => view.value.page)
const showsConnections = computed(() => view.value.page === 'flows' && view.value.rows === 'connections')
const isStatusShown = computed(() => view.value.page === 'doctor' || view.value.selection === 'sampling')
const level = computed(() => view.value.level)
/** Of what the stream has: filters are asked for by their own page. */
const query = computed(() => (view.value.page === 'filters' ? '' : view.value.query))
const asking = computed(() => `${level.value} ${query.value}`)
const time = computed(() => view.value.time)
const barSeconds = computed(() => view.value.barSeconds)
const windowSeconds = computed(() => (time.value.kind === 'live' ? time.value.windowSeconds : 0))
/** Nobody looks at the page, for some time. */
export const hidden = signal(false)

/** Keeps all data as the address wants them. Each effect aborts what it began when its inputs change. */
export function startLiveData() {
  watchVisibility()
  effect(() => abortable(watchStream))
  effect(() => abortable(loadRange))
  effect(() => abortable(loadTimeline))
  effect(() => abortable(pollStatus))
}

function abortable(run: (signal: AbortSignal) => void): () => void {
  const controller = new AbortController()
  run(controller.signal)
  return () => controller.abort()
}

/** The one stream: the map or the flows where they are live, and always the newest second of the time bar. */
function watchStream(signal: AbortSignal) {
  if (hidden.value) return
  const live = windowSeconds.value > 0
  const asked = asking.value
  const request = {
    level: LEVEL[level.value],
    query: query.value,
    windowSeconds: windowSeconds.value || 60,
    withMap: live && page.value === 'map',
    withFlows: live && showsConnections.value,
  }
  refusedReason.value = ''
  void runLiveStream({
    open: (inner) => client.watch(request, { signal: inner }),
    onMessage: (message) => {
      if (message.map) {
        map.value = message.map
        mapAsked.value = asked
        mapAtMs.value = Date.now()
      }
      if (message.flows.length > 0) flows.value = addFlows(flows.peek(), message.flows.map(toFlowRow))
      if (message.flowsOmitted > 0) flowsOmitted.value += message.flowsOmitted
      flowLosses.value = addLiveLosses(flowLosses.peek(), {
        drops: message.drops,
        untilNs: message.dropsUntilNs,
      })
      const oldestMs = Date.now() - barSeconds.peek() * 1000
      if (message.lastSecond && barEndMs.peek() === undefined)
        timeline.value = appendPoint(timeline.peek(), message.lastSecond, oldestMs)
    },
    onState: (state) => {
      stream.value = state
      if (state.kind === 'refused' && !state.unauthenticated) refusedReason.value = state.reason
    },
    refusal: refusalOf,
    signal,
    now: Date.now,
    sleep,
    random: Math.random,
  })
}

/** What the stream does not bring: a fixed range, and the rows that were before the stream. */
function loadRange(signal: AbortSignal) {
  const live = time.value.kind === 'live'
  const range = toTimeRange(intervalOf(time.value, nowMs.peek()))
  if (page.value === 'map' && !live) void loadMap(range, signal)
  if (showsConnections.value) void loadFlows(range, signal)
}

async function loadMap(range: { startNs: number; endNs: number }, signal: AbortSignal) {
  const asked = asking.value
  try {
    const answer = await client.getMap({ range, level: LEVEL[level.value], query: query.value }, { signal })
    map.value = answer
    mapAsked.value = asked
    mapAtMs.value = Date.now()
    refusedReason.value = ''
  } catch (error) {
    if (!signal.aborted && !isAbort(error)) refusedReason.value = errorText(error)
  }
}

async function loadFlows(range: { startNs: number; endNs: number }, signal: AbortSignal) {
  flows.value = NO_FLOWS
  flowsOmitted.value = 0
  flowLosses.value = NO_LOSSES
  try {
    const request = { range, query: query.value, limit: FLOWS_OF_THE_PAST, follow: false }
    let isFirst = true
    for await (const { flows: rows, omitted, drops, dropsUntilNs } of client.listFlows(request, { signal })) {
      if (signal.aborted) return
      flows.value = addFlows(flows.peek(), rows.map(toFlowRow))
      flowsOmitted.value += omitted
      if (isFirst) flowLosses.value = addPastLosses(flowLosses.peek(), { drops, untilNs: dropsUntilNs })
      isFirst = false
    }
    refusedReason.value = ''
  } catch (error) {
    if (!signal.aborted && !isAbort(error)) refusedReason.value = errorText(error)
  }
}

function loadTimeline(signal: AbortSignal) {
  const seconds = barSeconds.value
  // Anew whenever the stream comes back: what was missed meanwhile is in the store.
  if (stream.value.kind !== 'live' && timeline.peek().length > 0) return
  const pastEndMs = barEndMs.value
  const endMs = pastEndMs ?? Date.now()
  // Not quite the whole bar: the finest steps are kept for just as long, and would be gone when the question arrives.
  const range = toTimeRange({ startMs: endMs - seconds * 1000 + TIMELINE_SLACK_MS, endMs })
  client
    .getTimeline({ range, maxPoints: TIMELINE_POINTS }, { signal })
    .then((answer) => {
      const newest = timeline.peek().at(-1)
      timelineSeconds.value = answer.resolutionSeconds || 1
      const isNow = pastEndMs === undefined && newest !== undefined
      timeline.value = isNow ? appendPoint(answer.points, newest, range.startNs / 1e6) : answer.points
    })
    .catch(() => {
      // The stream's own state tells that the server is away; the bar keeps what it has.
    })
}

/** The server's and agents' state: for Doctor, and for what the empty states say. */
function pollStatus(signal: AbortSignal) {
  if (hidden.value) return
  const ask = () =>
    client
      .getStatus({}, { signal })
      .then((answer) => (status.value = answer))
      .catch(() => undefined)
  void ask()
  const timer = setInterval(() => void ask(), isStatusShown.value ? STATUS_MS : STATUS_MS * 5)
  signal.addEventListener('abort', () => clearInterval(timer))
}

function watchVisibility() {
  let timer: ReturnType<typeof setTimeout> | undefined
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer)
    if (document.hidden) timer = setTimeout(() => (hidden.value = true), HIDDEN_MS)
    else hidden.value = false
  })
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
