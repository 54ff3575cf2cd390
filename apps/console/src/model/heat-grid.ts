import type { ProfilePoint } from '@quadrant/proto'
import type { Interval } from './time-range.ts'

/** One step of time: how many processors were at work in it. */
export interface HeatCell {
  readonly startMs: number
  readonly column: number
  /** From the top: later steps of a column are lower. */
  readonly row: number
  readonly samples: number
  /** Processor seconds a second. */
  readonly cores: number
  /** Of the samples, 0 to 1. */
  readonly gcShare: number
  /** 0 for none, to 4 for about as much as the busiest. */
  readonly level: 0 | 1 | 2 | 3 | 4
}

/** Time folded into columns, as text is into lines. A step without a cell has no samples. */
export interface HeatGrid {
  readonly cells: readonly HeatCell[]
  readonly startMs: number
  readonly stepMs: number
  readonly rows: number
  readonly columns: number
  readonly coresMax: number
}

/** Steps of a column: numbers that divide a minute or an hour well. */
const ROWS = [5, 6, 10, 12, 15, 20, 30] as const

/**
 * @param columnsMax at most about so many columns
 * @param resolutionSeconds length of a point, as answered
 */
export function heatGrid(
  points: readonly ProfilePoint[],
  interval: Interval,
  { columnsMax, resolutionSeconds }: { readonly columnsMax: number; readonly resolutionSeconds: number },
): HeatGrid {
  const spanMs = interval.endMs - interval.startMs
  const pointMs = Math.max(1, resolutionSeconds) * 1000
  const rows = ROWS.find((count) => spanMs / pointMs / count <= columnsMax) ?? ROWS.at(-1)!
  const stepMs = pointMs * Math.max(1, Math.ceil(spanMs / pointMs / rows / Math.max(1, columnsMax)))
  const columnMs = stepMs * rows
  // Columns begin at multiples of their length: as time goes on they move, and do not change.
  const startMs = Math.floor(interval.startMs / columnMs) * columnMs
  const columns = Math.max(1, Math.ceil((interval.endMs - startMs) / columnMs))
  const steps = new Map<number, { samples: number; gc: number; cpuSeconds: number }>()
  for (const { timeNs, samples, gcSamples, cpuSeconds } of points) {
    const step = Math.floor((timeNs / 1e6 - startMs) / stepMs)
    if (step < 0 || step >= columns * rows) continue
    const sum = steps.get(step) ?? { samples: 0, gc: 0, cpuSeconds: 0 }
    sum.samples += samples
    sum.gc += gcSamples
    sum.cpuSeconds += cpuSeconds
    steps.set(step, sum)
  }
  const coresOf = (cpuSeconds: number) => cpuSeconds / (stepMs / 1000)
  const coresMax = Math.max(0, ...[...steps.values()].map(({ cpuSeconds }) => coresOf(cpuSeconds)))
  const cells = [...steps].map(([step, { samples, gc, cpuSeconds }]): HeatCell => ({
    startMs: startMs + step * stepMs,
    column: Math.floor(step / rows),
    row: step % rows,
    samples,
    cores: coresOf(cpuSeconds),
    gcShare: samples > 0 ? gc / samples : 0,
    level: levelOf(coresOf(cpuSeconds), coresMax),
  }))
  return {
    cells: cells.sort((a, b) => a.startMs - b.startMs),
    startMs,
    stepMs,
    rows,
    columns,
    coresMax,
  }
}

function levelOf(cores: number, coresMax: number): HeatCell['level'] {
  if (cores <= 0 || coresMax <= 0) return 0
  return Math.min(4, Math.max(1, Math.ceil((cores / coresMax) * 4))) as HeatCell['level']
}

/** The step in a column and row; its start, milliseconds of the Unix epoch. */
export function stepAt({ startMs, stepMs, rows }: HeatGrid, column: number, row: number): number {
  return startMs + (column * rows + row) * stepMs
}
