import { computed, effect, signal } from '@preact/signals'
import { toCapturedRow, type CapturedRow } from '../model/captured-row.ts'
import { subjectQuery } from '../model/subjects.ts'
import { toTimeRange } from '../model/time-range.ts'
import { client } from './client.ts'
import { keepAskingForStrip } from './strip-asking.ts'
import { subject } from './subjects.ts'
import { view } from './view.ts'

/** Captured requests that the selected service or process served: laid over their latency, the newest ones. */
export const serviceCaptures = signal<readonly CapturedRow[]>([])

const time = computed(() => view.value.time)
const CAPTURES = 500

let shownFor = ''

/** Keeps them, until it is ended. Where they cannot be had they are not drawn: the strip itself says what went wrong. */
export function startServiceCaptures(): () => void {
  const end = effect(keepCaptures)
  return () => {
    end()
    serviceCaptures.value = []
    shownFor = ''
  }
}

function keepCaptures() {
  const server = subject.value
  const selected = time.value
  if (server !== shownFor) serviceCaptures.value = []
  shownFor = server
  if (server === '') return undefined
  return keepAskingForStrip(
    selected,
    (interval, signal) =>
      client.listRequests(
        { range: toTimeRange(interval), query: subjectQuery('to', server), limit: CAPTURES },
        { signal },
      ),
    ({ requests }) => {
      serviceCaptures.value = requests.map(toCapturedRow).filter((row) => row !== undefined)
    },
    () => undefined,
  )
}
