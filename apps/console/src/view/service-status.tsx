import { formatCount } from '@quadrant/core'
import { runtime, runtimeStrip, serviceError } from '../app/service-data.ts'
import { isStripHeld } from '../app/strip-axis.ts'
import { nowMs, view } from '../app/view.ts'
import { ageText, intervalText } from '../model/clock-text.ts'
import { LostRecords } from './lost-records.tsx'

/** What the strip rests on: how much of it, how old, what is missing. */
export function ServiceStatus() {
  const told = runtime.value
  const strip = runtimeStrip.value
  if (!told || !strip) return <div class="status-line">Waiting for the server</div>
  const { response, interval } = told
  const isLive = view.value.time.kind === 'live'
  return (
    <div class="status-line">
      <span>
        {formatCount(strip.collections.length)} collections, {formatCount(strip.stops.length)} other stops,{' '}
        {formatCount(response.goFigures.length)} readings, the {formatCount(strip.flows.length)} longest
        connections
      </span>
      <span>{intervalText(interval.startMs, interval.endMs, nowMs.value)}</span>
      {isLive && (
        <span>
          {isStripHeld.value ? 'held while you look, ' : 'answered '}
          {ageText((nowMs.value - interval.endMs) / 1000)}
        </span>
      )}
      {response.omitted > 0 && (
        <span class="lossy">{formatCount(response.omitted)} older events left out</span>
      )}
      {strip.omittedLines > 0 && (
        <span class="lossy">lines of {formatCount(strip.omittedLines)} more processes not drawn</span>
      )}
      <LostRecords drops={response.drops} />
      {serviceError.value !== '' && <span class="tone-failures">{serviceError.value}</span>}
    </div>
  )
}
