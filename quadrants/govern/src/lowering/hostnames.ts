import { haveCommonHost } from '../policy/semantic/hostnames.ts'

/**
 * Hostnames of a route that a listener is for: of two that have something in common the narrower (Gateway API,
 * `HTTPRoute.spec.hostnames`). `*` is all.
 */
export function commonHostnames(
  listener: string | undefined,
  route: readonly string[] | undefined,
): readonly string[] {
  if (route === undefined || route.length === 0) return [listener ?? '*']
  if (listener === undefined) return route
  return [
    ...new Set(
      route.flatMap((hostname) =>
        haveCommonHost(listener, hostname) ? [isWider(listener, hostname) ? hostname : listener] : [],
      ),
    ),
  ]
}

/** Whether the first has all of the second. */
function isWider(a: string, b: string): boolean {
  return a === b || (a.startsWith('*.') && b.endsWith(a.slice(1)))
}

/** Whether the second has all requests of the first, and more. */
export function isNarrower(hostname: string, other: string): boolean {
  return (
    hostname !== other && (other === '*' || (other.startsWith('*.') && hostname.endsWith(other.slice(1))))
  )
}

/** Which of two has a request that is for both first: exact ones, then the longer. */
export function compareHostnames(a: string, b: string): number {
  return (
    Number(a.startsWith('*')) - Number(b.startsWith('*')) ||
    b.length - a.length ||
    (a < b ? -1 : a > b ? 1 : 0)
  )
}
