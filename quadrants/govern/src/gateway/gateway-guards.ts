import type { EffectivePolicies } from '../ir/effective.ts'
import { type Origin, within } from '../ir/origin.ts'
import type { CorsIr } from '../ir/route.ts'
import { GRPC_STATUS_NUMBERS } from '../back-end/grpc-status.ts'
import type { SourceMap } from '../ir/source-map.ts'
import { clusterName } from '../lowering/clusters.ts'
import { conditionIr } from '../lowering/matches.ts'
import { policyCondition } from '../lowering/policy-condition.ts'
import { durationMs } from '../policy/schema/units.ts'
import { milliseconds } from './gateway-file.ts'
import { gatewayCondition } from './gateway-match.ts'

/** What of a route is decided before filters see its requests. */
export function gatewayGuards(policies: EffectivePolicies, cors: CorsIr | undefined, sources: SourceMap) {
  return {
    cors: cors && corsOf(cors, sources),
    jwt: jwtOf(policies, sources),
    authorization: authorizationOf(policies, sources),
    limits: limitsOf(policies, sources),
    fault: faultOf(policies, sources),
  }
}

function corsOf(cors: CorsIr, sources: SourceMap) {
  const { allowOrigins, allowCredentials, allowMethods, allowHeaders, exposeHeaders, maxAgeSeconds, origin } =
    cors
  return sources.note(
    {
      allow_origins: allowOrigins,
      allow_credentials: allowCredentials,
      allow_methods: allowMethods,
      allow_headers: allowHeaders,
      expose_headers: exposeHeaders,
      max_age: milliseconds(maxAgeSeconds * 1000),
    },
    origin,
  )
}

function authorizationOf({ AuthorizationPolicy: policy }: EffectivePolicies, sources: SourceMap) {
  if (!policy || (!policy.rules?.claim && !policy.otherwise?.claim)) return undefined
  const rules = policy.rules?.value ?? []
  const origin = policy.rules?.claim?.origin ?? policy.otherwise!.claim!.origin
  const otherwise =
    policy.otherwise?.value ?? (rules.some(({ action }) => action === 'Allow') ? 'Deny' : 'Allow')
  return sources.note(
    {
      rules: rules.map((rule, index) => {
        const at = within(origin, index)
        return sources.note(
          {
            name: rule.name,
            action: rule.action.toLowerCase(),
            ...(rule.from === undefined
              ? {}
              : {
                  from: rule.from.map(({ principals = [], namespaces = [], addresses = [] }) => ({
                    principals,
                    namespaces,
                    addresses,
                  })),
                }),
            ...gatewayCondition(conditionIr(rule.matches, rule.when, at)),
          },
          at,
        )
      }),
      otherwise: otherwise.toLowerCase(),
      shadow: policy.mode?.value === 'Shadow',
    },
    origin,
    { otherwise: policy.otherwise?.claim?.origin, shadow: policy.mode?.claim?.origin },
  )
}

function limitsOf({ RateLimitPolicy: policy }: EffectivePolicies, sources: SourceMap) {
  const limits = policy?.limits
  if (!policy || !limits?.claim) return undefined
  const { origin } = limits.claim
  const response = policy.response?.value
  return sources.note(
    {
      scope: `${origin.resource.namespace}/${origin.resource.name}`,
      limits: limits.value.map((limit, index) => {
        const at = within(origin, index)
        return sources.note(
          {
            name: limit.name,
            requests: limit.requests,
            per: milliseconds(durationMs(limit.window)!),
            burst: limit.burst ?? limit.requests,
            by: (limit.by ?? []).map((key) => {
              switch (key.type) {
                case 'SourceAddress':
                  return { source_address: key.sourceAddress.prefix ?? 128 }
                case 'Header':
                  return { header: key.header.name.toLowerCase() }
                case 'Attribute':
                  return { expression: key.attribute.expression }
              }
            }),
            ...gatewayCondition(conditionIr(limit.matches, limit.when, at)),
          },
          at,
        )
      }),
      status: response?.status ?? 429,
      headers: response?.headers ?? {},
      body: response?.body ?? 'local_rate_limited',
      shadow: policy.mode?.value === 'Shadow',
    },
    origin,
    {
      status: policy.response?.claim?.origin,
      headers: policy.response?.claim?.origin,
      body: policy.response?.claim?.origin,
      shadow: policy.mode?.claim?.origin,
    },
  )
}

/** A call that failed is an answer of HTTP that did not (gRPC over HTTP/2, Responses). */
const GRPC_ANSWER_STATUS = 200

function faultOf({ FaultPolicy: policy }: EffectivePolicies, sources: SourceMap) {
  const claim = policy?.delay?.claim ?? policy?.abort?.claim
  if (!policy || !claim) return undefined
  const { delay, abort } = policy
  const grpcStatus =
    abort?.value.grpcStatus === undefined ? undefined : GRPC_STATUS_NUMBERS[abort.value.grpcStatus]
  return sources.note(
    {
      ...(delay && {
        delay: { duration: milliseconds(durationMs(delay.value.duration)!), percent: delay.value.percent },
      }),
      ...(abort && {
        abort: {
          status: abort.value.httpStatus ?? GRPC_ANSWER_STATUS,
          ...(grpcStatus === undefined ? {} : { grpc_status: grpcStatus }),
          percent: abort.value.percent,
        },
      }),
      ...gatewayCondition(policyCondition(policy)),
    },
    claim.origin,
    { delay: delay?.claim?.origin, abort: abort?.claim?.origin, when: policy.when?.claim?.origin },
  )
}

function jwtOf({ JwtPolicy: policy }: EffectivePolicies, sources: SourceMap) {
  const providers = policy?.providers
  if (!policy || !providers?.claim) return undefined
  const { origin } = providers.claim
  return sources.note(
    {
      providers: providers.value.map((provider, index) => {
        const at: Origin = within(origin, index)
        return sources.note(
          {
            name: provider.name,
            issuer: provider.issuer,
            audiences: provider.audiences ?? [],
            keys:
              provider.keys.type === 'Inline'
                ? { inline: provider.keys.inline }
                : {
                    remote: {
                      uri: provider.keys.remote.uri,
                      cluster: clusterName(provider.keys.remote.backendRef, origin.resource.namespace),
                      cache: milliseconds(durationMs(provider.keys.remote.cache)!),
                    },
                  },
            from: (provider.from ?? []).map(({ type, name, prefix = '' }) => ({
              [type.toLowerCase()]: type === 'Header' ? name.toLowerCase() : name,
              prefix,
            })),
            forward: provider.forward,
            clock_skew: milliseconds(durationMs(provider.clockSkew)!),
            claim_headers: (provider.claimHeaders ?? []).map(({ claim, header }) => ({
              claim,
              header: header.toLowerCase(),
            })),
          },
          at,
        )
      }),
      require: policy.require?.value.type.toLowerCase() ?? 'any',
      required: policy.require?.value.providers ?? providers.value.map(({ name }) => name),
    },
    origin,
    { require: policy.require?.claim?.origin, required: policy.require?.claim?.origin },
  )
}
