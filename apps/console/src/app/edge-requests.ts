import { computed, effect, signal } from '@preact/signals'
import { RequestGrouping, type GetRequestsResponse } from '@quadrant/proto'
import { intervalOf, toTimeRange } from '../model/time-range.ts'
import { keepAsking } from './asking.ts'
import { client, LEVEL } from './client.ts'
import { view } from './view.ts'

/** Requests of the edge that the panel shows. */
export const edgeRequests = signal<
  { readonly id: string; readonly response: GetRequestsResponse } | undefined
>(undefined)
export const edgeRequestsError = signal('')

const ROUTES = 50
const time = computed(() => view.value.time)
const level = computed(() => view.value.level)

/** Keeps what went over one edge, until it is ended. */
export function startEdgeRequests(id: string): () => void {
  return effect(() => {
    if (edgeRequests.peek()?.id !== id) edgeRequests.value = undefined
    edgeRequestsError.value = ''
    const selected = time.value
    const asked = { edge: id, level: LEVEL[level.value], grouping: RequestGrouping.ROUTE, limit: ROUTES }
    return keepAsking(
      selected,
      async (signal) => {
        const range = toTimeRange(intervalOf(selected, Date.now()))
        const response = await client.getRequests({ ...asked, range, withHistograms: true }, { signal })
        if (signal.aborted) return
        edgeRequests.value = { id, response }
        edgeRequestsError.value = ''
      },
      (error) => (edgeRequestsError.value = error),
    )
  })
}
