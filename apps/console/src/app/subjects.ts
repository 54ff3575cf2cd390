import { computed, effect, signal } from '@preact/signals'
import type { GetServiceResponse } from '@quadrant/proto'
import { groupSubjects, processTitle, subjectTitle } from '../model/subjects.ts'
import { intervalOf, toTimeRange } from '../model/time-range.ts'
import { subjectOf } from '../model/view-state.ts'
import { keepAsking } from './asking.ts'
import { client } from './client.ts'
import { view } from './view.ts'

/** The service or process that is selected; empty for none. */
export const subject = computed(() => subjectOf(view.value.selection))

/** All that ran in the range, of every service. */
export const everyone = signal<GetServiceResponse | undefined>(undefined)
export const everyoneError = signal('')

/** Services and processes that one may look at. */
export const subjects = computed(() => groupSubjects(everyone.value?.instances ?? []))

/** Titles of processes by their coordinates, as text: it changes only when one of them does. */
const titleLines = computed(() =>
  (everyone.value?.instances ?? []).map((instance) => `${instance.id}\n${processTitle(instance)}`).join('\n'),
)

/** The name of a process for people. The same function as long as no name has changed. */
export const processNames = computed(() => {
  const lines = titleLines.value.split('\n')
  const titles = new Map<string, string>()
  for (let i = 0; i + 1 < lines.length; i += 2) titles.set(lines[i]!, lines[i + 1]!)
  return (id: string) => titles.get(id) ?? (id === '' ? 'unknown process' : subjectTitle(id))
})

const time = computed(() => view.value.time)

/** Keeps the list of them, until it is ended. */
export function startSubjects(): () => void {
  return effect(() => {
    const selected = time.value
    return keepAsking(
      selected,
      async (signal) => {
        if (document.hidden && everyone.peek()) return
        const range = toTimeRange(intervalOf(selected, Date.now()))
        const answer = await client.getService({ subject: '', range }, { signal })
        if (signal.aborted) return
        everyone.value = answer
        everyoneError.value = ''
      },
      (error) => (everyoneError.value = error),
    )
  })
}
