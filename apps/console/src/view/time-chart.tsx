import { formatBytes, formatCount } from '@quadrant/core'
import { clockMinutes, clockTime } from '../model/clock-text.ts'
import { lostWords } from '../model/lost-words.ts'
import type { Interval } from '../model/time-range.ts'
import { timeTicks, type TimelineBin, type TimelineBins } from '../model/timeline.ts'

const HEIGHT = 38
const TICKS_GAP = 90

interface TimeChartProps {
  readonly bins: TimelineBins
  readonly bar: Interval
  readonly width: number
}

/** Connections opened as bars with failures and resets on them, bytes as the ground behind, hatched where data were lost. */
export function TimeChart({ bins: { bins, binMs }, bar, width }: TimeChartProps) {
  const perMs = width / (bar.endMs - bar.startMs)
  const barWidth = Math.max(1, binMs * perMs - 1)
  const x = (ms: number) => Math.round((ms - bar.startMs) * perMs * 10) / 10
  const countMax = Math.max(4, ...bins.map((bin) => bin.opened + bin.reset + bin.failed))
  const bytesMax = Math.max(1, ...bins.map((bin) => bin.bytes))
  const height = (count: number) => (count === 0 ? 0 : Math.max(1.5, (count / countMax) * (HEIGHT - 4)))
  const column = (bin: TimelineBin, from: number, to: number) =>
    to > from ? `M${x(bin.startMs)} ${HEIGHT - to}h${barWidth}V${HEIGHT - from}h${-barWidth}z` : ''
  const paths = { bytes: '', opened: '', failed: '', reset: '', dropped: '' }
  for (const bin of bins) {
    const opened = height(bin.opened)
    const reset = opened + height(bin.reset)
    const failed = reset + height(bin.failed)
    paths.bytes += column(bin, 0, (bin.bytes / bytesMax) * (HEIGHT - 2))
    paths.opened += column(bin, 0, opened)
    paths.reset += column(bin, opened, Math.min(reset, HEIGHT))
    paths.failed += column(bin, Math.min(reset, HEIGHT), Math.min(failed, HEIGHT))
    if (bin.dropped > 0) paths.dropped += `M${x(bin.startMs)} ${HEIGHT}h${barWidth + 1}v4h${-barWidth - 1}z`
  }
  return (
    <svg role="img" aria-label={describe(bins, bar)} preserveAspectRatio="none">
      <defs>
        <pattern
          id="time-hatch"
          width="4"
          height="4"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <path class="time-hatch-line" d="M0 0v4" />
        </pattern>
      </defs>
      <path class="time-bytes" d={paths.bytes} />
      <path class="time-opened" d={paths.opened} />
      <path class="time-reset" d={paths.reset} />
      <path class="time-failed" d={paths.failed} />
      <path class="time-base" d={`M0 ${HEIGHT + 0.5}h${width}`} />
      <path class="time-dropped" d={paths.dropped} />
      {timeTicks(bar, Math.max(2, Math.floor(width / TICKS_GAP))).map((ms) => {
        const at = x(ms)
        if (at < 20 || at > width - 20) return undefined
        return (
          <text key={ms} class="time-tick" x={at} y={HEIGHT + 13} text-anchor="middle">
            {clockMinutes(ms, bar.endMs - bar.startMs <= 300_000)}
          </text>
        )
      })}
    </svg>
  )
}

function describe(bins: readonly TimelineBin[], bar: Interval): string {
  const sum = (field: Exclude<keyof TimelineBin, 'startMs'>) =>
    bins.reduce((total, bin) => total + bin[field], 0)
  const dropped = sum('dropped')
  return [
    `Traffic from ${clockTime(bar.startMs)} to ${clockTime(bar.endMs)}: ${formatCount(sum('opened'))} connections opened`,
    `${formatCount(sum('failed'))} failed`,
    `${formatCount(sum('reset'))} reset`,
    formatBytes(sum('bytes')),
    dropped > 0 ? lostWords(dropped) : 'nothing lost',
  ].join(', ')
}
