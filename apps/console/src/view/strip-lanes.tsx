import { useMemo } from 'preact/hooks'
import { formatBytes, formatCount, formatDurationNs } from '@quadrant/core'
import { clockTime, clockTimeMs } from '../model/clock-text.ts'
import { eventFlows, eventPauses, type RuntimeEvent } from '../model/runtime-event.ts'
import { valueAt, type RuntimeStrip } from '../model/runtime-strip.ts'
import {
  axisTicks,
  collectionPaths,
  durationScale,
  durationY,
  flowPaths,
  GUTTER,
  laneTops,
  LANES,
  LANES_BOTTOM,
  linePath,
  longestPauseMs,
  msOf,
  spanOf,
  xOf,
  type Lane,
  type TimeScale,
} from '../model/strip-drawing.ts'
import { lineLook } from './line-legend.tsx'

interface StripLanesProps {
  readonly strip: RuntimeStrip
  readonly scale: TimeScale
  /** What is pointed at: its pauses are drawn through all lanes, and what they held up stands out. */
  readonly shown: RuntimeEvent | undefined
  /** Pixels; undefined while the pointer is elsewhere. */
  readonly cursorX: number | undefined
  /** The stretch that is being dragged, pixels. */
  readonly drag: readonly [number, number] | undefined
}

/** The lanes of the strip on their one axis. */
export function StripLanes({ strip, scale, shown, cursorX, drag }: StripLanesProps) {
  const { window, width } = scale
  const held = shown ? eventFlows(shown, strip) : []
  // The pointer moves often, and what is drawn below it does not.
  const { durations, flows, longestMs, bars, tops } = useMemo(() => {
    const lengths = durationScale(strip.flows, window)
    const longest = longestPauseMs(strip.collections, window)
    return {
      durations: lengths,
      flows: flowPaths(strip.flows, scale, lengths),
      longestMs: longest,
      bars: collectionPaths(strip.collections, scale, longest),
      tops: laneTops(strip, window),
    }
  }, [strip, window.startMs, window.endMs, width])
  const cursorMs = cursorX === undefined ? undefined : msOf(scale, Math.max(GUTTER, cursorX))
  const isPrecise = window.endMs - window.startMs < 5000
  return (
    <svg aria-hidden="true">
      {shown &&
        eventPauses(shown).map((pause, i) => {
          const span = pause.endMs > pause.startMs ? spanOf(scale, pause, 2) : undefined
          return (
            span && (
              <rect
                key={i}
                class="strip-standstill"
                data-pause={i}
                x={span.x}
                width={span.width}
                y={LANES.flows.top}
                height={LANES_BOTTOM - LANES.flows.top}
              />
            )
          )
        })}
      {durations.ticksMs.map((ms) => (
        <path key={ms} class="strip-grid" d={`M${GUTTER} ${durationY(durations, ms)}H${width}`} />
      ))}
      <path class="strip-flows" d={flows.lines} />
      <path class="strip-flow-ends" d={flows.points} />
      <path class="strip-flows failed" d={flows.failedLines} />
      <path class="strip-flow-ends failed" d={flows.failedPoints} />
      {held.map(({ flow }) => {
        const span = spanOf(scale, flow, 1)
        const y = durationY(durations, flow.endMs - flow.startMs)
        return (
          span && (
            <path
              key={flow.key}
              class="strip-held"
              data-flow={`${flow.from} to ${flow.to}`}
              d={`M${span.x} ${y - 1.5}h${span.width}v3h${-span.width}z`}
            />
          )
        )
      })}
      <path class="strip-bars" d={bars.bars} />
      <path class="strip-bars forced" d={bars.forcedBars} />
      <path class="strip-pauses" d={bars.pauses} />
      {strip.stops.map((stop) => {
        const span = spanOf(scale, stop, 2)
        return (
          span && (
            <rect
              key={stop.key}
              class="strip-stop"
              x={span.x}
              width={span.width}
              y={LANES.stops.top + 2}
              height={LANES.stops.height - 4}
            />
          )
        )
      })}
      {/* Of several processes lines are told apart by dashes, and goals are dashed too. */}
      {strip.heapGoal.length === 1 &&
        strip.heapGoal.map((line) => (
          <path
            key={line.process}
            class={`strip-line goal line-${lineLook(line)}`}
            d={linePath(line, scale, LANES.heap, tops.heap)}
          />
        ))}
      {strip.heapLive.map((line) => (
        <path
          key={line.process}
          class={`strip-line line-${lineLook(line)}`}
          d={linePath(line, scale, LANES.heap, tops.heap)}
        />
      ))}
      {strip.goroutines.map((line) => (
        <path
          key={line.process}
          class={`strip-line line-${lineLook(line)}`}
          d={linePath(line, scale, LANES.goroutines, tops.goroutines)}
        />
      ))}
      <rect class="strip-gutter" width={GUTTER - 3} height={LANES_BOTTOM} />
      {durations.ticksMs.map((ms) => (
        <text key={ms} class="strip-scale" x={GUTTER - 6} y={durationY(durations, ms) + 3}>
          {formatDurationNs(ms * 1e6)}
        </text>
      ))}
      <LaneName lane={LANES.flows} name="Flows" note="" />
      <LaneName
        lane={LANES.collections}
        name="Collections"
        note={longestMs > 0 ? `pause ≤ ${formatDurationNs(longestMs * 1e6)}` : ''}
      />
      <LaneName lane={LANES.stops} name="Other stops" note="" />
      <LaneName
        lane={LANES.heap}
        name="Heap"
        note={valueNote(strip.heapLive, cursorMs, formatBytes, tops.heap / 1.08)}
      />
      <LaneName
        lane={LANES.goroutines}
        name="Goroutines"
        note={valueNote(strip.goroutines, cursorMs, formatCount, tops.goroutines / 1.08)}
      />
      {Object.values(LANES).map(({ top, height }) => (
        <path key={top} class="strip-base" d={`M${GUTTER} ${top + height + 0.5}H${width}`} />
      ))}
      {axisTicks(scale).map((ms) => (
        <text key={ms} class="time-tick" x={xOf(scale, ms)} y={LANES_BOTTOM + 13} text-anchor="middle">
          {isPrecise ? clockTimeMs(ms) : clockTime(ms)}
        </text>
      ))}
      {cursorX !== undefined && cursorX >= GUTTER && (
        <path class="strip-cursor" d={`M${cursorX} ${LANES.flows.top}V${LANES_BOTTOM}`} />
      )}
      {drag && (
        <rect
          class="strip-drag"
          x={drag[0]}
          width={drag[1] - drag[0]}
          y={LANES.flows.top}
          height={LANES_BOTTOM - LANES.flows.top}
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
      <text class="strip-note" x={12} y={lane.top + 25}>
        {note}
      </text>
    </>
  )
}

/** At the cursor, or else the most there was. */
function valueNote(
  lines: RuntimeStrip['heapLive'],
  cursorMs: number | undefined,
  format: (value: number) => string,
  most: number,
): string {
  if (lines.length === 0) return 'not read'
  if (cursorMs === undefined) return most > 0 ? `≤ ${format(most)}` : ''
  const values = lines.map((line) => valueAt(line, cursorMs)).filter((value) => value !== undefined)
  if (values.length === 0) return 'no data'
  return `${lines.length > 1 ? 'in all ' : ''}${format(values.reduce((sum, value) => sum + value, 0))}`
}
