import type { Interval } from '../model/time-range.ts'

interface TimeHandleProps {
  /** Drawn as that of what is compared with. */
  readonly kind?: 'earlier'
  readonly label: string
  readonly bar: Interval
  readonly atMs: number
  /** Where it is, for screen readers. */
  readonly words: string
  /** Pixels. */
  readonly left: number
  readonly onPointerDown: (event: PointerEvent) => void
  readonly onKeyDown: (event: KeyboardEvent) => void
}

/** A handle of the time bar: a slider over the bar's length. */
export function TimeHandle(props: TimeHandleProps) {
  const { kind, label, bar, atMs, words, left, onPointerDown, onKeyDown } = props
  return (
    <div
      class={kind ? `time-handle ${kind}` : 'time-handle'}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={Math.round(bar.startMs / 1000)}
      aria-valuemax={Math.round(bar.endMs / 1000)}
      aria-valuenow={Math.round(atMs / 1000)}
      aria-valuetext={words}
      style={{ left: `${left}px` }}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    />
  )
}

/** How far an arrow key moves a handle, to the left below 0; 0 for any other key. */
export function handleStepMs(event: KeyboardEvent, bar: Interval): number {
  const direction = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
  if (direction === 0) return 0
  event.preventDefault()
  return direction * Math.max(1000, (bar.endMs - bar.startMs) / 100) * (event.shiftKey ? 5 : 1)
}
