import { GcTrigger } from '@quadrant/proto'
import type { Collection } from './collection.ts'
import { lineMax, type RuntimeStrip, type StripLine } from './runtime-strip.ts'
import type { SlowFlow } from './slow-flow.ts'
import type { Interval } from './time-range.ts'

/** One lane of the strip: from its upper edge, pixels. */
export interface Lane {
  readonly top: number
  readonly height: number
}

export const LANES = {
  flows: { top: 6, height: 96 },
  collections: { top: 112, height: 50 },
  stops: { top: 172, height: 22 },
  heap: { top: 204, height: 70 },
  goroutines: { top: 284, height: 44 },
} as const satisfies Record<string, Lane>
export const STRIP_HEIGHT = 350
/** Where the lanes end and the times stand. */
export const LANES_BOTTOM = 332
/** At the left of the axis, for names and scales. */
export const GUTTER = 104
const BAR_HEIGHT = 10
/** However short it was, a pause can be seen. */
const PAUSE_WIDTH_MIN = 2

/** A stretch of time on so many pixels. */
export interface TimeScale {
  readonly window: Interval
  /** Of the whole drawing, with its gutter. */
  readonly width: number
}

export function xOf({ window, width }: TimeScale, ms: number): number {
  return GUTTER + ((ms - window.startMs) / (window.endMs - window.startMs)) * (width - GUTTER)
}

export function msOf({ window, width }: TimeScale, x: number): number {
  return window.startMs + ((x - GUTTER) / Math.max(1, width - GUTTER)) * (window.endMs - window.startMs)
}

export interface Span {
  readonly x: number
  readonly width: number
}

/** Where a stretch of time is drawn, cut to what is in sight; undefined where none of it is. */
export function spanOf(scale: TimeScale, { startMs, endMs }: Interval, widthMin = 0): Span | undefined {
  if (endMs < scale.window.startMs || startMs > scale.window.endMs) return undefined
  const left = Math.max(GUTTER, xOf(scale, startMs))
  const right = Math.min(scale.width, xOf(scale, endMs))
  return { x: left, width: Math.max(right - left, widthMin) }
}

/** Durations of flows on a logarithmic scale: the long ones do not press the others flat. */
export interface DurationScale {
  readonly leastMs: number
  readonly mostMs: number
  /** Round durations in between. */
  readonly ticksMs: readonly number[]
}

export function durationScale(flows: readonly SlowFlow[], window: Interval): DurationScale {
  let [least, most] = [Infinity, 0]
  for (const { startMs, endMs } of flows) {
    if (endMs < window.startMs || startMs > window.endMs) continue
    least = Math.min(least, endMs - startMs)
    most = Math.max(most, endMs - startMs)
  }
  const leastMs = 10 ** Math.floor(Math.log10(Math.max(least === Infinity ? 1 : least, 0.01)))
  const mostMs = Math.max(10 ** Math.ceil(Math.log10(Math.max(most, 0.01))), leastMs * 10)
  const ticksMs: number[] = []
  for (let tick = leastMs; tick <= mostMs * 1.001; tick *= 10) ticksMs.push(tick)
  return { leastMs, mostMs, ticksMs }
}

export function durationY({ leastMs, mostMs }: DurationScale, ms: number): number {
  const { top, height } = LANES.flows
  const part = Math.log(Math.max(ms, leastMs) / leastMs) / Math.log(mostMs / leastMs)
  return top + height - Math.min(1, part) * height
}

/** Flows as lines from their beginning to their end, and their ends as points. Those that failed apart. */
export function flowPaths(flows: readonly SlowFlow[], scale: TimeScale, durations: DurationScale) {
  const paths = { lines: '', points: '', failedLines: '', failedPoints: '' }
  for (const flow of flows) {
    const span = spanOf(scale, flow)
    if (!span) continue
    const y = round(durationY(durations, flow.endMs - flow.startMs))
    const line = `M${round(span.x)} ${y}h${round(span.width)}`
    const isEndSeen = flow.endMs <= scale.window.endMs
    const point = isEndSeen ? `M${round(xOf(scale, flow.endMs) - 1.5)} ${y - 1.5}h3v3h-3z` : ''
    if (flow.event === 'fail' || flow.event === 'reset') {
      paths.failedLines += line
      paths.failedPoints += point
    } else {
      paths.lines += line
      paths.points += point
    }
  }
  return paths
}

