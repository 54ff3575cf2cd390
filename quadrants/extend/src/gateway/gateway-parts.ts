import type { ConnectionFilters } from '../filters/stream/connection-chain.ts'
import type { StreamFilters } from '../filters/stream/stream-chain.ts'
import type { ListenerSpec } from './config/listener-spec.ts'
import type { AccessLogSpec } from './config/output-spec.ts'
import type { ReadPem } from './server/server-tls.ts'
import type { WheelClock } from './time/deadline-wheel.ts'
import type { SpanRecord } from './tracing/span-record.ts'
import type { Transport } from './transport/transport.ts'
import type { Resolve } from './upstream/endpoint-addresses.ts'

/** What a gateway is given from outside: all that reaches the network, the disk, the clock or other code. */
export interface GatewayParts {
  readonly transport: Transport
  readonly clock: WheelClock
  readonly readPem: ReadPem
  readonly resolve: Resolve
  /** Where lines of access logs go. Undefined: there are none. */
  readonly writeLog?: (sink: AccessLogSpec['sink'], line: string) => void
  /** Where spans of recorded exchanges go. Undefined: there is no tracing, whatever the configuration says. */
  readonly writeSpan?: (span: SpanRecord) => void
  /** Filters of a listener, of the newest generation. Undefined: there are none, whatever the configuration says. */
  readonly filtersOf?: (listener: ListenerSpec) => StreamFilters | undefined
  /** The same for a listener of `tcp`. */
  readonly connectionFiltersOf?: (listener: ListenerSpec) => ConnectionFilters | undefined
  /** Other threads listen on the same ports. */
  readonly isPortShared?: boolean
}
