const SPECIFIER = /%(?:([1-9])f|(.))/g

/** What `%START_TIME(…)%` understands of strftime; `3f`, `6f`, `9f` are digits of the second's fraction. All UTC. */
const KNOWN = 'YmdHMSsfFTz%'

/** Undefined where it is understood; otherwise the specifier that is not. */
export function unknownSpecifier(format: string): string | undefined {
  for (const [whole, digits, letter] of format.matchAll(SPECIFIER))
    if (digits === undefined && !KNOWN.includes(letter!)) return whole
  return undefined
}

/** A time of Unix milliseconds as `format` says. */
export function formatTime(format: string, timeMs: number): string {
  const iso = new Date(timeMs).toISOString()
  return format.replace(SPECIFIER, (whole: string, digits?: string, letter?: string) => {
    if (digits !== undefined) return fraction(timeMs, Number(digits))
    switch (letter) {
      case 'Y':
        return iso.slice(0, 4)
      case 'm':
        return iso.slice(5, 7)
      case 'd':
        return iso.slice(8, 10)
      case 'H':
        return iso.slice(11, 13)
      case 'M':
        return iso.slice(14, 16)
      case 'S':
        return iso.slice(17, 19)
      case 'F':
        return iso.slice(0, 10)
      case 'T':
        return iso.slice(11, 19)
      case 's':
        return String(Math.floor(timeMs / 1000))
      case 'f':
        return fraction(timeMs, 9)
      case 'z':
        return '+0000'
      default:
        return letter ?? whole
    }
  })
}

function fraction(timeMs: number, digits: number): string {
  const nanos = Math.floor((timeMs - Math.floor(timeMs / 1000) * 1000) * 1e6)
  return String(nanos).padStart(9, '0').slice(0, digits)
}

let cachedSecond = Number.NaN
let cachedPrefix = ''

/** `2026-11-27T09:08:07.065Z`. Exchanges come by the thousand in a second: its part is made once. */
export function isoTime(timeMs: number): string {
  const second = Math.floor(timeMs / 1000)
  if (second !== cachedSecond) {
    cachedPrefix = new Date(second * 1000).toISOString().slice(0, -4)
    cachedSecond = second
  }
  const ms = Math.floor(timeMs - second * 1000)
  return `${cachedPrefix}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
}
