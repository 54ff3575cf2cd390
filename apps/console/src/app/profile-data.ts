import { batch, computed, effect, signal } from '@preact/signals'
import type { GetProfileResponse, GetProfileTimelineResponse } from '@quadrant/proto'
import { readStacks, type StackProfile } from '../model/stack-profile.ts'
import { earlierInterval } from '../model/comparison-time.ts'
import { intervalOf, toTimeRange, type Interval, type TimeSelection } from '../model/time-range.ts'
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
      shownFor = ''
    })
  }
}

/** What the profile that is shown was asked for; of another it shows nothing. */
let shownFor = ''

function keepProfile() {
  const asked = { subject: subject.value, timeOrder: timeOrder.value }
  const key = `${asked.subject} ${String(asked.timeOrder)}`
  if (key !== shownFor) profile.value = undefined
  shownFor = key
  profileError.value = ''
  return keepAnswering(time.value, {
    ask: (interval, signal) => ask(asked, interval, signal),
    take: (answer) => {
      profile.value = answer
      profileError.value = ''
    },
    onError: (error) => (profileError.value = error),
  })
}

function keepEarlierProfile() {
  const asked = { subject: subject.value, timeOrder: false }
  const apart = apartSeconds.value
  earlierProfile.value = undefined
  if (apart === 0) return undefined
  return keepAnswering(time.value, {
    ask: (interval, signal) => ask(asked, earlierInterval(interval, apart), signal),
    take: (answer) => (earlierProfile.value = answer),
    onError: (error) => (profileError.value = `B: ${error}`),
  })
}

interface Answering {
  readonly ask: (interval: Interval, signal: AbortSignal) => Promise<AnsweredProfile | undefined>
  readonly take: (answer: AnsweredProfile | undefined) => void
  readonly onError: (text: string) => void
}

/** Asks as long as nobody holds what was answered first: what was selected anew is always asked for. */
function keepAnswering(selected: TimeSelection, { ask: once, take, onError }: Answering): () => void {
  let isAnswered = false
  const isFixed = () => isAnswered && (document.hidden || isHeld.peek())
  return keepAsking(
    selected,
    async (signal) => {
      if (isFixed()) return
      const answer = await once(intervalOf(selected, Date.now()), signal)
      if (signal.aborted || isFixed()) return
      take(answer)
      isAnswered = true
    },
    onError,
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
/** Whose samples the heat map shows; of another it shows nothing. */
let timelineFor = ''

function keepTimeline() {
  const asked = { subject: subject.value, maxPoints: TIMELINE_POINTS }
  if (asked.subject !== timelineFor) profileTimeline.value = undefined
  timelineFor = asked.subject
  void [barSeconds.value, barIsPast.value]
  return keepAsking(
    time.value,
    async (signal) => {
      if (document.hidden && profileTimeline.peek()) return
      const range = toTimeRange(barInterval.peek())
      const answer = await client.getProfileTimeline({ ...asked, range }, { signal })
      if (!signal.aborted) profileTimeline.value = answer
    },
    (error) => (profileError.value = error),
  )
}
