import { GRPC_STATUS_NUMBERS } from '../back-end/grpc-status.ts'
import type { EffectivePolicies } from '../ir/effective.ts'
import type { CorsIr } from '../ir/route.ts'
import type { SourceMap } from '../ir/source-map.ts'
import { durationMs } from '../policy/schema/units.ts'
import { anyOf, type EnvoyJson, fractional, regex, seconds } from './envoy-json.ts'
import { escaped } from './request-term.ts'

export const FAULT_FILTER = 'quadrant.fault'
export const CORS_FILTER = 'quadrant.cors'

/** For requests that it is about: which those are is said by the route. */
export function faultOfRoute(
  { FaultPolicy: policy }: EffectivePolicies,
  sources: SourceMap,
): EnvoyJson | undefined {
  const claim = policy?.delay?.claim ?? policy?.abort?.claim
  if (!policy || !claim) return undefined
  const delay = policy.delay?.value
  const abort = policy.abort?.value
  return anyOf(
    'envoy.extensions.filters.http.fault.v3.HTTPFault',
    sources.note(
      {
        ...(delay && {
          delay: {
            fixed_delay: seconds(durationMs(delay.duration)!),
            percentage: fractional(delay.percent / 100),
          },
        }),
        ...(abort && {
          abort: {
            ...(abort.grpcStatus === undefined
              ? { http_status: abort.httpStatus ?? 503 }
              : { grpc_status: GRPC_STATUS_NUMBERS[abort.grpcStatus] }),
            percentage: fractional(abort.percent / 100),
          },
        }),
      },
      claim.origin,
      { delay: policy.delay?.claim?.origin, abort: policy.abort?.claim?.origin },
    ),
  )
}

export function corsOfRoute(cors: CorsIr | undefined, sources: SourceMap): EnvoyJson | undefined {
  return (
    cors &&
    anyOf(
      'envoy.extensions.filters.http.cors.v3.CorsPolicy',
      sources.note(
        {
          allow_origin_string_match: cors.allowOrigins.map((origin) =>
            origin.includes('*')
              ? { safe_regex: regex(origin === '*' ? '.+' : escaped(origin).replaceAll('\\*', '.+')) }
              : { exact: origin },
          ),
          allow_credentials: cors.allowCredentials,
          ...joined('allow_methods', cors.allowMethods),
          ...joined('allow_headers', cors.allowHeaders),
          ...joined('expose_headers', cors.exposeHeaders),
          max_age: String(cors.maxAgeSeconds),
        },
        cors.origin,
      ),
    )
  )
}

function joined(field: string, values: readonly string[]): EnvoyJson {
  return values.length === 0 ? {} : { [field]: values.join(', ') }
}
