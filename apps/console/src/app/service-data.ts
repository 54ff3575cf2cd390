import { batch, computed, effect, signal } from '@preact/signals'
import type { GetRuntimeResponse, GetServiceResponse } from '@quadrant/proto'
import { intervalOf, toTimeRange, type Interval } from '../model/time-range.ts'
import { toRuntimeStrip } from '../model/runtime-strip.ts'
import { keepAsking } from './asking.ts'
import { client } from './client.ts'
import { keepAskingForStrip } from './strip-asking.ts'
import { releaseStrips } from './strip-axis.ts'
import { subject } from './subjects.ts'
import { view } from './view.ts'

/** What the page is about. */
export const service = signal<GetServiceResponse | undefined>(undefined)
export const runtime = signal<
  { readonly response: GetRuntimeResponse; readonly interval: Interval } | undefined
>(undefined)
export const serviceError = signal('')

/** What its runtimes did, as it is drawn. */
export const runtimeStrip = computed(() => runtime.value && toRuntimeStrip(runtime.value.response))

const time = computed(() => view.value.time)
const POINTS = 1200

/** Keeps what is known of the selected service or process, until it is ended. */
export function startServiceData(): () => void {
  const ends = [effect(keepService), effect(keepRuntime)]
  return () => {
    for (const end of ends) end()
    batch(() => {
      service.value = undefined
      runtime.value = undefined
      releaseStrips()
      shownFor = ''
    })
  }
}

function keepService() {
  const asked = subject.value
  const selected = time.value
  if (service.peek()?.id !== asked) service.value = undefined
  serviceError.value = ''
  if (asked === '') return undefined
  // A page that nobody looks at is asked once: it may have been opened for later.
  let isAnswered = false
  return keepAsking(
    selected,
    async (signal) => {
      if (isAnswered && document.hidden) return
      const range = toTimeRange(intervalOf(selected, Date.now()))
      const answer = await client.getService({ subject: asked, range }, { signal })
      if (signal.aborted) return
      service.value = answer
      serviceError.value = ''
      isAnswered = true
    },
    (error) => (serviceError.value = error),
  )
}

/** Whose runtime is shown; of another it shows nothing. */
let shownFor = ''

function keepRuntime() {
  const asked = subject.value
  const selected = time.value
  if (asked !== shownFor) runtime.value = undefined
  shownFor = asked
  if (asked === '') return undefined
  return keepAskingForStrip(
    selected,
    (interval, signal) =>
      client.getRuntime({ subject: asked, range: toTimeRange(interval), maxPoints: POINTS }, { signal }),
    (response, interval) => {
      runtime.value = { response, interval }
    },
    (error) => (serviceError.value = error),
  )
}
