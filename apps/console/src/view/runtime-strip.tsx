import { useEffect, useMemo, useRef } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { formatCount } from '@quadrant/core'
import { releaseStrips, stripCursorMs, stripHasFocus, stripPauses, stripZoom } from '../app/strip-axis.ts'
import { go, view } from '../app/view.ts'
import { panAxis, zoomAxis } from '../model/axis-window.ts'
import { clockTimeMs } from '../model/clock-text.ts'
import {
  describeEvent,
  eventNear,
  eventPauses,
  eventSpan,
  runtimeEvents,
  type RuntimeEvent,
} from '../model/runtime-event.ts'
import type { RuntimeStrip } from '../model/runtime-strip.ts'
import { GUTTER, msOf, STRIP_HEIGHT, xOf, type TimeScale } from '../model/strip-drawing.ts'
import type { Interval } from '../model/time-range.ts'
import { EventDetail } from './event-detail.tsx'
import { LineLegend } from './line-legend.tsx'
import { followPointer } from './pointer-drag.ts'
import { StripLanes } from './strip-lanes.tsx'
import { useWidth } from './use-size.ts'

interface RuntimeStripProps {
  readonly strip: RuntimeStrip
  readonly interval: Interval
}

const WHEEL_STEP = 0.0022
const KEY_ZOOM = 2
const DRAG_MIN = 4
/** How near the pointer must come to an event, pixels. */
const NEAR = 6
/** The shortest time in sight, milliseconds. */
const WINDOW_MS_MIN = 0.2
/** An event that is zoomed to stands in the middle third. */
const EVENT_ZOOM = 1

