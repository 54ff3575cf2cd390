import { computed, effect, signal } from '@preact/signals'
import type { GetEdgeResponse } from '@quadrant/proto'
import { intervalOf, toTimeRange } from '../model/time-range.ts'
import { client, errorText, isAbort, LEVEL } from './client.ts'
import { comparison } from './live-data.ts'
import { view } from './view.ts'

export interface EdgeDetail {
  readonly id: string
  readonly response: GetEdgeResponse | undefined
  readonly error: string
}

/** The edge that the panel shows, asked anew every two seconds while it is live; less often where answers take long. */
export const edgeDetail = signal<EdgeDetail | undefined>(undefined)

const REFRESH_MS = 2000
/** Asking again takes at most this share of the server's time. */
const ASKING_SHARE_MAX = 0.1

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
    const controller = new AbortController()
    const asked = { id, level: LEVEL[level.value], selection: time.value }
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      const startedMs = performance.now()
      const range = toTimeRange(intervalOf(asked.selection, Date.now()))
      try {
        const response = await client.getEdge(
          { id, range, level: asked.level },
          { signal: controller.signal },
        )
        if (controller.signal.aborted) return
        edgeDetail.value = { id, response, error: '' }
      } catch (error) {
        if (controller.signal.aborted || isAbort(error)) return
        edgeDetail.value = { id, response: edgeDetail.peek()?.response, error: errorText(error) }
      }
      const tookMs = performance.now() - startedMs
      if (asked.selection.kind === 'live')
        timer = setTimeout(() => void ask(), Math.max(REFRESH_MS, tookMs / ASKING_SHARE_MAX))
    }
    void ask()
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  })
}
