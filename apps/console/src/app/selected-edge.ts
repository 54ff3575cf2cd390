import { computed, effect, signal } from '@preact/signals'
import type { GetEdgeResponse } from '@quadrant/proto'
import { intervalOf, toTimeRange } from '../model/time-range.ts'
import { keepAsking } from './asking.ts'
import { client, LEVEL } from './client.ts'
import { comparison } from './live-data.ts'
import { view } from './view.ts'

export interface EdgeDetail {
  readonly id: string
  readonly response: GetEdgeResponse | undefined
  readonly error: string
}

/** The edge that the panel shows, asked anew every two seconds while it is live; less often where answers take long. */
export const edgeDetail = signal<EdgeDetail | undefined>(undefined)

const selectedId = computed(() =>
  view.value.selection.startsWith('edge:') ? view.value.selection.slice(5) : '',
)
/** It is only in what is compared with: the server has nothing of it to tell. */
const gone = computed(() => comparison.value?.edges.get(selectedId.value)?.kind === 'gone')
const time = computed(() => view.value.time)
const level = computed(() => view.value.level)

export function startSelectedEdge() {
  effect(() => {
    const id = selectedId.value
    if (edgeDetail.peek()?.id !== id)
      edgeDetail.value = id === '' ? undefined : { id, response: undefined, error: '' }
    if (id === '' || gone.value) return
    const asked = { id, level: LEVEL[level.value] }
    const selected = time.value
    return keepAsking(
      selected,
      async (signal) => {
        const range = toTimeRange(intervalOf(selected, Date.now()))
        const response = await client.getEdge({ ...asked, range }, { signal })
        if (!signal.aborted) edgeDetail.value = { id, response, error: '' }
      },
      (error) => {
        edgeDetail.value = { id, response: edgeDetail.peek()?.response, error }
      },
    )
  })
}
