import { computed, effect, signal } from '@preact/signals'
import type { GetEdgeResponse } from '@quadrant/proto'
import { intervalOf, toTimeRange } from '../model/time-range.ts'
import { client, errorText, isAbort, LEVEL } from './client.ts'
import { view } from './view.ts'

export interface EdgeDetail {
  readonly id: string
  readonly response: GetEdgeResponse | undefined
  readonly error: string
}

/** The edge that the panel shows, asked anew each two seconds while it is live. */
export const edgeDetail = signal<EdgeDetail | undefined>(undefined)

const REFRESH_MS = 2000

const selectedId = computed(() =>
  view.value.selection.startsWith('edge:') ? view.value.selection.slice(5) : '',
)
const time = computed(() => view.value.time)
const level = computed(() => view.value.level)

export function startSelectedEdge() {
  effect(() => {
    const id = selectedId.value
    if (edgeDetail.peek()?.id !== id)
      edgeDetail.value = id === '' ? undefined : { id, response: undefined, error: '' }
    if (id === '') return
    const controller = new AbortController()
    const asked = { id, level: LEVEL[level.value], selection: time.value }
    const ask = async () => {
      const range = toTimeRange(intervalOf(asked.selection, Date.now()))
      try {
        const response = await client.getEdge(
          { id, range, level: asked.level },
          { signal: controller.signal },
        )
        if (!controller.signal.aborted) edgeDetail.value = { id, response, error: '' }
      } catch (error) {
        if (controller.signal.aborted || isAbort(error)) return
        edgeDetail.value = { id, response: edgeDetail.peek()?.response, error: errorText(error) }
      }
    }
    void ask()
    const timer = asked.selection.kind === 'live' ? setInterval(() => void ask(), REFRESH_MS) : undefined
    return () => {
      clearInterval(timer)
      controller.abort()
    }
  })
}
