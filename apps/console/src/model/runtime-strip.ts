import type { GetRuntimeResponse, GoFigures, WorldStop } from '@quadrant/proto'
import { hasGoal, toCollection, type Collection } from './collection.ts'
import { toSlowFlows, type SlowFlow } from './slow-flow.ts'
import type { Interval } from './time-range.ts'

/** The world stood still for another reason than a collection. */
export interface Stop extends Interval {
  readonly key: string
  readonly process: number
  /** The runtime's own word for it. */
  readonly reason: string
}

/** One line of a lane; `null` is a gap: not read, which is not zero. */
export interface StripLine {
  readonly process: number
  readonly timesMs: readonly number[]
  readonly values: readonly (number | null)[]
}

/** What one or several Go runtimes did, on one time axis. */
export interface RuntimeStrip {
  readonly processes: readonly string[]
  readonly collections: readonly Collection[]
  readonly stops: readonly Stop[]
  readonly flows: readonly SlowFlow[]
  readonly heapLive: readonly StripLine[]
  readonly heapGoal: readonly StripLine[]
  readonly goroutines: readonly StripLine[]
  /** Processes whose figures are not drawn, for there are too many. */
  readonly omittedLines: number
}

/** Lines of more processes than this could not be told apart: those with the largest heap are drawn. */
const LINES_MAX = 6
/** A gap between two figures of so many usual steps is drawn as one. */
const GAP_STEPS = 4

export function toRuntimeStrip(response: GetRuntimeResponse): RuntimeStrip {
  const byProcess = Map.groupBy(response.goFigures, ({ process }) => process)
  const largest = [...byProcess]
    .map(([process, figures]) => ({ process, figures, heap: heapOf(figures) }))
    .sort((a, b) => b.heap - a.heap || a.process - b.process)
  const drawn = largest.slice(0, LINES_MAX)
  const lines = (field: FigureField) => drawn.map(({ process, figures }) => lineOf(process, figures, field))
  return {
    processes: response.processes,
    collections: response.gcCycles.map(toCollection).sort((a, b) => a.startMs - b.startMs),
    stops: response.worldStops.map(toStop).sort((a, b) => a.startMs - b.startMs),
    flows: toSlowFlows(response.slowFlows),
    heapLive: lines(FIELDS.heapLive),
    heapGoal: lines(FIELDS.heapGoal),
    goroutines: lines(FIELDS.goroutines),
    omittedLines: largest.length - drawn.length,
  }
}

interface FigureField {
  /** Number of the protocol's field: a bit of `known`. */
  readonly bit: number
  readonly read: (figures: GoFigures) => number | null
}

const FIELDS = {
  heapLive: { bit: 3, read: (figures) => figures.heapLiveBytes },
  heapGoal: { bit: 4, read: ({ heapGoalBytes }) => (hasGoal(heapGoalBytes) ? heapGoalBytes : null) },
  goroutines: { bit: 11, read: (figures) => figures.goroutines },
} satisfies Record<string, FigureField>

/** Whether a figure could be read: `known` has a bit for each field. */
export function isKnown({ known }: GoFigures, bit: number): boolean {
  return Math.floor(known / 2 ** bit) % 2 === 1
}

function lineOf(process: number, all: readonly GoFigures[], { bit, read }: FigureField): StripLine {
  const figures = [...all].sort((a, b) => a.timeNs - b.timeNs)
  const gaps = figures.slice(1).map(({ timeNs }, i) => timeNs - figures[i]!.timeNs)
  const usual = [...gaps].sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? Infinity
  const timesMs: number[] = []
  const values: (number | null)[] = []
  figures.forEach((entry, i) => {
    if (i > 0 && gaps[i - 1]! > usual * GAP_STEPS) {
      timesMs.push((entry.timeNs - usual) / 1e6)
      values.push(null)
    }
    timesMs.push(entry.timeNs / 1e6)
    values.push(isKnown(entry, bit) ? read(entry) : null)
  })
  return { process, timesMs, values }
}

function heapOf(figures: readonly GoFigures[]): number {
  return figures.reduce((most, { heapLiveBytes }) => Math.max(most, heapLiveBytes), 0)
}

function toStop({ process, startNs, durationNs, reason }: WorldStop): Stop {
  return {
    key: `stop:${Math.round(startNs / 1e3)}`,
    process,
    startMs: startNs / 1e6,
    endMs: (startNs + durationNs) / 1e6,
    reason: reason || 'no reason told',
  }
}

/** The largest value of some lines within a window, with those next to it that a line is drawn to; 0 where there is none. */
export function lineMax(lines: readonly StripLine[], window: Interval): number {
  let most = 0
  for (const { timesMs, values } of lines)
    values.forEach((value, i) => {
      const isNear =
        (timesMs[i + 1] ?? timesMs[i]!) >= window.startMs && (timesMs[i - 1] ?? timesMs[i]!) <= window.endMs
      if (value !== null && value > most && isNear) most = value
    })
  return most
}

/** The last value of a line at or before a time; undefined where it was not read. */
export function valueAt({ timesMs, values }: StripLine, ms: number): number | undefined {
  let [low, high] = [0, timesMs.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (timesMs[middle]! <= ms) low = middle + 1
    else high = middle
  }
  return values[low - 1] ?? undefined
}