/** What Go runtimes did and the connections that were open meanwhile, on one axis: what lies under a pause was held up by it. */
export function RuntimeStripView({ strip, interval }: RuntimeStripProps) {
  const [body, width] = useWidth<HTMLDivElement>()
  const whole = { start: interval.startMs, end: interval.endMs }
  const zoom = stripZoom
  const focusKey = useSignal('')
  const window = zoom.value ?? interval
  const scale: TimeScale = { window, width: Math.max(width, GUTTER + 1) }
  const cursorMs = stripCursorMs.value
  const cursorX = cursorMs === undefined ? undefined : xOf(scale, cursorMs)
  const events = useMemo(() => runtimeEvents(strip), [strip])

  const hover =
    cursorMs === undefined
      ? undefined
      : eventNear(events, cursorMs, (NEAR / Math.max(1, width - GUTTER)) * (window.endMs - window.startMs))
  const byKey = (key: string) => (key === '' ? undefined : events.find((event) => event.key === key))
  const shown = hover ?? byKey(focusKey.value) ?? byKey(view.value.item)

  const { startMs, endMs } = interval
  useEffect(() => void (zoom.value = undefined), [view.value.time, view.value.selection])
  useEffect(() => releaseStrips, [])
  const pauses = shown ? eventPauses(shown) : []
  useEffect(
    () => void (stripPauses.value = pauses),
    [pauses.map(({ startMs: from, endMs: to }) => `${from} ${to}`).join()],
  )

  const look = (start: number, end: number) => {
    zoom.value = start <= startMs && end >= endMs ? undefined : { startMs: start, endMs: end }
  }
  const zoomBy = (factor: number, at = (window.startMs + window.endMs) / 2) => {
    const next = zoomAxis(
      { start: window.startMs, end: window.endMs },
      { factor, at, whole, least: WINDOW_MS_MIN },
    )
    look(next.start, next.end)
  }
  const zoomTo = (event: RuntimeEvent) => {
    const span = eventSpan(event)
    const around = Math.max((span.endMs - span.startMs) * EVENT_ZOOM, WINDOW_MS_MIN)
    look(Math.max(startMs, span.startMs - around), Math.min(endMs, span.endMs + around))
  }
  const stand = (event: RuntimeEvent | undefined) => {
    focusKey.value = event?.key ?? ''
    if (!event) return
    const span = eventSpan(event)
    if (span.startMs >= window.startMs && span.endMs <= window.endMs) return
    const next = panAxis(
      { start: window.startMs, end: window.endMs },
      (span.startMs + span.endMs - window.startMs - window.endMs) / 2,
      whole,
    )
    look(next.start, next.end)
  }

  const wheel = useRef<(event: WheelEvent) => void>(() => undefined)
  wheel.current = (event) => {
    const box = body.current?.getBoundingClientRect()
    // The page scrolls by wheel; the axis is zoomed with a key held, as in maps within pages.
    if (!box || !(event.ctrlKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) return
    event.preventDefault()
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1
    if (event.ctrlKey)
      return zoomBy(Math.exp(-event.deltaY * lines * WHEEL_STEP), msOf(scale, event.clientX - box.left))
    const by = ((event.deltaX + event.deltaY) * lines * (window.endMs - window.startMs)) / (width - GUTTER)
    const next = panAxis({ start: window.startMs, end: window.endMs }, by, whole)
    look(next.start, next.end)
  }
  useEffect(() => {
    const element = body.current
    if (!element) return
    const onWheel = (event: WheelEvent) => wheel.current(event)
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [])

  const drag = useSignal<readonly [number, number] | undefined>(undefined)
  const at = (event: PointerEvent) => event.clientX - (body.current?.getBoundingClientRect().left ?? 0)
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return
    const from = at(event)
    followPointer(
      (move) => {
        if (drag.peek() || Math.abs(at(move) - from) >= DRAG_MIN)
          drag.value = [Math.max(GUTTER, Math.min(from, at(move))), Math.min(width, Math.max(from, at(move)))]
      },
      () => {
        const stretch = drag.peek()
        drag.value = undefined
        if (stretch) look(msOf(scale, stretch[0]), msOf(scale, stretch[1]))
        else if (hover) {
          focusKey.value = hover.key
          go({ item: hover.key }, { replace: true })
        }
      },
    )
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const index = events.findIndex(({ key }) => key === shown?.key)
    const last = events.length - 1
    if (event.key === 'ArrowLeft') stand(events[index < 0 ? last : Math.max(0, index - 1)])
    else if (event.key === 'ArrowRight') stand(events[Math.min(last, index + 1)])
    else if (event.key === 'Home') stand(events[0])
    else if (event.key === 'End') stand(events[last])
    else if (event.key === 'Enter' && shown) {
      go({ item: shown.key }, { replace: true })
      zoomTo(shown)
    } else if (event.key === '+' || event.key === '=') zoomBy(KEY_ZOOM)
    else if (event.key === '-') zoomBy(1 / KEY_ZOOM)
    else if (event.key === '0') zoom.value = undefined
    else if (event.key === 'Escape' && zoom.peek()) zoom.value = undefined
    else return
    event.preventDefault()
  }

  return (
    <section class="strip" aria-label="Go runtime">
      <div
        class="strip-body"
        ref={body}
        role="slider"
        tabIndex={0}
        aria-label="Collections and stops of the world, over time"
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={Math.max(0, events.length - 1)}
        aria-valuenow={Math.max(
          0,
          events.findIndex(({ key }) => key === shown?.key),
        )}
        aria-valuetext={
          shown
            ? `${clockTimeMs(eventSpan(shown).startMs)}, ${describeEvent(shown, strip)}`
            : stripWords(strip)
        }
        style={{ height: `${STRIP_HEIGHT}px` }}
        onPointerDown={onPointerDown}
        onPointerMove={(event) =>
          (stripCursorMs.value = at(event) >= GUTTER ? msOf(scale, at(event)) : undefined)
        }
        onPointerLeave={() => (stripCursorMs.value = undefined)}
        onKeyDown={onKeyDown}
        onFocus={() => (stripHasFocus.value = true)}
        onBlur={() => (stripHasFocus.value = false)}
      >
        {width > GUTTER && (
          <StripLanes strip={strip} scale={scale} shown={shown} cursorX={cursorX} drag={drag.value} />
        )}
      </div>
      <EventDetail
        event={shown}
        strip={strip}
        cursorMs={cursorMs}
        isZoomed={zoom.value !== undefined}
        onZoom={() => (shown ? zoomTo(shown) : undefined)}
        onWhole={() => (zoom.value = undefined)}
      />
      {strip.heapLive.length > 1 && <LineLegend strip={strip} />}
      <div class="unseen" aria-live="polite">
        {stripHasFocus.value && shown && describeEvent(shown, strip)}
      </div>
    </section>
  )
}

function stripWords({ collections, stops, flows }: RuntimeStrip): string {
  return `${formatCount(collections.length)} collections, ${formatCount(stops.length)} other stops of the world, ${formatCount(flows.length)} connections. Arrow keys walk through them.`
}
