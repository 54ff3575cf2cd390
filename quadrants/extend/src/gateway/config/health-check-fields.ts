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
  oneOf,
  shaped,
  text,
  withDefault,
} from '@quadrant/core/config'
import { onlyOne } from './choice.ts'
import type { HealthCheckSpec, StatusRange } from './cluster-spec.ts'
import { GatewayCode } from './codes.ts'
import { path } from './value-fields.ts'

const HOUR_MS = 3_600_000

const statusRange: Field<StatusRange> = shaped({ type: '`200` or `200-299`' }, (reader, place, name) => {
  const problemCount = reader.diagnostics.length
  const value = text(reader, place, name)
  const [, first = '', last = first] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(value) ?? []
  if ((first === '' || first > last) && reader.diagnostics.length === problemCount)
    reader.wrong(
      GatewayCode.wrongValue,
      place,
      'a status is 200, or a range is 200-299',
      'statuses: [200-299]',
    )
  return { min: Number(first), max: Number(last) }
})

/** How it is found out whether an endpoint works. */
export const healthCheck: Field<HealthCheckSpec> = mapped(
  object('a health check', {
    http: about(
      'It answers a request.',
      presence(
        object('http', {
          path: about('Of the request.', withDefault(path, '/')),
          host: about('`:authority`. Default: the host of the endpoint.', optional(text)),
          method: about('Of the request.', oneOf(['GET', 'HEAD', 'OPTIONS'], 'GET')),
          statuses: about('What it may answer. Default: 200.', list(statusRange)),
        }),
      ),
    ),
    tcp: about('It can be connected to.', presence(object('tcp', {}))),
    grpc: about(
      'It answers `grpc.health.v1.Health/Check` with SERVING.',
      presence(
        object('grpc', {
          service: about('Default: the whole server.', optional(text)),
          authority: about('`:authority`. Default: the host of the endpoint.', optional(text)),
        }),
      ),
    ),
    interval: about('Between two checks.', duration({ default: 10_000, min: 100, max: HOUR_MS })),
    jitter: about('At most that is added, at random.', duration({ default: 1000, min: 0, max: HOUR_MS })),
    idle_interval: about(
      'Between two checks of a cluster that nobody has asked anything of. Default: `interval`.',
      optional(duration({ default: 60_000, min: 100, max: 24 * HOUR_MS })),
    ),
    timeout: about('Of one check.', duration({ default: 2000, min: 10, max: HOUR_MS })),
    unhealthy_threshold: about(
      'Failures in a row until it gets nothing.',
      number({ default: 3, min: 1, max: 100 }),
    ),
    healthy_threshold: about(
      'Successes in a row until it does again. The first success of all is enough.',
      number({ default: 2, min: 1, max: 100 }),
    ),
  }),
  (read, reader, place) => {
    const timing = {
      intervalMs: read.interval,
      jitterMs: read.jitter,
      idleIntervalMs: read.idle_interval ?? read.interval,
      timeoutMs: read.timeout,
      unhealthyThreshold: read.unhealthy_threshold,
      healthyThreshold: read.healthy_threshold,
    }
    switch (onlyOne(reader, place, 'a health check', read, ['http', 'tcp', 'grpc'])) {
      case 'http': {
        const statuses = read.http?.statuses ?? []
        return {
          kind: 'http',
          path: read.http?.path ?? '/',
          host: read.http?.host,
          method: read.http?.method ?? 'GET',
          statuses: statuses.length === 0 ? [{ min: 200, max: 200 }] : statuses,
          ...timing,
        }
      }
      case 'grpc':
        return { kind: 'grpc', service: read.grpc?.service ?? '', authority: read.grpc?.authority, ...timing }
      case 'tcp':
      case undefined:
        return { kind: 'tcp', ...timing }
    }
  },
)
