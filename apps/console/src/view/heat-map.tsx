import { useSignal } from '@preact/signals'
import { formatCount, formatShare } from '@quadrant/core'
import type { GetProfileTimelineResponse } from '@quadrant/proto'
import { barInterval } from '../app/bar-interval.ts'
import { go, interval } from '../app/view.ts'
import { clockMinutes, clockTime } from '../model/clock-text.ts'
import { heatGrid, stepAt, type HeatCell, type HeatGrid } from '../model/heat-grid.ts'
import { selectRange } from '../model/time-range.ts'
import { timeTicks } from '../model/timeline.ts'
import { followPointer } from './pointer-drag.ts'
import { useWidth } from './use-size.ts'

const CELL_WIDTH = 9
const CELL_HEIGHT = 7
const TICKS_GAP = 110
/** From this share on a step is marked as one of the collector's. */
const GC_SHARE_MIN = 0.25

/** The bar's time folded into columns: how busy each step of it was. A stretch of it is selected by dragging. */
export function HeatMap({ timeline }: { readonly timeline: GetProfileTimelineResponse | undefined }) {
  const [body, width] = useWidth<HTMLDivElement>()
  /** The step that the keyboard stands on, and where a stretch that is being selected began; milliseconds. */
  const cursor = useSignal<number | undefined>(undefined)
  const anchor = useSignal<number | undefined>(undefined)
  const grid = heatGrid(timeline?.points ?? [], barInterval.value, {
    columnsMax: Math.max(20, Math.floor(width / CELL_WIDTH)),
    resolutionSeconds: timeline?.resolutionSeconds || 1,
  })
  const cellWidth = width / grid.columns
  const height = grid.rows * CELL_HEIGHT
  const cellAt = new Map(grid.cells.map((cell) => [cell.startMs, cell]))
  const endMs = grid.startMs + grid.columns * grid.rows * grid.stepMs

  const stepUnder = ({ clientX, clientY }: { clientX: number; clientY: number }) => {
    const box = body.current?.getBoundingClientRect()
    if (!box) return grid.startMs
    const within = (at: number, length: number, count: number) =>
      Math.min(Math.max(Math.floor((at / length) * count), 0), count - 1)
    return stepAt(
      grid,
      within(clientX - box.left, box.width, grid.columns),
      within(clientY - box.top, height, grid.rows),
    )
  }
  const select = (from: number, to: number, replace: boolean) =>
    go({ time: selectRange(Math.min(from, to), Math.max(from, to) + grid.stepMs, Date.now()) }, { replace })
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return
    const from = stepUnder(event)
    let moved = false
    followPointer(
      (move) => {
        const to = stepUnder(move)
        if (to === from && !moved) return
        select(from, to, moved)
        moved = true
      },
      () => moved || select(from, from, false),
    )
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = {
      ArrowUp: -1,
      ArrowDown: 1,
      ArrowLeft: -grid.rows,
      ArrowRight: grid.rows,
    }
    const step = steps[event.key]
    const at = cursor.peek() ?? lastStep(grid)
    if (step !== undefined) {
      if (event.shiftKey) anchor.value ??= at
      else anchor.value = undefined
      cursor.value = Math.min(Math.max(at + step * grid.stepMs, grid.startMs), endMs - grid.stepMs)
    } else if (event.key === 'Enter') {
      select(anchor.peek() ?? at, at, false)
      anchor.value = undefined
    } else return
    event.preventDefault()
  }

  const paths = ['', '', '', '', '']
  let collector = ''
  const box = (startMs: number, inset = 0.5) => {
    const index = Math.round((startMs - grid.startMs) / grid.stepMs)
    const x = Math.floor(index / grid.rows) * cellWidth + inset
    const y = (index % grid.rows) * CELL_HEIGHT + inset
    return `M${x.toFixed(1)} ${y}h${(cellWidth - 2 * inset).toFixed(1)}v${CELL_HEIGHT - 2 * inset}h${(2 * inset - cellWidth).toFixed(1)}z`
  }
  for (const { startMs, level, gcShare } of grid.cells) {
    paths[level] += box(startMs)
    if (gcShare >= GC_SHARE_MIN) collector += box(startMs, 2.4)
  }
  const selection = stepsBetween(grid, interval.value.startMs, interval.value.endMs)
  const marked = cursor.value
  return (
    <div class="heat">
      <div
        class="heat-body"
        ref={body}
        role="slider"
        tabIndex={0}
        aria-label="Processor time by second"
        aria-orientation="horizontal"
        aria-valuemin={Math.round(grid.startMs / 1000)}
        aria-valuemax={Math.round(endMs / 1000)}
        aria-valuenow={Math.round((marked ?? lastStep(grid)) / 1000)}
        aria-valuetext={stepWords(grid, marked ?? lastStep(grid), cellAt)}
        title="Drag to select a stretch of time"
        style={{ height: `${height + 15}px` }}
        onPointerDown={onPointerDown}
        onPointerMove={(event) => (cursor.value = stepUnder(event))}
        onPointerLeave={() => (cursor.value = undefined)}
        onKeyDown={onKeyDown}
        onBlur={() => (cursor.value = undefined)}
      >
        {width > 0 && (
          <svg aria-hidden="true">
            {paths.map((path, level) => (
              <path key={level} class={`heat-${level}`} d={path} />
            ))}
            <path class="heat-gc" d={collector} />
            <path class="heat-selected" d={selection.map((ms) => box(ms, 0)).join('')} />
            {anchor.value !== undefined && marked !== undefined && (
              <path
                class="heat-selected"
                d={stepsBetween(grid, Math.min(anchor.value, marked), Math.max(anchor.value, marked) + 1)
                  .map((ms) => box(ms, 0))
                  .join('')}
              />
            )}
            {marked !== undefined && <path class="heat-cursor" d={box(marked, 0)} />}
            {timeTicks({ startMs: grid.startMs, endMs }, Math.max(2, Math.floor(width / TICKS_GAP))).map(
              (ms) => {
                const x = Math.floor((ms - grid.startMs) / grid.stepMs / grid.rows) * cellWidth
                return x > width - 36 ? undefined : (
                  <text key={ms} class="time-tick" x={x} y={height + 12}>
                    {clockMinutes(ms, endMs - grid.startMs <= 300_000)}
                  </text>
                )
              },
            )}
          </svg>
        )}
      </div>
      <p class="heat-legend">
        <span>
          {marked === undefined ? `each cell ${grid.stepMs / 1000} s` : stepWords(grid, marked, cellAt)}
        </span>
        <span class="push">idle</span>
        <svg class="heat-scale" viewBox="0 0 50 8" aria-hidden="true">
          {paths.map((_, level) => (
            <path key={level} class={`heat-${level}`} d={`M${level * 10} 0h9v8h-9z`} />
          ))}
        </svg>
        <span>{coresText(grid.coresMax)}</span>
        <svg class="heat-scale one" viewBox="0 0 10 8" aria-hidden="true">
          <path class="heat-2" d="M0 0h9v8h-9z" />
          <path class="heat-gc" d="M2.4 2h4.2v4h-4.2z" />
        </svg>
        <span>a quarter or more is the collector's</span>
      </p>
    </div>
  )
}

function lastStep({ startMs, stepMs, cells }: HeatGrid): number {
  return cells.at(-1)?.startMs ?? startMs + stepMs
}

const STEPS_MAX = 5000

function stepsBetween({ startMs, stepMs, columns, rows }: HeatGrid, fromMs: number, toMs: number): number[] {
  const first = Math.max(0, Math.floor((fromMs - startMs) / stepMs))
  const end = Math.min(columns * rows, Math.ceil((toMs - startMs) / stepMs))
  return Array.from(
    { length: Math.min(Math.max(0, end - first), STEPS_MAX) },
    (_, i) => startMs + (first + i) * stepMs,
  )
}

function stepWords(grid: HeatGrid, startMs: number, cellAt: ReadonlyMap<number, HeatCell>): string {
  const cell = cellAt.get(startMs)
  if (!cell) return `${clockTime(startMs)}: no samples`
  return `${clockTime(startMs)}: ${coresText(cell.cores)} at work, ${formatCount(cell.samples)} samples, ${formatShare(cell.gcShare)} the collector's`
}

function coresText(cores: number): string {
  return `${cores.toFixed(cores < 0.095 ? 3 : 2)} processors`
}
