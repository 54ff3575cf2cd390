import type { ConnectionFilters } from '../../filters/stream/connection-chain.ts'
import type { StreamFilters } from '../../filters/stream/stream-chain.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import type { LogEntry } from '../access-log/log-entry.ts'
import type { ListenerSpec } from '../config/listener-spec.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import type { Mirror } from '../guard/compile-mirrors.ts'
import type { GuardCounts } from '../guard/guard-counts.ts'
import type { RequestGuard } from '../guard/request-guard.ts'
import type { Route, RouteTable } from '../route/route-table.ts'
import type { TokenBucket } from '../cluster/token-bucket.ts'
import type { UpstreamCluster } from '../upstream/upstream-cluster.ts'
import type { ListenerStats } from '../stats/listener-stats.ts'
import type { Tracer } from '../tracing/tracer.ts'

/** What exchanges of one listener go by: all of one generation of the configuration, so that none sees half of another. */
export interface ExchangeSettings {
  readonly thread: GatewayThread
  readonly listener: ListenerSpec
  readonly routes: RouteTable
  /** Undefined where the listener has none. */
  readonly filters: StreamFilters | undefined
  /** Those of a route, where routes have less than all; undefined where none has. */
  readonly filtersFor:
    | ((route: Route | undefined, record: ExchangeRecord) => StreamFilters | undefined)
    | undefined
  /** The same for a listener of `tcp`. */
  readonly connectionFilters: ConnectionFilters | undefined
  readonly clusters: ReadonlyMap<string, UpstreamCluster>
  /** Undefined where the route has no limit. */
  readonly rateLimitOf: (route: Route) => TokenBucket | undefined
  /** Undefined where nothing is decided of its requests before filters see them; absent where that is so of all routes. */
  readonly guardOf: ((route: Route) => RequestGuard | undefined) | undefined
  readonly mirrorsOf: ((route: Route) => readonly Mirror[]) | undefined
  readonly guardCounts: GuardCounts
  /** Copies of requests that are under way. */
  readonly mirrorLoad: { count: number }
  readonly stats: ListenerStats
  /** Undefined: traces pass as clients have them. */
  readonly tracer: Tracer | undefined
  /** Undefined where nobody wants to know. */
  readonly log: ((entry: LogEntry) => void) | undefined
}
