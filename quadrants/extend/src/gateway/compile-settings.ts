import { randomFillSync } from 'node:crypto'
import { compileAccessLog } from './access-log/compile-access-log.ts'
import type { LogEntry } from './access-log/log-entry.ts'
import type { GatewaySpec } from './config/gateway-spec.ts'
import type { ListenerSpec } from './config/listener-spec.ts'
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
}

/** What exchanges of one listener go by, of one generation. */
export function compileSettings(
  listener: ListenerSpec,
  spec: GatewaySpec,
  { thread, clusters, stats, parts }: SettingsParts,
): ExchangeSettings {
  const hosts = spec.virtualHosts.filter(({ name }) => listener.virtualHosts.includes(name))
  const buckets = new Map<Route, TokenBucket | undefined>()
  return {
    thread,
    listener,
    clusters,
    stats,
    routes: compileRoutes(hosts),
    filters: listener.tcp === undefined ? parts.filtersOf?.(listener) : undefined,
    connectionFilters: listener.tcp === undefined ? undefined : parts.connectionFiltersOf?.(listener),
    rateLimitOf: (route) => {
      const { rateLimit } = route.spec
      if (rateLimit === undefined) return undefined
      let bucket = buckets.get(route)
      if (bucket === undefined) buckets.set(route, (bucket = new TokenBucket(rateLimit, thread.nowMs())))
      return bucket
    },
    tracer: compileTracer(spec, { thread, stats, parts }),
    log: compileLogs(spec, parts),
  }
}

function compileTracer(
  { tracing }: GatewaySpec,
  { thread, stats, parts }: Omit<SettingsParts, 'clusters'>,
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
