import { timeline, timelineSeconds } from '../app/live-data.ts'
import { earlier, toggleComparison } from '../app/compared-map.ts'
import { barInterval } from '../app/bar-interval.ts'
import { go, interval, nowMs, view } from '../app/view.ts'
import { clockTime, durationWords, intervalText } from '../model/clock-text.ts'
import {
  goLive,
  lengthMs,
  selectRange,
  stepTime,
  togglePause,
  formatDurationSeconds,
} from '../model/time-range.ts'
import { binTimeline } from '../model/timeline.ts'
import { BAR_SECONDS } from '../model/view-state.ts'
import { EarlierWindow } from './earlier-window.tsx'
import { Icon } from './icon.tsx'
import { followPointer } from './pointer-drag.ts'
import { TimeChart } from './time-chart.tsx'
import { handleStepMs, TimeHandle } from './time-handle.tsx'
import { useWidth } from './use-size.ts'

const BAR_WIDTH = 4
/** Less than this is a click and no drag, pixels. */
const DRAG_MIN = 4

/** The one time bar: what happened when, and which stretch of it everything else shows. */
export function TimeBar() {
  return (
    <div class="time" role="group" aria-label="Time">
      <TimeControls />
      <TimeTrack />
      <div class="segments time-span" role="group" aria-label="Length of the bar">
        {BAR_SECONDS.map((seconds) => (
          <button
            key={seconds}
            aria-pressed={view.value.barSeconds === seconds}
            onClick={() => go({ barSeconds: seconds }, { replace: true })}
          >
            {formatDurationSeconds(seconds)}
          </button>
        ))}
      </div>
    </div>
  )
}

function TimeControls() {
  const { time } = view.value
  const live = time.kind === 'live'
  const { startMs, endMs } = interval.value
  const exact = intervalText(startMs, endMs, nowMs.value)
  const b = earlier.value
  const exactB = b && intervalText(b.startMs, b.endMs, nowMs.value)
  return (
    <div class="time-controls">
      <div class="row">
        <button
          class="button plain icon-only"
          title="Step back ([)"
          aria-label="Step back"
          onClick={() => go({ time: stepTime(time, -1, Date.now()) })}
        >
          <Icon name="back" />
        </button>
        <button
          class="button plain icon-only"
          title={live ? 'Pause (Space)' : 'Resume (Space)'}
          aria-label={live ? 'Pause' : 'Resume'}
          onClick={() => go({ time: togglePause(time, Date.now()) })}
        >
          <Icon name={live ? 'pause' : 'play'} />
        </button>
        <button
          class="button plain icon-only"
          title="Step forward (])"
          aria-label="Step forward"
          disabled={live}
          onClick={() => go({ time: stepTime(time, 1, Date.now()) })}
        >
          <Icon name="forward" />
        </button>
        <button
          class="button live"
          aria-pressed={live}
          title="Live (.)"
          onClick={() => go({ time: goLive(time) })}
        >
          Live
        </button>
        <button
          class="button live"
          aria-pressed={b !== undefined}
          aria-label="Compare with the time before"
          title="Compare with the time before (c)"
          onClick={toggleComparison}
        >
          A/B
        </button>
      </div>
      <div class="time-label clip" title={b ? `A ${exact}, B ${exactB}` : exact}>
        {b && 'A '}
        {live ? `Last ${durationWords(time.windowSeconds)}` : exact}
      </div>
      {b && (
        <div class="time-label clip" title={`B ${exactB}`}>
          B {exactB}
        </div>
      )}
    </div>
  )
}

type Grip = 'start' | 'end' | 'new'

function TimeTrack() {
  const [track, width] = useWidth<HTMLDivElement>()
  const bar = barInterval.value
  const bins = binTimeline(timeline.value, bar, {
    countMax: Math.floor(Math.max(width, 200) / BAR_WIDTH),
    resolutionSeconds: timelineSeconds.value,
  })
  const { startMs, endMs } = interval.value
  const perMs = width / (bar.endMs - bar.startMs)
  const left = Math.max(0, (startMs - bar.startMs) * perMs)
  const right = Math.min(width, (endMs - bar.startMs) * perMs)
  const isLive = view.value.time.kind === 'live'

  const timeAt = (clientX: number) =>
    bar.startMs + (clientX - (track.current?.getBoundingClientRect().left ?? 0)) / perMs

  /** Moves one end. The left end of a live window makes it longer or shorter, and it stays live. */
  const moveEnd = (grip: 'start' | 'end', atMs: number, replace: boolean) => {
    const { time } = view.peek()
    const now = Date.now()
    if (grip === 'start' && time.kind === 'live')
      go({ time: { kind: 'live', windowSeconds: Math.max(5, Math.round((now - atMs) / 1000)) } }, { replace })
    else {
      const current = interval.peek()
      go(
        {
          time:
            grip === 'start'
              ? selectRange(atMs, current.endMs, now)
              : selectRange(current.startMs, atMs, now),
        },
        { replace },
      )
    }
  }
  const onPointerDown = (event: PointerEvent, grip: Grip) => {
    if (event.button !== 0) return
    event.stopPropagation()
    const origin = event.clientX
    const originMs = timeAt(origin)
    let moved = false
    const onMove = (move: PointerEvent) => {
      if (!moved && Math.abs(move.clientX - origin) < DRAG_MIN) return
      const replace = moved
      moved = true
      const atMs = Math.min(Math.max(timeAt(move.clientX), bar.startMs), bar.endMs)
      if (grip === 'new') go({ time: selectRange(originMs, atMs, Date.now()) }, { replace })
      else moveEnd(grip, atMs, replace)
    }
    followPointer(onMove, () => {
      if (moved || grip !== 'new') return
      // A click: a window of the same length around it.
      const half = Math.min(lengthMs(view.peek().time), bar.endMs - bar.startMs) / 2
      go({ time: selectRange(originMs - half, originMs + half, Date.now()) })
    })
  }
  const onHandleKey = (event: KeyboardEvent, grip: 'start' | 'end') => {
    const stepMs = handleStepMs(event, bar)
    if (stepMs !== 0) moveEnd(grip, (grip === 'start' ? startMs : endMs) + stepMs, true)
  }

  return (
    <div class="time-track" ref={track} onPointerDown={(event) => onPointerDown(event, 'new')}>
      {width > 0 && <TimeChart bins={bins} bar={bar} width={width} />}
      {right > left && (
        <div class="time-window" style={{ left: `${left}px`, width: `${right - left}px` }}>
          {earlier.value && (
            <span class="time-letter" aria-hidden="true">
              A
            </span>
          )}
        </div>
      )}
      <EarlierWindow bar={bar} width={width} />
      {(['start', 'end'] as const).map((grip) => (
        <TimeHandle
          key={grip}
          label={grip === 'start' ? 'Start of the range' : 'End of the range'}
          bar={bar}
          atMs={grip === 'start' ? startMs : endMs}
          words={grip === 'end' && isLive ? 'now' : clockTime(grip === 'start' ? startMs : endMs)}
          left={grip === 'start' ? left : right}
          onPointerDown={(event) => onPointerDown(event, grip)}
          onKeyDown={(event) => onHandleKey(event, grip)}
        />
      ))}
    </div>
  )
}
