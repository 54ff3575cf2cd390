import { computed } from '@preact/signals'
import type { Interval } from '../model/time-range.ts'
import { nowMs, view } from './view.ts'

/** When the bar does not end now: a range of the past that the bar would not reach stands in its middle. */
const pastEndMs = computed<number | undefined>(() => {
  const { time, barSeconds } = view.value
  if (time.kind === 'live' || time.startMs >= nowMs.value - barSeconds * 1000) return undefined
  const middle = (time.startMs + time.endMs) / 2
  return Math.min(middle + (barSeconds * 1000) / 2, nowMs.value)
})

/** The end of a bar that stands still; undefined while it ends now. Whole minutes, so that it changes seldom. */
export const barEndMs = computed(() =>
  pastEndMs.value === undefined ? undefined : Math.ceil(pastEndMs.value / 60_000) * 60_000,
)

/** What the time bar spans. */
export const barInterval = computed<Interval>(() => {
  const endMs = barEndMs.value ?? nowMs.value
  return { startMs: endMs - view.value.barSeconds * 1000, endMs }
})
