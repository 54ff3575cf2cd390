import { earlier } from '../app/compared-map.ts'
import { go, interval } from '../app/view.ts'
import { clockTime } from '../model/clock-text.ts'
import { apartSecondsAt } from '../model/comparison-time.ts'
import type { Interval } from '../model/time-range.ts'
import { followPointer } from './pointer-drag.ts'
import { handleStepMs, TimeHandle } from './time-handle.tsx'

interface EarlierWindowProps {
  readonly bar: Interval
  /** Pixels. */
  readonly width: number
}

/** What A is compared with, on the time bar: as long as A, so either of its handles moves the whole of it. */
export function EarlierWindow({ bar, width }: EarlierWindowProps) {
  const b = earlier.value
  if (!b || width === 0) return null
  const perMs = width / (bar.endMs - bar.startMs)
  const at = (ms: number) => Math.min(Math.max((ms - bar.startMs) * perMs, 0), width)
  const [left, right] = [at(b.startMs), at(b.endMs)]

  const moveTo = (startMs: number, replace: boolean) =>
    go({ apartSeconds: apartSecondsAt(interval.peek(), startMs) }, { replace })
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return
    event.stopPropagation()
    const { startMs } = b
    let moved = false
    const onMove = ({ clientX }: PointerEvent) => {
      if (clientX === event.clientX && !moved) return
      moveTo(startMs + (clientX - event.clientX) / perMs, moved)
      moved = true
    }
    followPointer(onMove)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const stepMs = handleStepMs(event, bar)
    if (stepMs !== 0) moveTo(b.startMs + stepMs, true)
  }

  return (
    <>
      {right > left && (
        <div
          class="time-window earlier"
          style={{ left: `${left}px`, width: `${right - left}px` }}
          title="B: what is compared with. Drag it to move it."
          onPointerDown={onPointerDown}
        >
          <span class="time-letter" aria-hidden="true">
            B
          </span>
        </div>
      )}
      {(['start', 'end'] as const).map((grip) => (
        <TimeHandle
          key={grip}
          kind="earlier"
          label={grip === 'start' ? 'Start of B, moves B' : 'End of B, moves B'}
          bar={bar}
          atMs={grip === 'start' ? b.startMs : b.endMs}
          words={clockTime(grip === 'start' ? b.startMs : b.endMs)}
          left={grip === 'start' ? left : right}
          onPointerDown={onPointerDown}
          onKeyDown={onKeyDown}
        />
      ))}
    </>
  )
}
