import { batch, computed, effect, signal } from '@preact/signals'
import type { ListRequestsResponse } from '@quadrant/proto'
import { addCaptured, NO_CAPTURES, type CapturedBuffer, type CapturedRow } from '../model/captured-row.ts'
import { intervalOf, toTimeRange } from '../model/time-range.ts'
import { keepAsking } from './asking.ts'
import { client, errorText, isAbort } from './client.ts'
import { capturedValues } from './known-values.ts'
import { view } from './view.ts'

export const captured = signal<CapturedBuffer>(NO_CAPTURES)
/** The last answer: how many are kept, and what was lost. */
export const capturedAnswer = signal<ListRequestsResponse | undefined>(undefined)
export const capturedError = signal('')

const PAGE = 500
const ROWS_READ_MAX = 500
const time = computed(() => view.value.time)
const query = computed(() => view.value.query)

function tellValues() {
  const values = (of: (row: CapturedRow) => string) =>
    [...new Set(captured.value.rows.slice(0, ROWS_READ_MAX).map(of))].filter(Boolean).sort()
  capturedValues.value = {
    route: values(({ route }) => route),
    authority: values(({ request }) => request.authority),
    rule: values(({ request }) => request.rule),
    trace: values(({ traceId }) => traceId),
    host: values(({ source }) => source.host),
  }
}

/** Keeps the list of captured requests, until it is ended: once for a time that stands still, then what is new where it is live. */
export function startCapturedRequests(): () => void {
  const endTelling = effect(tellValues)
  const end = effect(() => {
    const selected = time.value
    const asked = query.value
    batch(() => {
      captured.value = NO_CAPTURES
      capturedAnswer.value = undefined
      capturedError.value = ''
    })
    return keepAsking(
      selected,
      async (signal) => {
        if (document.hidden && capturedAnswer.peek()) return
        const range = toTimeRange(intervalOf(selected, Date.now()))
        const after = captured.peek().newestId
        const answer = await client.listRequests({ range, query: asked, limit: PAGE, after }, { signal })
        if (signal.aborted) return
        batch(() => {
          const isFirst = capturedAnswer.peek() === undefined
          const before = captured.peek()
          // Only the first answer tells whether there are older ones: those after it end where the rows begin.
          const nextBefore = isFirst ? answer.nextBefore : before.nextBefore
          captured.value = { ...addCaptured(before, answer.requests), nextBefore }
          capturedAnswer.value = answer
          capturedError.value = ''
        })
      },
      (error) => (capturedError.value = error),
    )
  })
  return () => {
    end()
    endTelling()
    batch(() => {
      captured.value = NO_CAPTURES
      capturedAnswer.value = undefined
    })
  }
}

/** The page before the oldest row. */
export async function loadOlderCaptured() {
  const { nextBefore } = captured.peek()
  const [selected, asked] = [time.peek(), query.peek()]
  if (nextBefore === 0) return
  try {
    const range = toTimeRange(intervalOf(selected, Date.now()))
    const answer = await client.listRequests({ range, query: asked, limit: PAGE, before: nextBefore })
    // Meanwhile somebody may have asked for something else.
    if (time.peek() !== selected || query.peek() !== asked) return
    captured.value = { ...addCaptured(captured.peek(), answer.requests), nextBefore: answer.nextBefore }
  } catch (error) {
    if (!isAbort(error)) capturedError.value = errorText(error)
  }
}
