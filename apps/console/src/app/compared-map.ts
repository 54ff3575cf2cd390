import { computed, effect, signal } from '@preact/signals'
import type { GetMapResponse } from '@quadrant/proto'
import { earlierInterval, toggleApartSeconds } from '../model/comparison-time.ts'
import { intervalOf, toTimeRange } from '../model/time-range.ts'
import { keepAsking } from './asking.ts'
import { client, LEVEL } from './client.ts'
import { go, interval, view } from './view.ts'

/** The map of B; undefined while nothing is compared, or before the first answer. */
export const earlierMap = signal<GetMapResponse | undefined>(undefined)
/** Why B has no answer; empty where it has one. */
export const earlierError = signal('')

/** What A is compared with; undefined while nothing is. */
export const earlier = computed(() =>
  apartSeconds.value > 0 ? earlierInterval(interval.value, apartSeconds.value) : undefined,
)

const apartSeconds = computed(() => view.value.apartSeconds)
const wanted = computed(() => view.value.page === 'map' && apartSeconds.value > 0)
const time = computed(() => view.value.time)
const level = computed(() => view.value.level)
const query = computed(() => view.value.query)

export function toggleComparison() {
  const { apartSeconds: apart, time: selected } = view.peek()
  go({ apartSeconds: toggleApartSeconds(apart, selected) })
}

/** Asks for the map of B: once where A stands still, every two seconds where both move. */
export function startComparedMap() {
  effect(() => {
    // The map of another level or filter is nothing to compare with; that of another time stands until the new one is there.
    void [level.value, query.value, wanted.value]
    earlierMap.value = undefined
    earlierError.value = ''
  })
  effect(() => {
    if (!wanted.value) return
    const asked = { level: LEVEL[level.value], query: query.value }
    const selected = time.value
    const apart = apartSeconds.value
    return keepAsking(
      selected,
      async (signal) => {
        // A page that nobody looks at asks nothing.
        if (document.hidden) return
        const range = toTimeRange(earlierInterval(intervalOf(selected, Date.now()), apart))
        const answer = await client.getMap({ ...asked, range }, { signal })
        if (signal.aborted) return
        earlierMap.value = answer
        earlierError.value = ''
      },
      (error) => {
        earlierError.value = error
      },
    )
  })
}
