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
