import type { GetRequestsResponse, RequestSignals } from '@quadrant/proto'
import type { CapturedRow } from './captured-row.ts'
import { decadesAround, durationBands } from './duration-histogram.ts'
import { bandLevels } from './route-row.ts'
import { spanOf, xOf, type Lane, type TimeScale } from './strip-drawing.ts'
import type { Interval } from './time-range.ts'

/** Requests that ended in one step of time. Milliseconds of the Unix epoch. */
export interface SignalStep extends Interval {
  readonly signals: RequestSignals
}

/** Rate, errors and latency over time, as they are drawn. */
export interface SignalStrip {
  /** Oldest first; a time in which no request ended has no step. */
  readonly steps: readonly SignalStep[]
  readonly stepMs: number
  readonly rateMax: number
  readonly errorShareMax: number
  /** Ends of the scale of times: whole decades, nanoseconds. */
  readonly leastNs: number
  readonly mostNs: number
}

export const SIGNAL_LANES = {
  rate: { top: 6, height: 48 },
  errors: { top: 62, height: 26 },
  latency: { top: 96, height: 92 },
} as const satisfies Record<string, Lane>
export const SIGNALS_BOTTOM = 192
export const SIGNALS_HEIGHT = 210

/** However few they are, errors do not fill their lane: below this share they are drawn smaller. */
const ERROR_SHARE_TOP_MIN = 0.02

export function toSignalStrip({
  points,
  pointSeconds,
}: Pick<GetRequestsResponse, 'points' | 'pointSeconds'>): SignalStrip {
  const stepMs = Math.max(1, pointSeconds) * 1000
  const steps = points
    .flatMap(({ timeNs, signals }): SignalStep[] =>
      signals ? [{ startMs: timeNs / 1e6, endMs: timeNs / 1e6 + stepMs, signals }] : [],
    )
    .sort((a, b) => a.startMs - b.startMs)
  return {
    steps,
    stepMs,
    rateMax: Math.max(0, ...steps.map(({ signals }) => signals.requestsPerSecond)),
    errorShareMax: Math.max(0, ...steps.map(({ signals }) => signals.errorShare)),
    ...decadesAround(steps.map(({ signals }) => signals.durations)),
  }
}

/** Where a time stands in the lane of latency: on a logarithmic scale, pixels. */
export function latencyY({ leastNs, mostNs }: SignalStrip, ns: number): number {
  const { top, height } = SIGNAL_LANES.latency
  const part = Math.log(Math.max(ns, leastNs) / leastNs) / Math.log(mostNs / leastNs)
  return round(top + height - Math.min(1, part) * height)
}

/** Round times within the scale, nanoseconds. */
export function latencyTicks({ leastNs, mostNs }: SignalStrip): readonly number[] {
  const ticks: number[] = []
  for (let tick = leastNs; tick <= mostNs * 1.001; tick *= 10) ticks.push(tick)
  return ticks
}

/** Rate and errors as columns from the floor of their lanes. */
export function columnPaths(strip: SignalStrip, scale: TimeScale) {
  const paths = { rate: '', errors: '' }
  const errorTop = Math.max(strip.errorShareMax, ERROR_SHARE_TOP_MIN)
  for (const step of strip.steps) {
    const span = spanOf(scale, step, 1)
    if (!span) continue
    const column = (lane: Lane, share: number) => {
      const high = Math.max(share * lane.height, 1.5)
      return `M${round(span.x)} ${round(lane.top + lane.height - high)}h${round(span.width)}v${round(high)}h${round(-span.width)}z`
    }
    const { requests, requestsPerSecond, errors, errorShare } = step.signals
    if (requests > 0) paths.rate += column(SIGNAL_LANES.rate, requestsPerSecond / (strip.rateMax || 1))
    if (errors > 0) paths.errors += column(SIGNAL_LANES.errors, errorShare / errorTop)
  }
  return paths
}

const BANDS = 16
const LEVELS = 4

