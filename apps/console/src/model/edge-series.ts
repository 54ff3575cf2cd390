import type { EdgeDelta, EdgePoint, GetEdgeResponse } from '@quadrant/proto'

/** One line of a plot. `null` is a gap: no data, which is not zero. */
export interface PlotSeries {
  readonly name: string
  readonly values: readonly (number | null)[]
  /** Class whose text colour the line has. */
  readonly ink: string
  readonly dashed: boolean
}

export interface EdgeSeries {
  /** Seconds of the Unix epoch. */
  readonly times: readonly number[]
  readonly rates: readonly PlotSeries[]
  readonly connections: readonly PlotSeries[]
  readonly latencies: readonly PlotSeries[]
}

/**
 * The points of one edge as lines: per second where they are counts, means where they are sums of samples. A step that
 * the edge has no point for is zero where the host was being watched, and a gap where it was not.
 *
 * @param isCovered whether there are data of that time, milliseconds of the Unix epoch
 */
export function edgeSeries(
  { points, resolutionSeconds }: Pick<GetEdgeResponse, 'points' | 'resolutionSeconds'>,
  isCovered: (ms: number) => boolean,
): EdgeSeries {
  const seconds = Math.max(1, resolutionSeconds)
  const steps = fillSteps(points, seconds, isCovered)
  const line = (
    name: string,
    ink: string,
    dashed: boolean,
    value: (delta: EdgeDelta) => number | null,
    idle: 0 | null = 0,
  ): PlotSeries => ({
    name,
    ink,
    dashed,
    values: steps.map(({ delta }) => (delta === 'idle' ? idle : delta ? value(delta) : null)),
  })
  const bytes = (pick: (delta: EdgeDelta) => number) => (delta: EdgeDelta) =>
    delta.bytesUnknown ? null : pick(delta) / seconds
  const connections = [
    line('opened', 'ink-accent', false, (delta) => delta.opened / seconds),
    line('failed', 'ink-failures', true, (delta) => delta.failed / seconds),
    line('reset', 'ink-resets', true, (delta) => delta.reset / seconds),
  ]
  return {
    times: steps.map(({ time }) => time),
    rates: [
      line(
        'to server',
        'ink-accent',
        false,
        bytes((delta) => delta.bytesToServer),
      ),
      line(
        'to client',
        'ink-quiet',
        false,
        bytes((delta) => delta.bytesToClient),
      ),
    ],
    // What never happened needs no line.
    connections: connections.filter(
      ({ values }, i) => i === 0 || values.some((value) => value !== null && value > 0),
    ),
    latencies: [
      line(
        'mean',
        'ink-accent',
        false,
        (delta) => (delta.srttSamples > 0 ? delta.srttUsSum / delta.srttSamples : null),
        null,
      ),
      line('max', 'ink-quiet', true, (delta) => (delta.srttSamples > 0 ? delta.srttUsMax : null), null),
    ],
  }
}

const STEPS_MAX = 2000

interface Step {
  /** Seconds of the Unix epoch. */
  readonly time: number
  readonly delta: EdgeDelta | 'idle' | undefined
}

function fillSteps(
  points: readonly EdgePoint[],
  seconds: number,
  isCovered: (ms: number) => boolean,
): readonly Step[] {
  const known = new Map(points.map(({ timeNs, delta }) => [Math.round(timeNs / 1e9), delta]))
  const times = [...known.keys()]
  const first = Math.min(...times)
  const last = Math.max(...times)
  if (times.length === 0 || (last - first) / seconds > STEPS_MAX)
    return [...known].map(([time, delta]) => ({ time, delta }))
  const steps: Step[] = []
  for (let time = first; time <= last; time += seconds)
    steps.push({ time, delta: known.get(time) ?? (isCovered(time * 1000) ? 'idle' : undefined) })
  return steps
}
