import { randomFillSync } from 'node:crypto'
import { compileAccessLog } from './access-log/compile-access-log.ts'
import type { LogEntry } from './access-log/log-entry.ts'
import type { GatewaySpec } from './config/gateway-spec.ts'
import type { StreamFilters } from '../filters/stream/stream-chain.ts'
import type { ListenerSpec } from './config/listener-spec.ts'
import type { RouteSpec, VirtualHostSpec } from './config/route-spec.ts'
import { compileMirrors, type Mirror } from './guard/compile-mirrors.ts'
import { FilterChoice } from './guard/filter-choice.ts'
import { GuardCounts } from './guard/guard-counts.ts'
import type { GuardStore } from './guard/guard-store.ts'
import type { FetchKeys } from './guard/jwt/provider-keys.ts'
import type { RequestGuard } from './guard/request-guard.ts'
import type { ExchangeSettings } from './exchange/exchange-settings.ts'
import type { GatewayParts } from './gateway-parts.ts'
import type { GatewayThread } from './gateway-thread.ts'
import { compileRoutes } from './route/compile-routes.ts'
import type { Route } from './route/route-table.ts'
import { TokenBucket } from './cluster/token-bucket.ts'
import type { ListenerStats } from './stats/listener-stats.ts'
import { TraceIds } from './tracing/trace-ids.ts'
import { Tracer } from './tracing/tracer.ts'
import type { UpstreamCluster } from './upstream/upstream-cluster.ts'

export interface SettingsParts {
  readonly thread: GatewayThread
  readonly clusters: ReadonlyMap<string, UpstreamCluster>
  readonly stats: ListenerStats
  readonly parts: GatewayParts
  readonly guards: GuardStore
  readonly fetchKeys: FetchKeys
}

/** What exchanges of one listener go by, of one generation. */
export function compileSettings(
  listener: ListenerSpec,
  spec: GatewaySpec,
  { thread, clusters, stats, parts, guards, fetchKeys }: SettingsParts,
): ExchangeSettings {
  const hosts = spec.virtualHosts.filter(({ name }) => listener.virtualHosts.includes(name))
  const buckets = new Map<Route, TokenBucket | undefined>()
  const guardCounts = new GuardCounts(stats.guardDecisions)
  return {
    thread,
    listener,
    clusters,
    stats,
    routes: compileRoutes(hosts),
    filters: listener.tcp === undefined ? parts.filtersOf?.(listener) : undefined,
    filtersFor: filtersFor(hosts, listener, parts),
    connectionFilters: listener.tcp === undefined ? undefined : parts.connectionFiltersOf?.(listener),
    rateLimitOf: (route) => {
      const { rateLimit } = route.spec
      if (rateLimit === undefined) return undefined
      let bucket = buckets.get(route)
      if (bucket === undefined) buckets.set(route, (bucket = new TokenBucket(rateLimit, thread.nowMs())))
      return bucket
    },
    guardOf: guardsOf(hosts, listener, { thread, guards, fetchKeys, guardCounts }),
    mirrorsOf: mirrorsOf(hosts),
    guardCounts,
    mirrorLoad: { count: 0 },
    tracer: compileTracer(spec, { thread, stats, parts }),
    log: compileLogs(spec, parts),
  }
}

function guardsOf(
  hosts: readonly VirtualHostSpec[],
  listener: ListenerSpec,
  {
    thread,
    guards,
    fetchKeys,
    guardCounts,
  }: Pick<SettingsParts, 'thread' | 'guards' | 'fetchKeys'> & { readonly guardCounts: GuardCounts },
): ExchangeSettings['guardOf'] {
  const found = new Map<RouteSpec, () => RequestGuard | undefined>()
  for (const { name, routes } of hosts)
    for (const route of routes)
      if (route.guard !== undefined)
        found.set(
          route,
          guards.take(
            route.guard,
            { listener: listener.name, route: `${name}/${route.name}` },
            {
              nowMs: thread.nowMs,
              unixMs: Date.now,
              random: thread.random,
              fetchKeys,
              counts: guardCounts,
            },
          ),
        )
  return found.size === 0 ? undefined : ({ spec }) => found.get(spec)?.()
}

/** Chains of those routes whose requests do not pass all filters of the listener, each made when it is first needed. */
function filtersFor(
  hosts: readonly VirtualHostSpec[],
  listener: ListenerSpec,
  { filtersOf }: GatewayParts,
): ExchangeSettings['filtersFor'] {
  if (filtersOf === undefined || !hosts.some(({ routes }) => routes.some(({ filters }) => filters)))
    return undefined
  const all = filtersOf(listener)
  const chains = new Map<string, StreamFilters | undefined>([['', undefined]])
  const chosen = new Map<RouteSpec, FilterChoice>()
  return (route, record) => {
    const filters = route?.spec.filters
    if (route === undefined || filters === undefined) return all
    const choice = chosen.getOrInsertComputed(route.spec, () => new FilterChoice(filters))
    const names = choice.namesFor(record)
    return chains.getOrInsertComputed(names.join(' '), () =>
      filtersOf({ ...listener, filters: listener.filters.filter((name) => names.includes(name)) }),
    )
  }
}

function mirrorsOf(hosts: readonly VirtualHostSpec[]): ExchangeSettings['mirrorsOf'] {
  const specsOf = ({ action }: RouteSpec) => (action.kind === 'forward' ? action.mirrors : [])
  if (!hosts.some(({ routes }) => routes.some((route) => specsOf(route).length > 0))) return undefined
  const known = new Map<Route, readonly Mirror[]>()
  return (route) => known.getOrInsertComputed(route, () => compileMirrors(specsOf(route.spec)))
}

function compileTracer(
  { tracing }: GatewaySpec,
  { thread, stats, parts }: Omit<SettingsParts, 'clusters' | 'guards' | 'fetchKeys'>,
): Tracer | undefined {
  const { writeSpan } = parts
  if (tracing === undefined || writeSpan === undefined) return undefined
  return new Tracer(tracing, {
    ids: new TraceIds(randomFillSync),
    nowMs: thread.nowMs,
    stats,
    write: writeSpan,
  })
}

function compileLogs(spec: GatewaySpec, parts: GatewayParts): ((entry: LogEntry) => void) | undefined {
  const { writeLog } = parts
  if (spec.accessLogs.length === 0 || writeLog === undefined) return undefined
  const logs = spec.accessLogs.map(({ sink, format, statusMin }) => ({
    sink,
    statusMin,
    format: compileAccessLog(format),
  }))
  return (entry) => {
    const { responseStatus } = entry.info
    for (const { sink, statusMin, format } of logs)
      if (responseStatus === 0 || responseStatus >= statusMin) writeLog(sink, format(entry))
  }
}
