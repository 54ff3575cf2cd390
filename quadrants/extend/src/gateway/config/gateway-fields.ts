import {
  about,
  duration,
  type Field,
  list,
  mapped,
  number,
  object,
  optional,
  presence,
} from '@quadrant/core/config'
import { cluster } from './cluster-fields.ts'
import { filter } from './filter-fields.ts'
import type { GatewaySpec } from './gateway-spec.ts'
import { listener } from './listener-fields.ts'
import { accessLog, admin, delivery, telemetry } from './output-fields.ts'
import { tracing } from './tracing-fields.ts'
import { virtualHost } from './route-fields.ts'

/** All that a gateway's file can say. */
export const gatewayFile = object('a gateway file', {
  listeners: about('Where clients connect.', list(listener)),
  virtual_hosts: about('What becomes of requests, by domain.', list(virtualHost)),
  clusters: about('Where requests go.', list(cluster)),
  filters: about('What looks at exchanges, and changes them.', list(filter)),
  access_logs: about('A line for each exchange.', list(accessLog)),
  delivery: about('Filters that somebody signed, from a Quadrant server.', optional(delivery)),
  telemetry: about('What it counts is sent to somebody.', optional(telemetry)),
  tracing: about('Spans of exchanges are sent to somebody.', optional(tracing)),
  admin: about('State of the gateway.', presence(admin)),
  drain: about(
    'How long exchanges may go on after their listener is gone.',
    duration({ default: 30_000, min: 0, max: 3_600_000 }),
  ),
  workers: about(
    'Threads with connections. Default: one for each core.',
    optional(number({ default: 1, min: 1, max: 1024 })),
  ),
})

export const gateway: Field<GatewaySpec> = mapped(gatewayFile, (read, reader) => {
  const hostNames = read.virtual_hosts.map(({ name }) => name)
  const filterNames = read.filters.map(({ name }) => name)
  return {
    listeners: read.listeners.map((one) => {
      const whole = {
        ...one,
        virtualHosts: one.virtualHosts ?? (one.tcp === undefined ? hostNames : []),
        filters: one.filters ?? (one.tcp === undefined ? filterNames : []),
      }
      reader.carry(one, whole)
      return whole
    }),
    virtualHosts: read.virtual_hosts,
    clusters: read.clusters,
    filters: read.filters,
    accessLogs: read.access_logs,
    delivery: read.delivery,
    telemetry: read.telemetry,
    tracing: read.tracing,
    admin: read.admin,
    drainMs: read.drain,
    workerCount: read.workers,
  }
})
