/** What the whole console shows: a window that slides with the clock, or a fixed stretch of the past. Milliseconds of the Unix epoch. */
export type TimeSelection =
  | { readonly kind: 'live'; readonly windowSeconds: number }
  | { readonly kind: 'range'; readonly startMs: number; readonly endMs: number }

export interface Interval {
  readonly startMs: number
  readonly endMs: number
}

export const LIVE_WINDOW_SECONDS_DEFAULT = 60
/** The store keeps its coarsest tier for weeks; a longer window answers nothing more. */
export const WINDOW_SECONDS_MAX = 31 * 86_400
/** Below one stored second there is nothing to select. */
const RANGE_MS_MIN = 1000

export const LIVE: TimeSelection = { kind: 'live', windowSeconds: LIVE_WINDOW_SECONDS_DEFAULT }

export function intervalOf(time: TimeSelection, nowMs: number): Interval {
  return time.kind === 'live' ? { startMs: nowMs - time.windowSeconds * 1000, endMs: nowMs } : time
}

export function lengthMs(time: TimeSelection): number {
  return time.kind === 'live' ? time.windowSeconds * 1000 : time.endMs - time.startMs
}

/** The range as the API takes it. */
export function toTimeRange(interval: Interval): { startNs: number; endNs: number } {
  return { startNs: interval.startMs * 1e6, endNs: interval.endMs * 1e6 }
}

/** Whole seconds, start before end, nothing after now. What ends now is live. */
export function selectRange(startMs: number, endMs: number, nowMs: number): TimeSelection {
  const low = Math.floor(Math.min(startMs, endMs) / 1000) * 1000
  const high = Math.min(Math.ceil(Math.max(startMs, endMs) / 1000) * 1000, Math.floor(nowMs / 1000) * 1000)
  if (low >= high) return { kind: 'range', startMs: high - RANGE_MS_MIN, endMs: high }
  return { kind: 'range', startMs: low, endMs: high }
}

export function goLive(time: TimeSelection): TimeSelection {
  return time.kind === 'live'
    ? time
    : {
        kind: 'live',
        windowSeconds: Math.min(Math.max(1, Math.round(lengthMs(time) / 1000)), WINDOW_SECONDS_MAX),
      }
}

/** Holds a live window still; lets a still one go on. */
export function togglePause(time: TimeSelection, nowMs: number): TimeSelection {
  if (time.kind === 'range') return goLive(time)
  const { startMs, endMs } = intervalOf(time, nowMs)
  return selectRange(startMs, endMs, nowMs)
}

/** Moves by its own length, back or forth; forth past now is live again. */
export function stepTime(time: TimeSelection, direction: -1 | 1, nowMs: number): TimeSelection {
  if (time.kind === 'live' && direction === 1) return time
  const { startMs, endMs } = intervalOf(time, nowMs)
  const by = (endMs - startMs) * direction
  if (endMs + by >= nowMs) return goLive(time)
  return selectRange(startMs + by, endMs + by, nowMs)
}

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** `90s`, `5m`, `1h`, `2d` in seconds; undefined for anything else. */
export function parseDurationSeconds(text: string): number | undefined {
  const match = /^(\d{1,7})([smhd])$/.exec(text)
  if (!match) return undefined
  const seconds = Number(match[1]) * UNIT_SECONDS[match[2] as keyof typeof UNIT_SECONDS]
  return seconds >= 1 && seconds <= WINDOW_SECONDS_MAX ? seconds : undefined
}

/** The shortest exact form: 3600 is `1h`, 90 is `90s`. */
export function formatDurationSeconds(seconds: number): string {
  for (const unit of ['d', 'h', 'm'] as const)
    if (seconds % UNIT_SECONDS[unit] === 0 && seconds >= UNIT_SECONDS[unit])
      return `${seconds / UNIT_SECONDS[unit]}${unit}`
  return `${seconds}s`
}

/** `1m` for the live minute, an ISO 8601 interval for a fixed range. */
export function formatTimeSelection(time: TimeSelection): string {
  if (time.kind === 'live') return formatDurationSeconds(time.windowSeconds)
  return `${isoSeconds(time.startMs)}/${isoSeconds(time.endMs)}`
}

export function parseTimeSelection(text: string): TimeSelection | undefined {
  const windowSeconds = parseDurationSeconds(text)
  if (windowSeconds !== undefined) return { kind: 'live', windowSeconds }
  const [start, end, ...rest] = text.split('/')
  if (!start || !end || rest.length > 0) return undefined
  const startMs = Date.parse(start)
  const endMs = Date.parse(end)
  return endMs - startMs >= RANGE_MS_MIN ? { kind: 'range', startMs, endMs } : undefined
}

export function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.000Z$/, 'Z')
}
