/** Numbers for people: three significant digits, the unit behind. */

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
const COUNT_UNITS = ['', 'k', 'M', 'G', 'T']

/** Powers of 1000, as network people count: `1.50 MB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, BYTE_UNITS, ' ')
}

/** `12`, `3.40k`, `1.20M`. */
export function formatCount(count: number): string {
  return scaled(count, COUNT_UNITS, '')
}

/** `12.0 MB/s` with unit `B`, else `3.40k/s`. */
export function formatRate(perSecond: number, unit: 'B' | '' = ''): string {
  return `${unit === 'B' ? formatBytes(perSecond) : formatCount(perSecond)}/s`
}

/** Part of a whole as percent: `0.31 %`, `12.5 %`. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return '–'
  const percent = share * 100
  if (percent !== 0 && Math.abs(percent) < 0.01) return '< 0.01 %'
  return `${percent === 0 ? 0 : percent.toFixed(Math.abs(percent) < 9.995 ? 2 : 1)} %`
}

/** From nanoseconds: `850 ns`, `1.25 µs`, then as {@link formatDurationUs}. */
export function formatDurationNs(ns: number): string {
  if (!Number.isFinite(ns)) return '–'
  if (ns < 999.5) return `${Math.round(ns)} ns`
  return ns < 999_500 ? `${threeDigits(ns / 1000)} µs` : formatDurationUs(ns / 1000)
}

/** From microseconds: `850 µs`, `12.3 ms`, `4.56 s`, `3 m 12 s`, `2 h 5 m`. */
export function formatDurationUs(us: number): string {
  if (!Number.isFinite(us)) return '–'
  if (us < 1000) return `${Math.round(us)} µs`
  if (us < 1e6) return `${threeDigits(us / 1e3)} ms`
  if (us < 60e6) return `${threeDigits(us / 1e6)} s`
  const seconds = Math.round(us / 1e6)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} m`
}

function scaled(value: number, units: readonly string[], gap: string): string {
  if (!Number.isFinite(value)) return '–'
  let scaledValue = value
  let unit = 0
  while (Math.abs(scaledValue) >= 999.5 && unit < units.length - 1) {
    scaledValue /= 1000
    unit++
  }
  const text = unit === 0 && Number.isInteger(scaledValue) ? String(scaledValue) : threeDigits(scaledValue)
  return units[unit] === '' ? text : `${text}${gap}${units[unit]}`
}

function threeDigits(value: number): string {
  const magnitude = Math.abs(value)
  return value.toFixed(magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : 2)
}
