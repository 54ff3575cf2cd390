import { formatCount, formatDurationNs } from '@quadrant/core'
import { go, onPageWith } from '../app/view.ts'
import { clockTimeMs } from '../model/clock-text.ts'
import { collectionTitle, heapText, workText } from '../model/collection.ts'
import { eventFlows, eventPauseNs, eventSpan, heldWords, type RuntimeEvent } from '../model/runtime-event.ts'
import type { RuntimeStrip } from '../model/runtime-strip.ts'
import { subjectTitle } from '../model/subjects.ts'
import { selectRange } from '../model/time-range.ts'

interface EventDetailProps {
  readonly event: RuntimeEvent | undefined
  readonly strip: RuntimeStrip
  readonly cursorMs: number | undefined
  readonly isZoomed: boolean
  readonly onZoom: () => void
  readonly onWhole: () => void
}

/** A profile shorter than this has hardly a sample, milliseconds. */
const PROFILE_MS_MIN = 2000

/** What is pointed at: always at the same place, so that nothing moves. */
export function EventDetail({ event, strip, cursorMs, isZoomed, onZoom, onWhole }: EventDetailProps) {
  return (
    <div class="strip-detail">
      <div class="words">
        {event ? (
          <EventWords event={event} strip={strip} />
        ) : (
          <p class="muted">
            {formatCount(strip.collections.length)} collections, {formatCount(strip.stops.length)} other
            stops, {formatCount(strip.flows.length)} connections.{' '}
            {cursorMs === undefined
              ? 'Point at a collection, or walk with the arrow keys. Drag to zoom.'
              : clockTimeMs(cursorMs)}
          </p>
        )}
      </div>
      {isZoomed && (
        <button class="button" title="All of the range (0)" onClick={onWhole}>
          Whole range
        </button>
      )}
      {event && (
        <>
          <button class="button" title="Zoom to it (Enter)" onClick={onZoom}>
            Zoom in
          </button>
          <button class="button" onClick={() => showProfile(event)}>
            Profile of this time
          </button>
        </>
      )}
    </div>
  )
}

function EventWords({ event, strip }: { readonly event: RuntimeEvent; readonly strip: RuntimeStrip }) {
  const held = eventFlows(event, strip)
  const { startMs, endMs } = eventSpan(event)
  const process =
    strip.processes.length > 1
      ? strip.processes[event.kind === 'collection' ? event.collection.process : event.stop.process]
      : undefined
  return (
    <>
      <p>
        <strong>
          {event.kind === 'collection' ? capital(collectionTitle(event.collection)) : 'Stop of the world'}
        </strong>
        <span class="mono">{clockTimeMs(startMs)}</span>
        {process && <span>process {subjectTitle(process)}</span>}
        {event.kind === 'collection' ? (
          <>
            <span>{event.collection.trigger}</span>
            <span>took {formatDurationNs((endMs - startMs) * 1e6)}</span>
            <span>
              stood still {formatDurationNs(event.collection.source.sweepTerminationNs)} and{' '}
              {formatDurationNs(event.collection.source.markTerminationNs)}
            </span>
          </>
        ) : (
          <>
            <span>{event.stop.reason}</span>
            <span>stood still {formatDurationNs(eventPauseNs(event))}</span>
          </>
        )}
      </p>
      <p class="muted">
        {event.kind === 'collection' && (
          <>
            <span>{heapText(event.collection)}</span>
            <span>{workText(event.collection)}</span>
          </>
        )}
        <span class={held.length > 0 ? 'tone-warn' : ''}>{capital(heldWords(held))}</span>
      </p>
    </>
  )
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The profile of the seconds around it. */
function showProfile(event: RuntimeEvent) {
  const { startMs, endMs } = eventSpan(event)
  const around = Math.max(0, (PROFILE_MS_MIN - (endMs - startMs)) / 2)
  go(onPageWith('profiles', { time: selectRange(startMs - around, endMs + around, Date.now()) }))
}