/** The times of each step as cells of the lane of latency: a path for each level from 1 to 4. */
export function heatPaths(strip: SignalStrip, scale: TimeScale): readonly string[] {
  const { top, height } = SIGNAL_LANES.latency
  const high = height / BANDS
  const inSight = strip.steps.flatMap(({ signals, ...step }) => {
    const span = spanOf(scale, step, 1)
    return span && signals.durations ? [{ span, bands: durationBands(signals.durations, strip, BANDS) }] : []
  })
  const most = inSight.reduce((largest, { bands }) => Math.max(largest, ...bands), 0)
  const paths = new Array<string>(LEVELS).fill('')
  for (const { span, bands } of inSight)
    bandLevels(bands, most).forEach((level, band) => {
      if (level === 0) return
      const y = round(top + height - (band + 1) * high)
      paths[level - 1] += `M${round(span.x)} ${y}h${round(span.width)}v${round(high)}h${round(-span.width)}z`
    })
  return paths
}

/** A quantile from the middle of one step to that of the next; broken where in between no request ended. */
export function quantilePath(strip: SignalStrip, scale: TimeScale, time: 'p50Ns' | 'p99Ns'): string {
  let path = ''
  let before: SignalStep | undefined
  for (const step of strip.steps) {
    if (step.signals.timed === 0) {
      before = undefined
      continue
    }
    const isNear =
      step.endMs >= scale.window.startMs - strip.stepMs && step.startMs <= scale.window.endMs + strip.stepMs
    if (isNear) {
      const isNext = before !== undefined && step.startMs - before.startMs <= strip.stepMs * 1.5
      const x = round(xOf(scale, (step.startMs + step.endMs) / 2))
      const y = latencyY(strip, step.signals[time])
      // One alone is a line as wide as its step: a point would not be seen.
      path += isNext ? `L${x} ${y}` : `M${round(x - 1.5)} ${y}L${x} ${y}`
    }
    before = isNear ? step : undefined
  }
  return path
}

/** Single requests on the lane of latency: lines from their beginning to their end, and their ends as points. Those that failed apart. */
export function capturedPaths(captures: readonly CapturedRow[], strip: SignalStrip, scale: TimeScale) {
  const paths = { lines: '', ends: '', failedLines: '', failedEnds: '' }
  for (const { timeMs, latencyNs, tone } of captures) {
    if (latencyNs === undefined) continue
    const endMs = timeMs + latencyNs / 1e6
    const span = spanOf(scale, { startMs: timeMs, endMs })
    if (!span) continue
    const y = latencyY(strip, latencyNs)
    const line = `M${round(span.x)} ${y}h${round(span.width)}`
    const end = endMs <= scale.window.endMs ? `M${round(xOf(scale, endMs) - 2)} ${round(y - 2)}h4v4h-4z` : ''
    if (tone === 'bad') {
      paths.failedLines += line
      paths.failedEnds += end
    } else {
      paths.lines += line
      paths.ends += end
    }
  }
  return paths
}

/** Those of them that ended in a step. */
export function capturedIn(
  captures: readonly CapturedRow[],
  { startMs, endMs }: Interval,
): readonly CapturedRow[] {
  return captures.filter(({ timeMs, latencyNs }) => {
    const at = timeMs + (latencyNs ?? 0) / 1e6
    return startMs <= at && at < endMs
  })
}

/** The step at a time; undefined where no request ended in it. */
export function stepAt({ steps }: SignalStrip, ms: number): SignalStep | undefined {
  return steps.find(({ startMs, endMs }) => startMs <= ms && ms < endMs)
}

/** The step before or after another, or that nearest to the end where there is none yet. */
export function stepBeside(
  { steps }: SignalStrip,
  from: SignalStep | undefined,
  by: -1 | 1,
): SignalStep | undefined {
  if (!from) return steps.at(-1)
  const at = steps.findIndex(({ startMs }) => startMs === from.startMs)
  return at === -1 ? steps.at(-1) : (steps[at + by] ?? steps[at])
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
