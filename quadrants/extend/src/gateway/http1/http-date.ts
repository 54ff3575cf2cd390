let second = Number.NaN
let text = ''

/** A time as in the field Date (RFC 9110 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. Made once a second. */
export function httpDate(timeMs: number): string {
  const now = Math.floor(timeMs / 1000)
  if (now !== second) {
    second = now
    text = new Date(now * 1000).toUTCString()
  }
  return text
}
