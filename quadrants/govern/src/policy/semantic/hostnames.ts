/** Whether a request can be for both (Gateway API, `HTTPRoute.spec.hostnames`): `*.a.b` has `x.a.b` and `y.x.a.b`. */
export function haveCommonHost(a: string, b: string): boolean {
  if (a === b) return true
  if (a.startsWith('*.') && b.startsWith('*.')) return a.endsWith(b.slice(1)) || b.endsWith(a.slice(1))
  if (a.startsWith('*.')) return b.endsWith(a.slice(1)) && b.length > a.length - 1
  return b.startsWith('*.') && haveCommonHost(b, a)
}
