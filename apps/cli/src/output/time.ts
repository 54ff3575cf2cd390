import { formatDurationUs } from '@quadrant/core'

const MS_PER: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|[smhdw])/g
const TIMESTAMP = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i

/** Milliseconds of `90s`, `5m`, `1h30m`, `1.5d`, or undefined. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined
  let ms = 0
  for (const [, amount, unit] of text.matchAll(DURATION_PART)) ms += Number(amount) * MS_PER[unit!]!
  return Number.isFinite(ms) ? ms : undefined
}

/**
 * A moment, in milliseconds of the Unix epoch: a duration before `nowMs`, a date and time (RFC 3339; local where
 * it names no zone), `now`, or seconds of the Unix epoch. Undefined where it is none of these.
 */
export function parseMoment(text: string, nowMs: number): number | undefined {
  if (text === 'now') return nowMs
  const ago = parseDuration(text)
  if (ago !== undefined) return nowMs - ago
  if (/^\d{9,11}(?:\.\d+)?$/.test(text)) return Number(text) * 1000
  if (!TIMESTAMP.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

/** `12:03:04.567` in local time; with the date where it is not today's. */
export function formatClock(ms: number, nowMs: number): string {
  const time = new Date(ms)
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(
    time.getMilliseconds(),
  ).padStart(3, '0')}`
  if (time.toDateString() === new Date(nowMs).toDateString()) return clock
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock}`
}

/** `3.2 s ago`, `just now`; `never` for 0. */
export function formatAgo(ms: number, nowMs: number): string {
  if (ms === 0) return 'never'
  const ago = nowMs - ms
  return ago < 1000 ? 'just now' : `${formatDurationUs(ago * 1000)} ago`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
