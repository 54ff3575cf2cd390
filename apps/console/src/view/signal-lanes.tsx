import { useMemo } from 'preact/hooks'
import { formatDurationNs, formatRate, formatShare } from '@quadrant/core'
import type { CapturedRow } from '../model/captured-row.ts'
import { clockTime, clockTimeMs } from '../model/clock-text.ts'
import {
  capturedPaths,
  columnPaths,
  heatPaths,
  latencyTicks,
  latencyY,
  quantilePath,
  SIGNAL_LANES,
  SIGNALS_BOTTOM,
  type SignalStep,
  type SignalStrip,
} from '../model/signal-lanes.ts'
import { axisTicks, GUTTER, spanOf, xOf, type Lane, type TimeScale } from '../model/strip-drawing.ts'
import type { Interval } from '../model/time-range.ts'

interface SignalLanesProps {
  readonly strip: SignalStrip
  readonly scale: TimeScale
  /** Single requests, drawn over the latency of all. */
  readonly captures: readonly CapturedRow[]
  /** Pauses of what is pointed at in the runtime below. */
  readonly pauses: readonly Interval[]
  /** What is pointed at. */
  readonly shown: SignalStep | undefined
  readonly cursorMs: number | undefined
  /** The stretch that is being dragged, pixels. */
  readonly drag: readonly [number, number] | undefined
}

/** Rate, errors and latency on one axis. */
export function SignalLanes(props: SignalLanesProps) {
  const { strip, captures, pauses, scale, shown, cursorMs, drag } = props
  const { window, width } = scale
  // The pointer moves often, and what is drawn below it does not.
  const { columns, heat, p50, p99, single } = useMemo(
    () => ({
      columns: columnPaths(strip, scale),
      heat: heatPaths(strip, scale),
      p50: quantilePath(strip, scale, 'p50Ns'),
      p99: quantilePath(strip, scale, 'p99Ns'),
      single: capturedPaths(captures, strip, scale),
    }),
    [strip, captures, window.startMs, window.endMs, width],
  )
  const span = shown && spanOf(scale, shown, 2)
  const cursorX = cursorMs === undefined ? undefined : xOf(scale, cursorMs)
  const isPrecise = window.endMs - window.startMs < 5000
  return (
    <svg aria-hidden="true">
      {span && (
        <rect
          class="signal-shown"
          x={span.x}
          width={span.width}
          y={SIGNAL_LANES.rate.top}
          height={SIGNALS_BOTTOM - SIGNAL_LANES.rate.top}
        />
      )}
      {pauses.map((pause, i) => {
        const stood = pause.endMs > pause.startMs ? spanOf(scale, pause, 2) : undefined
        return (
          stood && (
            <rect
              key={i}
              class="strip-standstill"
              x={stood.x}
              width={stood.width}
              y={SIGNAL_LANES.rate.top}
              height={SIGNALS_BOTTOM - SIGNAL_LANES.rate.top}
            />
          )
        )
      })}
      <path class="signal-rate" d={columns.rate} />
      <path class="signal-errors" d={columns.errors} />
      {latencyTicks(strip).map((ns) => (
        <path key={ns} class="strip-grid" d={`M${GUTTER} ${latencyY(strip, ns)}H${width}`} />
      ))}
      {heat.map((path, i) => (
        <path key={i} class={`signal-heat heat-${i + 1}`} d={path} />
      ))}
      <path class="signal-p50" d={p50} />
      <path class="signal-p99-ground" d={p99} />
      <path class="signal-p99" d={p99} />
      <path class="captured-lines" d={single.lines} />
      <path class="captured-ends" d={single.ends} />
      <path class="captured-lines failed" d={single.failedLines} />
      <path class="captured-ends failed" d={single.failedEnds} />
      <rect class="strip-gutter" width={GUTTER - 3} height={SIGNALS_BOTTOM} />
      {latencyTicks(strip).map((ns) => (
        <text key={ns} class="strip-scale" x={GUTTER - 6} y={latencyY(strip, ns) + 3}>
          {formatDurationNs(ns)}
        </text>
      ))}
      <LaneName lane={SIGNAL_LANES.rate} name="Requests" note={`≤ ${formatRate(strip.rateMax)}`} />
      <LaneName
        lane={SIGNAL_LANES.errors}
        name="Errors"
        note={strip.errorShareMax > 0 ? `≤ ${formatShare(strip.errorShareMax)}` : 'none'}
      />
      <LaneName lane={SIGNAL_LANES.latency} name="Latency" note="" />
      {Object.values(SIGNAL_LANES).map(({ top, height }) => (
        <path key={top} class="strip-base" d={`M${GUTTER} ${top + height + 0.5}H${width}`} />
      ))}
      {axisTicks(scale).map((ms) => (
        <text key={ms} class="time-tick" x={xOf(scale, ms)} y={SIGNALS_BOTTOM + 12} text-anchor="middle">
          {isPrecise ? clockTimeMs(ms) : clockTime(ms)}
        </text>
      ))}
      {cursorX !== undefined && cursorX >= GUTTER && cursorX <= width && (
        <path class="strip-cursor" d={`M${cursorX} ${SIGNAL_LANES.rate.top}V${SIGNALS_BOTTOM}`} />
      )}
      {drag && (
        <rect
          class="strip-drag"
          x={drag[0]}
          width={drag[1] - drag[0]}
          y={SIGNAL_LANES.rate.top}
          height={SIGNALS_BOTTOM - SIGNAL_LANES.rate.top}
        />
      )}
    </svg>
  )
}

function LaneName({
  lane,
  name,
  note,
}: {
  readonly lane: Lane
  readonly name: string
  readonly note: string
}) {
  return (
    <>
      <text class="strip-name" x={12} y={lane.top + 11}>
        {name}
      </text>
      <text class="strip-note" x={12} y={lane.top + 24}>
        {note}
      </text>
    </>
  )
}
