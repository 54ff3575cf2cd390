/** How often each kind of request was served: `METHOD route status`, or `route http-status grpc-status` of gRPC. */
export type Counts = ReadonlyMap<string, number>

/** Requests to see that a server is observed; in no count. */
export const WARM_UP = '/warm-up'

/** Identifiers of paths as routes have them. */
function routeOf(path: string): string {
  return path.replace(/[?#].*/, '').replaceAll(/\/\d+(?=\/|$)/g, '/{id}')
}

export function countServed(
  requests: Iterable<{ readonly method: string; readonly path: string; readonly status: string | number }>,
): Counts {
  const counts = new Map<string, number>()
  for (const { method, path, status } of requests) {
    if (path.startsWith(WARM_UP)) continue
    const key = `${method} ${routeOf(path)} ${status}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

export function sum(counts: Counts): number {
  return counts.values().reduce((all, count) => all + count, 0)
}

/** As lines, for messages that show what differs. */
export function linesOf(counts: Counts): readonly string[] {
  return Array.from(counts, ([key, count]) => `${key}: ${count}`).toSorted()
}

/** What is only in the first, or more often there: `KEY: here, there`. */
export function differences(here: Counts, there: Counts): readonly string[] {
  return [...new Set([...here.keys(), ...there.keys()])]
    .toSorted()
    .filter((key) => here.get(key) !== there.get(key))
    .map((key) => `${key}: ${here.get(key) ?? 0}, ${there.get(key) ?? 0}`)
}
