import { useEffect, useMemo, useRef } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { formatBytes, formatCount, formatDurationNs } from '@quadrant/core'
import { isStripHeld } from '../app/service-data.ts'
import { processNames } from '../app/subjects.ts'
import { go, view } from '../app/view.ts'
import { panAxis, zoomAxis } from '../model/axis-window.ts'
import { clockTime, clockTimeMs } from '../model/clock-text.ts'
import {
  describeEvent,
  eventFlows,
  eventNear,
  eventPauses,
  eventSpan,
  runtimeEvents,
  type RuntimeEvent,
} from '../model/runtime-event.ts'
import { valueAt, type RuntimeStrip } from '../model/runtime-strip.ts'
import {
  collectionPaths,
  durationScale,
  durationY,
  flowPaths,
  GUTTER,
  laneTops,
  LANES,
  LANES_BOTTOM,
  linePath,
  longestPauseMs,
  msOf,
  spanOf,
  STRIP_HEIGHT,
  xOf,
  type Lane,
  type TimeScale,
} from '../model/strip-drawing.ts'
import type { Interval } from '../model/time-range.ts'
import { EventDetail } from './event-detail.tsx'
import { followPointer } from './pointer-drag.ts'
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
  /** Undefined: all of the range. */
  const zoom = useSignal<Interval | undefined>(undefined)
  const cursorX = useSignal<number | undefined>(undefined)
  const focusKey = useSignal('')
  const hasFocus = useSignal(false)
  const window = zoom.value ?? interval
  const scale: TimeScale = { window, width: Math.max(width, GUTTER + 1) }
  const events = useMemo(() => runtimeEvents(strip), [strip])

  const hover =
    cursorX.value === undefined
      ? undefined
      : eventNear(
          events,
          msOf(scale, cursorX.value),
          (NEAR / Math.max(1, width - GUTTER)) * (window.endMs - window.startMs),
        )
  const byKey = (key: string) => (key === '' ? undefined : events.find((event) => event.key === key))
  const shown = hover ?? byKey(focusKey.value) ?? byKey(view.value.item)
  const held = shown ? eventFlows(shown, strip) : []

  const isHeld = zoom.value !== undefined || hasFocus.value || cursorX.value !== undefined
  useEffect(() => void (isStripHeld.value = isHeld), [isHeld])
  const { startMs, endMs } = interval
  useEffect(() => void (zoom.value = undefined), [view.value.time, view.value.selection])
  useEffect(() => () => void (isStripHeld.value = false), [])

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

  // The pointer moves often, and what is drawn below it does not.
  const { durations, flows, longestMs, bars, tops } = useMemo(() => {
    const lengths = durationScale(strip.flows, window)
    const longest = longestPauseMs(strip.collections, window)
    return {
      durations: lengths,
      flows: flowPaths(strip.flows, scale, lengths),
      longestMs: longest,
      bars: collectionPaths(strip.collections, scale, longest),
      tops: laneTops(strip, window),
    }
  }, [strip, window.startMs, window.endMs, width])
  const cursorMs = cursorX.value === undefined ? undefined : msOf(scale, Math.max(GUTTER, cursorX.value))
  const isPrecise = window.endMs - window.startMs < 5000
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
        onPointerMove={(event) => (cursorX.value = at(event) >= GUTTER ? at(event) : undefined)}
        onPointerLeave={() => (cursorX.value = undefined)}
        onKeyDown={onKeyDown}
        onFocus={() => (hasFocus.value = true)}
        onBlur={() => (hasFocus.value = false)}
      >
        {width > GUTTER && (
          <svg aria-hidden="true">
            {shown &&
              eventPauses(shown).map((pause, i) => {
                const span = pause.endMs > pause.startMs ? spanOf(scale, pause, 2) : undefined
                return (
                  span && (
                    <rect
                      key={i}
                      class="strip-standstill"
                      data-pause={i}
                      x={span.x}
                      width={span.width}
                      y={LANES.flows.top}
                      height={LANES_BOTTOM - LANES.flows.top}
                    />
                  )
                )
              })}
            {durations.ticksMs.map((ms) => (
              <g key={ms}>
                <path class="strip-grid" d={`M${GUTTER} ${durationY(durations, ms)}H${width}`} />
                <text class="strip-scale" x={GUTTER - 6} y={durationY(durations, ms) + 3}>
                  {formatDurationNs(ms * 1e6)}
                </text>
              </g>
            ))}
            <path class="strip-flows" d={flows.lines} />
            <path class="strip-flow-ends" d={flows.points} />
            <path class="strip-flows failed" d={flows.failedLines} />
            <path class="strip-flow-ends failed" d={flows.failedPoints} />
            {held.map(({ flow }) => {
              const span = spanOf(scale, flow, 1)
              const y = durationY(durations, flow.endMs - flow.startMs)
              return (
                span && (
                  <path
                    key={flow.key}
                    class="strip-held"
                    data-flow={`${flow.from} to ${flow.to}`}
                    d={`M${span.x} ${y - 1.5}h${span.width}v3h${-span.width}z`}
                  />
                )
              )
            })}
            <path class="strip-bars" d={bars.bars} />
            <path class="strip-bars forced" d={bars.forcedBars} />
            <path class="strip-pauses" d={bars.pauses} />
            {strip.stops.map((stop) => {
              const span = spanOf(scale, stop, 2)
              return (
                span && (
                  <rect
                    key={stop.key}
                    class="strip-stop"
                    x={span.x}
                    width={span.width}
                    y={LANES.stops.top + 2}
                    height={LANES.stops.height - 4}
                  />
                )
              )
            })}
            {/* Of several processes lines are told apart by dashes, and goals are dashed too. */}
            {strip.heapGoal.length === 1 &&
              strip.heapGoal.map((line) => (
                <path
                  key={line.process}
                  class={`strip-line goal line-${lineLook(line)}`}
                  d={linePath(line, scale, LANES.heap, tops.heap)}
                />
              ))}
            {strip.heapLive.map((line) => (
              <path
                key={line.process}
                class={`strip-line line-${lineLook(line)}`}
                d={linePath(line, scale, LANES.heap, tops.heap)}
              />
            ))}
            {strip.goroutines.map((line) => (
              <path
                key={line.process}
                class={`strip-line line-${lineLook(line)}`}
                d={linePath(line, scale, LANES.goroutines, tops.goroutines)}
              />
            ))}
            <rect class="strip-gutter" width={GUTTER - 3} height={LANES_BOTTOM} />
            {durations.ticksMs.map((ms) => (
              <text key={ms} class="strip-scale" x={GUTTER - 6} y={durationY(durations, ms) + 3}>
                {formatDurationNs(ms * 1e6)}
              </text>
            ))}
            <LaneName lane={LANES.flows} name="Flows" note="" />
            <LaneName
              lane={LANES.collections}
              name="Collections"
              note={longestMs > 0 ? `pause ≤ ${formatDurationNs(longestMs * 1e6)}` : ''}
            />
            <LaneName lane={LANES.stops} name="Other stops" note="" />
            <LaneName
              lane={LANES.heap}
              name="Heap"
              note={valueNote(strip.heapLive, cursorMs, formatBytes, tops.heap / 1.08)}
            />
            <LaneName
              lane={LANES.goroutines}
              name="Goroutines"
              note={valueNote(strip.goroutines, cursorMs, formatCount, tops.goroutines / 1.08)}
            />
            {Object.values(LANES).map(({ top, height }) => (
              <path key={top} class="strip-base" d={`M${GUTTER} ${top + height + 0.5}H${width}`} />
            ))}
            {ticks(scale).map((ms) => (
              <text key={ms} class="time-tick" x={xOf(scale, ms)} y={LANES_BOTTOM + 13} text-anchor="middle">
                {isPrecise ? clockTimeMs(ms) : clockTime(ms)}
              </text>
            ))}
            {cursorX.value !== undefined && cursorX.value >= GUTTER && (
              <path class="strip-cursor" d={`M${cursorX.value} ${LANES.flows.top}V${LANES_BOTTOM}`} />
            )}
            {drag.value && (
              <rect
                class="strip-drag"
                x={drag.value[0]}
                width={drag.value[1] - drag.value[0]}
                y={LANES.flows.top}
                height={LANES_BOTTOM - LANES.flows.top}
              />
            )}
          </svg>
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
        {hasFocus.value && shown && describeEvent(shown, strip)}
      </div>
    </section>
  )
}

