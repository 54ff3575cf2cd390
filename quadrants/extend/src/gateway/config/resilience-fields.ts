import { about, duration, type Field, mapped, number, object } from '@quadrant/core/config'
import type { BreakerSpec, OutlierSpec, PoolSpec } from './cluster-spec.ts'
import { timeout, unlimited } from './value-fields.ts'

const DAY_MS = 86_400_000

/** 0 is never. */
const consecutive = number({ default: 5, min: 0, max: 1e6 })

/** When an endpoint is left alone. */
export const outliers: Field<OutlierSpec> = mapped(
  object('outlier_detection', {
    consecutive_5xx: about('So many responses of 500 to 599 in a row, or none. 0: never.', consecutive),
    consecutive_gateway_failures: about(
      'So many of 502, 503 and 504 in a row, or none. 0: never.',
      consecutive,
    ),
    consecutive_local_failures: about('So many in a row without a response. 0: never.', consecutive),
    interval: about(
      'How often ejections are looked over.',
      duration({ default: 10_000, min: 100, max: DAY_MS }),
    ),
    base_ejection: about(
      'Times how often it was ejected,',
      duration({ default: 30_000, min: 1, max: DAY_MS }),
    ),
    max_ejection: about('and at most that long.', duration({ default: 300_000, min: 1, max: DAY_MS })),
    ejection_jitter: about(
      'At most that is added, at random.',
      duration({ default: 0, min: 0, max: DAY_MS }),
    ),
    max_ejected_percent: about(
      'Of the endpoints at once; one always may be, unless it is 0.',
      number({ default: 10, min: 0, max: 100 }),
    ),
  }),
  (read) => ({
    consecutive5xx: read.consecutive_5xx,
    consecutiveGatewayFailures: read.consecutive_gateway_failures,
    consecutiveLocalFailures: read.consecutive_local_failures,
    intervalMs: read.interval,
    ejectionBaseMs: read.base_ejection,
    ejectionMaxMs: Math.max(read.base_ejection, read.max_ejection),
    ejectionJitterMs: read.ejection_jitter,
    ejectedPercentMax: read.max_ejected_percent,
  }),
)

const count = (fallback: number) => number({ default: fallback, min: 0, max: 1e6 })

/** Limits of what is under way. */
export const breakers: Field<BreakerSpec> = mapped(
  object('circuit_breakers', {
    connections: about('At once; one to each endpoint is always allowed.', count(1024)),
    pending: about('Requests that wait for a connection.', count(1024)),
    requests: about('Under way.', count(1024)),
    retries: about(
      'Under way: `percent` of the requests that are, but `min` always and never more than `max`.',
      object('retries', {
        percent: about('Of requests under way.', number({ default: 20, min: 0, max: 100 })),
        min: about('Always allowed.', count(3)),
        max: about('Never more.', count(1024)),
      }),
    ),
  }),
  (read) => ({
    connectionsMax: read.connections,
    pendingMax: read.pending,
    requestsMax: read.requests,
    retries: { percent: read.retries.percent, countMin: read.retries.min, countMax: read.retries.max },
  }),
)

/** Connections that are kept. */
export const pool: Field<PoolSpec> = mapped(
  object('keep_alive', {
    idle: about('Without a request. 0: not at all.', timeout(60_000)),
    requests_per_connection: about('0: without limit.', unlimited(count(0))),
    streams_per_connection: about('At once, of HTTP/2.', number({ default: 100, min: 1, max: 1 << 20 })),
    max_age: about('Older ones are used no more. 0: for ever.', timeout(0)),
    idle_connections: about(
      'Unused ones to one endpoint. Fewer than are used at once: they are opened again and again.',
      count(1024),
    ),
  }),
  (read) => ({
    idleMs: read.idle,
    requestsPerConnectionMax: read.requests_per_connection,
    streamsPerConnectionMax: read.streams_per_connection,
    connectionMs: read.max_age,
    idleConnectionsMax: read.idle_connections,
  }),
)
