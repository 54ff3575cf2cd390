import type { ClusterSpec } from './cluster-spec.ts'
import type { AccessLogSpec, AdminSpec, DeliverySpec, TelemetrySpec } from './output-spec.ts'
import type { FilterSpec } from './filter-spec.ts'
import type { ListenerSpec } from './listener-spec.ts'
import type { TracingSpec } from './tracing-spec.ts'
import type { VirtualHostSpec } from './route-spec.ts'

/**
 * What a gateway does, complete: every default is filled in and every name in it is declared in it. It is plain data
 * that can be cloned to other threads. `checkGateway` makes it of a file; whoever makes it otherwise asks
 * `findGatewayProblems` whether it holds together.
 */
export interface GatewaySpec {
  readonly listeners: readonly ListenerSpec[]
  readonly virtualHosts: readonly VirtualHostSpec[]
  readonly clusters: readonly ClusterSpec[]
  readonly filters: readonly FilterSpec[]
  readonly accessLogs: readonly AccessLogSpec[]
  /** Undefined: filters come from files alone. */
  readonly delivery: DeliverySpec | undefined
  readonly telemetry: TelemetrySpec | undefined
  /** Undefined: what clients say of traces passes as it is. */
  readonly tracing: TracingSpec | undefined
  readonly admin: AdminSpec | undefined
  /** How long exchanges may go on after their listener is gone. */
  readonly drainMs: number
  /** Undefined: one for each core. */
  readonly workerCount: number | undefined
}
