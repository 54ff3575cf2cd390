import { formatCount, formatDurationUs, formatShare } from '@quadrant/core'
import { lostCount } from '@quadrant/proto'
import { foundShare, timeOrder } from '../app/flame-model.ts'
import { earlierProfile, isHeld, profile } from '../app/profile-data.ts'
import { nowMs, view } from '../app/view.ts'
import { ageText, intervalText } from '../model/clock-text.ts'
import { lostWords } from '../model/lost-words.ts'
import { LostRecords } from './lost-records.tsx'

/** What the picture above rests on: how many samples, how many of them broken, what is missing, how old. */
export function ProfileStatus() {
  const answer = profile.value
  if (!answer) return <div class="status-line">Waiting for the server</div>
  const { response, stacks, interval, atMs } = answer
  const hz = stacks.frequencyHz
  const isLive = view.value.time.kind === 'live'
  const omitted = timeOrder.value?.omittedSamples ?? 0
  const found = foundShare.value
  return (
    <div class="status-line">
      <span>
        {formatCount(response.samples)} samples
        {hz > 0 && `, ${formatDurationUs((response.samples / hz) * 1e6)} of CPU at ${hz} Hz`}
      </span>
      <span class={response.broken > 0 ? 'lossy' : ''}>
        {response.broken > 0
          ? `${formatCount(response.broken)} broken stacks (${formatShare(response.broken / Math.max(1, response.samples))})`
          : 'no broken stack'}
      </span>
      {response.windowsOmitted > 0 && (
        <span class="lossy">
          {formatCount(response.windowsOmitted)} of {formatCount(response.windows + response.windowsOmitted)}{' '}
          windows left out: choose a shorter range
        </span>
      )}
      {omitted > 0 && (
        <span class="lossy">{formatCount(omitted)} later samples not drawn: choose a shorter range</span>
      )}
      {stacks.malformedCount > 0 && (
        <span class="lossy">{formatCount(stacks.malformedCount)} rows could not be read</span>
      )}
      <span>{intervalText(interval.startMs, interval.endMs, nowMs.value)}</span>
      {isLive && (
        <span>
          {isHeld.value
            ? `held while you look, ${ageText((nowMs.value - atMs) / 1000)}`
            : `answered ${ageText((nowMs.value - atMs) / 1000)}`}
        </span>
      )}
      {found !== undefined && <span>{formatShare(found)} of the samples in what is searched for</span>}
      <LostRecords drops={response.drops} />
      {view.value.flame === 'diff' && <EarlierStatus />}
    </div>
  )
}

function EarlierStatus() {
  const answer = earlierProfile.value
  if (!answer) return <span>Waiting for B</span>
  const { response, interval } = answer
  const lost = lostCount(response.drops)
  return (
    <>
      <span class={response.samples === 0 ? 'lossy' : ''}>
        B {intervalText(interval.startMs, interval.endMs, nowMs.value)}: {formatCount(response.samples)}{' '}
        samples, {formatCount(response.broken)} broken
      </span>
      {lost > 0 && <span class="lossy">{lostWords(lost)} in B</span>}
    </>
  )
}
