import { computed, effect, signal } from '@preact/signals'
import { RequestGrouping, type GetRequestsResponse } from '@quadrant/proto'
import { toRouteRows } from '../model/route-row.ts'
import { toSignalStrip } from '../model/signal-lanes.ts'
import { toTimeRange, type Interval } from '../model/time-range.ts'
import { client, LEVEL } from './client.ts'
import { keepAskingForStrip } from './strip-asking.ts'
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
  return keepAskingForStrip(
    selected,
    (interval, signal) =>
      client.getRequests(
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
      ),
    (response, interval) => {
      serviceRequests.value = { response, interval }
      serviceRequestsError.value = ''
    },
    (error) => (serviceRequestsError.value = error),
  )
}