/** Collections as bars, their pauses as columns on them: as high as they are long. */
export function collectionPaths(collections: readonly Collection[], scale: TimeScale, pauseMsMax: number) {
  const { top, height } = LANES.collections
  const bottom = top + height
  const paths = { bars: '', forcedBars: '', pauses: '' }
  for (const collection of collections) {
    const span = spanOf(scale, collection, 1)
    if (!span) continue
    const bar = `M${round(span.x)} ${bottom}v${-BAR_HEIGHT}h${round(span.width)}v${BAR_HEIGHT}z`
    if (collection.source.trigger === GcTrigger.FORCED) paths.forcedBars += bar
    else paths.bars += bar
    for (const pause of collection.pauses) {
      const pauseMs = pause.endMs - pause.startMs
      const at = pauseMs > 0 ? spanOf(scale, pause, PAUSE_WIDTH_MIN) : undefined
      if (!at) continue
      const high = Math.max(4, (pauseMs / pauseMsMax) * (height - BAR_HEIGHT))
      paths.pauses += `M${round(at.x)} ${bottom - BAR_HEIGHT}v${round(-high)}h${round(at.width)}v${round(high)}z`
    }
  }
  return paths
}

/** The longest pause in sight, milliseconds; 0 where there is none. */
export function longestPauseMs(collections: readonly Collection[], window: Interval): number {
  let most = 0
  for (const { pauses, startMs, endMs } of collections)
    if (endMs >= window.startMs && startMs <= window.endMs)
      for (const pause of pauses) most = Math.max(most, pause.endMs - pause.startMs)
  return most
}

/** A line of figures within a lane; broken where there are gaps. */
export function linePath({ timesMs, values }: StripLine, scale: TimeScale, lane: Lane, most: number): string {
  let path = ''
  let pen = 'M'
  for (let i = 0; i < timesMs.length; i++) {
    const value = values[i]
    const isNear =
      (timesMs[i + 1] ?? timesMs[i]!) >= scale.window.startMs &&
      (timesMs[i - 1] ?? timesMs[i]!) <= scale.window.endMs
    if (value === null || value === undefined || !isNear) {
      pen = 'M'
      continue
    }
    const y = lane.top + lane.height - (most > 0 ? value / most : 0) * lane.height
    path += `${pen}${round(xOf(scale, timesMs[i]!))} ${round(y)}`
    pen = 'L'
  }
  return path
}

/** Upper ends of the lanes' scales. */
export function laneTops(strip: RuntimeStrip, window: Interval) {
  const room = 1.08
  return {
    heap: lineMax([...strip.heapLive, ...strip.heapGoal], window) * room,
    goroutines: lineMax(strip.goroutines, window) * room,
  }
}

const TICK_GAP = 120
const STEPS = [1, 2, 5]

/** Round times at some distance from each other: where the axis carries a label. */
export function axisTicks({ window, width }: TimeScale): readonly number[] {
  const count = Math.max(1, Math.floor((width - GUTTER) / TICK_GAP))
  const roughMs = (window.endMs - window.startMs) / count
  const magnitude = 10 ** Math.floor(Math.log10(roughMs))
  const stepMs = magnitude * (STEPS.find((step) => step * magnitude >= roughMs) ?? 10)
  const list: number[] = []
  for (let ms = Math.ceil(window.startMs / stepMs) * stepMs; ms <= window.endMs; ms += stepMs) list.push(ms)
  return list.filter((ms) => xOf({ window, width }, ms) < width - 36)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
