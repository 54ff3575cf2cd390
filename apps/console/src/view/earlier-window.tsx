import { earlier } from '../app/compared-map.ts'
import { go, interval } from '../app/view.ts'
import { clockTime } from '../model/clock-text.ts'
import { apartSecondsAt } from '../model/comparison-time.ts'
import type { Interval } from '../model/time-range.ts'

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
    const onUp = () => {
      removeEventListener('pointermove', onMove)
      removeEventListener('pointerup', onUp)
      removeEventListener('pointercancel', onUp)
    }
    addEventListener('pointermove', onMove)
    addEventListener('pointerup', onUp)
    addEventListener('pointercancel', onUp)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const direction = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (direction === 0) return
    event.preventDefault()
    const stepMs = Math.max(1000, (bar.endMs - bar.startMs) / 100) * (event.shiftKey ? 5 : 1)
    moveTo(b.startMs + direction * stepMs, true)
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
        <div
          key={grip}
          class="time-handle earlier"
          role="slider"
          tabIndex={0}
          aria-label={grip === 'start' ? 'Start of B, moves B' : 'End of B, moves B'}
          aria-valuemin={Math.round(bar.startMs / 1000)}
          aria-valuemax={Math.round(bar.endMs / 1000)}
          aria-valuenow={Math.round((grip === 'start' ? b.startMs : b.endMs) / 1000)}
          aria-valuetext={clockTime(grip === 'start' ? b.startMs : b.endMs)}
          style={{ left: `${grip === 'start' ? left : right}px` }}
          onPointerDown={onPointerDown}
          onKeyDown={onKeyDown}
        />
      ))}
    </>
  )
}