const LINE_LOOKS = 6

/** Which colour and dashes a process's lines have. */
function lineLook({ process }: { readonly process: number }): number {
  return process % LINE_LOOKS
}

/** Whose line is which. */
function LineLegend({ strip }: { readonly strip: RuntimeStrip }) {
  const name = processNames.value
  return (
    <p class="strip-legend">
      {strip.heapLive.map((line) => (
        <span key={line.process}>
          <svg viewBox="0 0 28 6" aria-hidden="true">
            <path class={`strip-line line-${lineLook(line)}`} d="M0 3h28" />
          </svg>
          {name(strip.processes[line.process] ?? '')}
        </span>
      ))}
    </p>
  )
}

function LaneName({
  lane,
  name,
  note,
}: {
  readonly lane: Lane
  readonly name: string
  readonly note: string
}) {
  return (
    <>
      <text class="strip-name" x={12} y={lane.top + 11}>
        {name}
      </text>
      <text class="strip-note" x={12} y={lane.top + 25}>
        {note}
      </text>
    </>
  )
}

/** At the cursor, or else the most there was. */
function valueNote(
  lines: RuntimeStrip['heapLive'],
  cursorMs: number | undefined,
  format: (value: number) => string,
  most: number,
): string {
  if (lines.length === 0) return 'not read'
  if (cursorMs === undefined) return most > 0 ? `≤ ${format(most)}` : ''
  const values = lines.map((line) => valueAt(line, cursorMs)).filter((value) => value !== undefined)
  if (values.length === 0) return 'no data'
  return `${lines.length > 1 ? 'in all ' : ''}${format(values.reduce((sum, value) => sum + value, 0))}`
}

function stripWords({ collections, stops, flows }: RuntimeStrip): string {
  return `${formatCount(collections.length)} collections, ${formatCount(stops.length)} other stops of the world, ${formatCount(flows.length)} connections. Arrow keys walk through them.`
}

const TICK_GAP = 120
const STEPS = [1, 2, 5]

/** Round times at some distance from each other. */
function ticks({ window, width }: TimeScale): readonly number[] {
  const count = Math.max(1, Math.floor((width - GUTTER) / TICK_GAP))
  const roughMs = (window.endMs - window.startMs) / count
  const magnitude = 10 ** Math.floor(Math.log10(roughMs))
  const stepMs = magnitude * (STEPS.find((step) => step * magnitude >= roughMs) ?? 10)
  const list: number[] = []
  for (let ms = Math.ceil(window.startMs / stepMs) * stepMs; ms <= window.endMs; ms += stepMs) list.push(ms)
  return list.filter((ms) => xOf({ window, width }, ms) < width - 36)
}
