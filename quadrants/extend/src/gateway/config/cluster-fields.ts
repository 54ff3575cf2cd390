import {
  about,
  duration,
  either,
  type Field,
  list,
  mapped,
  number,
  object,
  oneOf,
  optional,
  presence,
} from '@quadrant/core/config'
import type { BalancerSpec, ClusterSpec, EndpointSpec } from './cluster-spec.ts'
import { healthCheck } from './health-check-fields.ts'
import { breakers, outliers, pool } from './resilience-fields.ts'
import { upstreamTls } from './tls-fields.ts'
import { address, metadata, nameField, rateLimit } from './value-fields.ts'

const DAY_MS = 86_400_000

const endpoint: Field<EndpointSpec> = either(
  mapped(address, (at) => ({ ...at, weight: 1, priority: 0 })),
  mapped(
    object('an endpoint', {
      address: about('`host:port`. A name stands for all its addresses.', address),
      weight: about('Its share, against the others.', number({ default: 1, min: 1, max: 128 })),
      priority: about(
        '0 is used first, 1 as far as too few of those are healthy, and so on.',
        number({ default: 0, min: 0, max: 15 }),
      ),
    }),
    ({ address: at, weight, priority }) => ({ ...at, weight, priority }),
  ),
)

const balancer: Field<BalancerSpec> = mapped(
  object('balancer', {
    policy: about(
      '`least_request`: of `choices` at random the one with fewest requests under way. `ring_hash` and `maglev`: by `hash` of the route.',
      oneOf(['round_robin', 'least_request', 'random', 'ring_hash', 'maglev'], 'round_robin'),
    ),
    choices: about('Of `least_request`.', number({ default: 2, min: 2, max: 16 })),
    ring_size_min: about('Of `ring_hash`.', number({ default: 1024, min: 1, max: 1 << 20 })),
    ring_size_max: about('Of `ring_hash`.', number({ default: 65_536, min: 1, max: 1 << 20 })),
    table_size: about('Of `maglev`; a prime.', number({ default: 65_537, min: 2, max: 5_000_011 })),
  }),
  (read) => {
    switch (read.policy) {
      case 'round_robin':
        return { kind: 'round-robin' }
      case 'least_request':
        return { kind: 'least-request', choiceCount: read.choices }
      case 'random':
        return { kind: 'random' }
      case 'ring_hash':
        return { kind: 'ring-hash', ringSizeMin: read.ring_size_min, ringSizeMax: read.ring_size_max }
      case 'maglev':
        return { kind: 'maglev', tableSize: read.table_size }
    }
  },
)

/** Endpoints that answer alike. */
export const cluster: Field<ClusterSpec> = mapped(
  object('a cluster', {
    name: about('Routes name it.', nameField),
    endpoints: about('Where its requests go.', list(endpoint)),
    dns: about(
      'How names are looked up.',
      object('dns', {
        refresh: about('How often.', duration({ default: 5000, min: 100, max: DAY_MS })),
        family: about('Which addresses are taken.', oneOf(['any', 'v4', 'v6'], 'any')),
      }),
    ),
    protocol: about('What endpoints speak.', oneOf(['http1', 'http2'], 'http1')),
    tls: about('Connections are encrypted.', presence(upstreamTls)),
    connect_timeout: about(
      'Until a connection is there, TLS included.',
      duration({ default: 5000, min: 1, max: 600_000 }),
    ),
    balancer: about('Which endpoint has a request.', balancer),
    panic_threshold: about(
      'Below so many of 100 healthy endpoints all are used, since then the checks are rather to be doubted. 0: never.',
      number({ default: 50, min: 0, max: 100 }),
    ),
    health_checks: about('All have to succeed.', list(healthCheck)),
    outlier_detection: about(
      'Endpoints that fail are left alone for a while. Default: they are not.',
      presence(outliers),
    ),
    circuit_breakers: about('Limits in each worker; what is over them is answered with 503.', breakers),
    keep_alive: about('Connections that are kept.', pool),
    rate_limit: about('Of all its requests together, in each worker.', optional(rateLimit)),
    metadata: about('By namespace; filters read it.', metadata),
  }),
  (read) => ({
    name: read.name,
    endpoints: read.endpoints,
    dns: { refreshMs: read.dns.refresh, family: read.dns.family },
    protocol: read.protocol,
    tls: read.tls,
    connectTimeoutMs: read.connect_timeout,
    balancer: read.balancer,
    panicThresholdPercent: read.panic_threshold,
    healthChecks: read.health_checks,
    outliers: read.outlier_detection,
    breakers: read.circuit_breakers,
    pool: read.keep_alive,
    rateLimit: read.rate_limit,
    metadata: read.metadata,
  }),
)
