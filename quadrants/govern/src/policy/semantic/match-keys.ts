import type { ResourceOf } from '../document/resource.ts'

type Route = ResourceOf<'HTTPRoute'> | ResourceOf<'GRPCRoute'>

/** A route with more is compared as far as this. */
const KEYS_MAX = 4096

/** What a match says, whatever the order in which it does. */
export function canonicalMatch(kind: Route['kind'], match: object): string {
  const { path, method, headers, queryParams } = match as {
    readonly path?: unknown
    readonly method?: unknown
    readonly headers?: readonly NamedMatch[]
    readonly queryParams?: readonly NamedMatch[]
  }
  return JSON.stringify([
    kind,
    path ?? null,
    method ?? null,
    sorted(headers, (name) => name.toLowerCase()),
    sorted(queryParams, (name) => name),
  ])
}

interface NamedMatch {
  readonly type: string
  readonly name: string
  readonly value: string
}

function sorted(matches: readonly NamedMatch[] = [], nameOf: (name: string) => string): readonly string[] {
  return matches.map(({ type, name, value }) => JSON.stringify([nameOf(name), type, value])).sort()
}

/** Matches of a rule; one that has none has everything. */
export function matchesOf(rule: { readonly matches?: readonly object[] }): readonly object[] {
  return rule.matches !== undefined && rule.matches.length > 0 ? rule.matches : [{}]
}

/** Where one request could find several routes: at a parent, for a hostname, by a match. */
export function matchKeys(route: Route, match: object): readonly string[] {
  const canonical = canonicalMatch(route.kind, match)
  const { parentRefs = [], hostnames } = route.spec
  return parentRefs.flatMap(({ group, kind, namespace, name, sectionName, port }) =>
    (hostnames && hostnames.length > 0 ? hostnames : ['*']).map(
      (hostname) =>
        `match ${group}/${kind} ${namespace ?? route.metadata.namespace}/${name}/${sectionName ?? ''}/${port ?? ''} ${hostname} ${canonical}`,
    ),
  )
}

export function routeMatchKeys(route: Route): readonly string[] {
  const keys: string[] = []
  for (const rule of route.spec.rules ?? [])
    for (const match of matchesOf(rule)) {
      keys.push(...matchKeys(route, match))
      if (keys.length >= KEYS_MAX) return keys.slice(0, KEYS_MAX)
    }
  return keys
}
