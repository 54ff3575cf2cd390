const pad = (value: number, digits = 2) => String(value).padStart(digits, '0')

/** `14:03:09` in the person's own time zone. */
export function clockTime(ms: number): string {
  const date = new Date(ms)
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`
}

/** `14:03:09.123`. */
export function clockTimeMs(ms: number): string {
  return `${clockTime(ms)}.${pad(Math.floor(ms) % 1000, 3)}`
}

/** `14:03`, for the ticks of the bar. */
export function clockMinutes(ms: number, withSeconds: boolean): string {
  return withSeconds ? clockTime(ms) : clockTime(ms).slice(0, 5)
}

/** `14:03:09 – 14:04:09`; with the date where it is not today's. */
export function intervalText(startMs: number, endMs: number, nowMs: number): string {
  const day = (ms: number) => new Date(ms).toDateString()
  const date = (ms: number) => {
    const value = new Date(ms)
    return day(ms) === day(nowMs)
      ? ''
      : `${value.getFullYear()}-${pad(value.getMonth() + 1)}-${pad(value.getDate())} `
  }
  const endDate = day(startMs) === day(endMs) ? '' : date(endMs)
  return `${date(startMs)}${clockTime(startMs)} – ${endDate}${clockTime(endMs)}`
}

/** `now`, `3 s ago`, `2 m ago`: how old a number is. */
export function ageText(seconds: number): string {
  if (seconds < 2) return 'now'
  if (seconds < 120) return `${Math.round(seconds)} s ago`
  if (seconds < 7200) return `${Math.round(seconds / 60)} m ago`
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h ago`
    : `${Math.round(seconds / 86_400)} days ago`
}

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const

/** `minute`, `5 minutes`, `90 seconds`: what follows "last". */
export function durationWords(seconds: number): string {
  const [length, unit] = UNITS.find(([size]) => seconds >= size && seconds % size === 0) ?? UNITS[3]
  const count = seconds / length
  return count === 1 ? unit : `${count} ${unit}s`
}
