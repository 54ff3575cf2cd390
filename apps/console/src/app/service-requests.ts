import { computed, effect, signal } from '@preact/signals'
import { RequestGrouping, type GetRequestsResponse } from '@quadrant/proto'
import { toRouteRows } from '../model/route-row.ts'
import { toSignalStrip } from '../model/signal-lanes.ts'
import { intervalOf, toTimeRange, type Interval } from '../model/time-range.ts'
import { keepAsking } from './asking.ts'
import { client, LEVEL } from './client.ts'
import { isStripHeld } from './strip-axis.ts'
import { subject } from './subjects.ts'
import { view } from './view.ts'

interface AnsweredRequests {
  readonly response: GetRequestsResponse
  readonly interval: Interval
}

/** What the selected service or process served. */
export const serviceRequests = signal<AnsweredRequests | undefined>(undefined)
export const serviceRequestsError = signal('')

/** As it is drawn: over time, and by route. */
export const signalStrip = computed(
  () => serviceRequests.value && toSignalStrip(serviceRequests.value.response),
)
export const serviceRoutes = computed(() => toRouteRows(serviceRequests.value?.response.groups ?? []))

const time = computed(() => view.value.time)
const POINTS = 300
const ROUTES = 500

let shownFor = ''

/** Keeps what was served by the selected service or process, until it is ended. */
export function startServiceRequests(): () => void {
  const end = effect(keepRequests)
  return () => {
    end()
    serviceRequests.value = undefined
    shownFor = ''
  }
}

function keepRequests() {
  const server = subject.value
  const selected = time.value
  if (server !== shownFor) serviceRequests.value = undefined
  shownFor = server
  serviceRequestsError.value = ''
  if (server === '') return undefined
  const level = server.startsWith('proc:') ? LEVEL.process : LEVEL.service
  // What was selected anew is asked for, whoever holds what was before.
  let isAnswered = false
  const isFixed = () => isAnswered && (document.hidden || isStripHeld.peek())
  return keepAsking(
    selected,
    async (signal) => {
      if (isFixed()) return
      const interval = intervalOf(selected, Date.now())
      const response = await client.getRequests(
        {
          server,
          level,
          range: toTimeRange(interval),
          grouping: RequestGrouping.ROUTE,
          limit: ROUTES,
          maxPoints: POINTS,
          withHistograms: true,
        },
        { signal },
      )
      if (signal.aborted || isFixed()) return
      serviceRequests.value = { response, interval }
      serviceRequestsError.value = ''
      isAnswered = true
    },
    (error) => (serviceRequestsError.value = error),
  )
}
