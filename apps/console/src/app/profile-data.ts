import { batch, computed, effect, signal } from '@preact/signals'
import type { GetProfileResponse, GetProfileTimelineResponse } from '@quadrant/proto'
import { readStacks, type StackProfile } from '../model/stack-profile.ts'
import { earlierInterval } from '../model/comparison-time.ts'
import { intervalOf, toTimeRange, type Interval } from '../model/time-range.ts'
import { keepAsking } from './asking.ts'
import { barInterval } from './bar-interval.ts'
import { client } from './client.ts'
import { subject } from './subjects.ts'
import { view } from './view.ts'

/** A profile as it was answered. */
export interface AnsweredProfile {
  readonly response: GetProfileResponse
  readonly stacks: StackProfile
  readonly interval: Interval
  /** When it was answered, milliseconds of the Unix epoch. */
  readonly atMs: number
}

/** What the page shows: of A, and while it is compared of B. */
export const profile = signal<AnsweredProfile | undefined>(undefined)
export const earlierProfile = signal<AnsweredProfile | undefined>(undefined)
export const profileError = signal('')
export const profileTimeline = signal<GetProfileTimelineResponse | undefined>(undefined)

/** Somebody reads the flame graph: while so, what is live does not change under the pointer. */
export const isHeld = signal(false)

const time = computed(() => view.value.time)
const timeOrder = computed(() => view.value.flame === 'time' && !view.value.table)
const apartSeconds = computed(() => (view.value.flame === 'diff' ? view.value.apartSeconds : 0))
const barSeconds = computed(() => view.value.barSeconds)
const barIsPast = computed(() => (time.value.kind === 'live' ? 0 : barInterval.value.endMs))

/** Keeps the profiles as the address wants them, until it is ended. */
export function startProfileData(): () => void {
  const ends = [effect(keepProfile), effect(keepEarlierProfile), effect(keepTimeline)]
  return () => {
    for (const end of ends) end()
    batch(() => {
      profile.value = undefined
      earlierProfile.value = undefined
      profileTimeline.value = undefined
      isHeld.value = false
    })
  }
}

function keepProfile() {
  const asked = { subject: subject.value, timeOrder: timeOrder.value }
  const selected = time.value
  profile.value = undefined
  profileError.value = ''
  return keepAsking(
    selected,
    async (signal) => {
      if ((isHeld.peek() && profile.peek()) || document.hidden) return
      const interval = intervalOf(selected, Date.now())
      const answer = await ask(asked, interval, signal)
      if (signal.aborted || (isHeld.peek() && profile.peek())) return
      profile.value = answer
      profileError.value = ''
    },
    (error) => (profileError.value = error),
  )
}

function keepEarlierProfile() {
  const asked = { subject: subject.value, timeOrder: false }
  const [selected, apart] = [time.value, apartSeconds.value]
  earlierProfile.value = undefined
  if (apart === 0) return undefined
  return keepAsking(
    selected,
    async (signal) => {
      if ((isHeld.peek() && earlierProfile.peek()) || document.hidden) return
      const answer = await ask(asked, earlierInterval(intervalOf(selected, Date.now()), apart), signal)
      if (!signal.aborted) earlierProfile.value = answer
    },
    (error) => (profileError.value = `B: ${error}`),
  )
}

async function ask(
  asked: { readonly subject: string; readonly timeOrder: boolean },
  interval: Interval,
  signal: AbortSignal,
): Promise<AnsweredProfile | undefined> {
  const response = await client.getProfile({ ...asked, range: toTimeRange(interval) }, { signal })
  if (!response.profile) return undefined
  return { response, stacks: readStacks(response.profile), interval, atMs: Date.now() }
}

const TIMELINE_POINTS = 5000

function keepTimeline() {
  const asked = { subject: subject.value, maxPoints: TIMELINE_POINTS }
  void [barSeconds.value, barIsPast.value]
  return keepAsking(
    time.value,
    async (signal) => {
      if (document.hidden) return
      const range = toTimeRange(barInterval.peek())
      const answer = await client.getProfileTimeline({ ...asked, range }, { signal })
      if (!signal.aborted) profileTimeline.value = answer
    },
    (error) => (profileError.value = error),
  )
}
