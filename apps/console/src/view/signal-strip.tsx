import { useEffect } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { formatCount } from '@quadrant/core'
import { serviceCaptures } from '../app/service-captures.ts'
import { releaseStrips, stripCursorMs, stripHasFocus, stripPauses, stripZoom } from '../app/strip-axis.ts'
import { subject } from '../app/subjects.ts'
import { go, onPageWith, view } from '../app/view.ts'
import { panAxis, zoomAxis } from '../model/axis-window.ts'
import { clockTime } from '../model/clock-text.ts'
import { describeSignals } from '../model/request-signals.ts'
import {
  capturedIn,
  SIGNALS_HEIGHT,
  stepAt,
  stepBeside,
  type SignalStep,
  type SignalStrip,
} from '../model/signal-lanes.ts'
import { GUTTER, msOf, type TimeScale } from '../model/strip-drawing.ts'
import { subjectQuery } from '../model/subjects.ts'
import { selectRange, type Interval } from '../model/time-range.ts'
import { followPointer } from './pointer-drag.ts'
import { SignalLanes } from './signal-lanes.tsx'
import { SignalLegend } from './signal-legend.tsx'
import { useWidth } from './use-size.ts'

interface SignalStripProps {
  readonly strip: SignalStrip
  /** What the axis spans: that of the runtime below, where there is one. */
  readonly interval: Interval
}

const KEY_ZOOM = 2
const DRAG_MIN = 4
/** The shortest time in sight, milliseconds. */
const WINDOW_MS_MIN = 1000

/** What a service served over time: rate, errors and latency, on the axis that the Go runtime below has too. */
export function SignalStripView({ strip, interval }: SignalStripProps) {
  const [body, width] = useWidth<HTMLDivElement>()
  const focusedMs = useSignal<number | undefined>(undefined)
  const drag = useSignal<readonly [number, number] | undefined>(undefined)
  const window = stripZoom.value ?? interval
  const scale: TimeScale = { window, width: Math.max(width, GUTTER + 1) }
  const cursorMs = stripCursorMs.value
  /** Where the keyboard stands, milliseconds: an answer may have replaced the step. */
  const stood = focusedMs.value === undefined ? undefined : stepAt(strip, focusedMs.value)
  const shown = cursorMs === undefined ? stood : stepAt(strip, cursorMs)

  useEffect(() => void (stripZoom.value = undefined), [view.value.time, view.value.selection])
  useEffect(() => releaseStrips, [])

  const look = (startMs: number, endMs: number) => {
    const isWhole = startMs <= interval.startMs && endMs >= interval.endMs
    stripZoom.value = isWhole ? undefined : { startMs, endMs }
  }
  const zoomBy = (factor: number) => {
    const middle = shown ? (shown.startMs + shown.endMs) / 2 : (window.startMs + window.endMs) / 2
    const next = zoomAxis(
      { start: window.startMs, end: window.endMs },
      {
        factor,
        at: middle,
        whole: { start: interval.startMs, end: interval.endMs },
        least: WINDOW_MS_MIN,
      },
    )
    look(next.start, next.end)
  }
  const stand = (step: SignalStep | undefined) => {
    focusedMs.value = step?.startMs
    if (!step || (step.startMs >= window.startMs && step.endMs <= window.endMs)) return
    const next = panAxis(
      { start: window.startMs, end: window.endMs },
      (step.startMs + step.endMs - window.startMs - window.endMs) / 2,
      { start: interval.startMs, end: interval.endMs },
    )
    look(next.start, next.end)
  }
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
        else focusedMs.value = stepAt(strip, msOf(scale, from))?.startMs
      },
    )
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'ArrowLeft') stand(stepBeside(strip, stood, -1))
    else if (event.key === 'ArrowRight') stand(stepBeside(strip, stood, 1))
    else if (event.key === 'Home') stand(strip.steps[0])
    else if (event.key === 'End') stand(strip.steps.at(-1))
    else if (event.key === 'Enter' && shown) showCaptured(shown)
    else if (event.key === '+' || event.key === '=') zoomBy(KEY_ZOOM)
    else if (event.key === '-') zoomBy(1 / KEY_ZOOM)
    else if (event.key === '0') stripZoom.value = undefined
    else if (event.key === 'Escape' && stripZoom.peek()) stripZoom.value = undefined
    else return
    event.preventDefault()
  }
  const captures = serviceCaptures.value
  const count = strip.steps.length
  const idle = cursorMs !== undefined && !shown ? `${clockTime(cursorMs)}: no request ended then` : ''
  const words = shown
    ? stepWords(shown, capturedIn(captures, shown).length)
    : `${formatCount(count)} steps of time with requests. Arrow keys walk through them.`
  return (
    <section class="strip" aria-label="Requests over time">
      <div
        class="strip-body"
        ref={body}
        role="slider"
        tabIndex={0}
        aria-label="Rate, errors and latency of requests, over time"
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={Math.max(0, count - 1)}
        aria-valuenow={Math.max(0, shown ? strip.steps.indexOf(shown) : count - 1)}
        aria-valuetext={words}
        style={{ height: `${SIGNALS_HEIGHT}px` }}
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
          <SignalLanes
            strip={strip}
            captures={captures}
            scale={scale}
            shown={shown}
            pauses={stripPauses.value}
            cursorMs={cursorMs}
            drag={drag.value}
          />
        )}
      </div>
      <div class="strip-detail signal-detail">
        <p class="words">{shown ? words : idle || <SignalLegend withCaptures={captures.length > 0} />}</p>
        {stripZoom.value && (
          <button class="button" title="All of the range (0)" onClick={() => (stripZoom.value = undefined)}>
            Whole range
          </button>
        )}
        {shown && (
          <button
            class="button"
            title="Requests of this time that were captured (Enter)"
            onClick={() => showCaptured(shown)}
          >
            Captured requests
          </button>
        )}
      </div>
    </section>
  )
}

function stepWords({ startMs, endMs, signals }: SignalStep, captured: number): string {
  const seconds = Math.round((endMs - startMs) / 1000)
  const words = `${clockTime(startMs)}${seconds > 1 ? `, ${seconds} s` : ''}: ${describeSignals(signals)}`
  return captured > 0 ? `${words}; ${formatCount(captured)} captured` : words
}

/** Captured requests that the service served in a step of time, with a second around it. */
function showCaptured({ startMs, endMs }: SignalStep) {
  go(
    onPageWith('flows', {
      rows: 'requests',
      query: subjectQuery('to', subject.peek()),
      time: selectRange(startMs - 1000, endMs + 1000, Date.now()),
    }),
  )
}
