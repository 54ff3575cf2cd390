import type { Claim, EffectivePolicies } from '../ir/effective.ts'
import { type Origin, within } from '../ir/origin.ts'
import type { SourceMap } from '../ir/source-map.ts'
import { type Problem, unsupported } from '../back-end/problem.ts'
import { conditionIr } from '../lowering/matches.ts'
import type { SpecOf } from '../policy/kind/kinds.ts'
import { durationMs } from '../policy/schema/units.ts'
import { expressionJson } from './envoy-authorization.ts'
import { anyOf, type EnvoyJson, literalValue, seconds } from './envoy-json.ts'
import { requestTerms } from './request-term.ts'

type Limit = NonNullable<SpecOf<'RateLimitPolicy'>['limits']>[number]
type Key = NonNullable<Limit['by']>[number]

/** `envoy.type.v3.StatusCode` from 400 on. */
const STATUSES: ReadonlySet<number> = new Set(
  '400 401 402 403 404 405 406 407 408 409 410 411 412 413 414 415 416 417 421 422 423 424 426 428 429 431 500 501 502 503 504 505 506 507 508 510 511'
    .split(' ')
    .map(Number),
)

/** Values of keys that one limit counts at one time; over it the value that was asked for longest ago is forgotten. */
const KEYS_MAX = 65_536
const COUNT_MAX = 2 ** 32 - 1

/** A limit counts whatever its policy is about: the filter is that of the policy, and routes turn it on. */
export function rateLimitFilterName({ origin: { resource } }: Pick<Claim, 'origin'>): string {
  return `quadrant.limits.${resource.namespace}.${resource.name}`
}

export function rateLimitFilter(
  policy: NonNullable<EffectivePolicies['RateLimitPolicy']>,
  sources: SourceMap,
  report: (problem: Problem) => void,
): EnvoyJson | undefined {
  const claim = policy.limits?.claim
  if (!claim) return undefined
  const { origin } = claim
  const response = policy.response?.value
  if (response?.body !== undefined)
    report(
      unsupported(
        policy.response?.claim?.origin ?? origin,
        'Envoy’s local rate limit has no body of its own',
        'remove body',
      ),
    )
  if (response && !STATUSES.has(response.status))
    report(
      unsupported(
        policy.response?.claim?.origin ?? origin,
        `Envoy answers what is over a limit with a status that it knows, and not with ${response.status}`,
        'status: 429',
      ),
    )
  const isShadow = policy.mode?.value === 'Shadow'
  const limits = policy.limits.value
  const config = sources.note(
    {
      stat_prefix: rateLimitFilterName(claim),
      status: { code: response?.status ?? 429 },
      // What no limit is about takes from this one, and it is never empty.
      token_bucket: { max_tokens: COUNT_MAX, tokens_per_fill: COUNT_MAX, fill_interval: '1s' },
      always_consume_default_token_bucket: false,
      filter_enabled: { default_value: { numerator: 100 } },
      filter_enforced: { default_value: { numerator: isShadow ? 0 : 100 } },
      max_dynamic_descriptors: KEYS_MAX,
      ...(response?.headers === undefined
        ? {}
        : {
            response_headers_to_add: Object.entries(response.headers).map(([key, value]) => ({
              header: { key, value: literalValue(value) },
              append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
            })),
          }),
      rate_limits: limits.flatMap((limit, index) => rateLimits(limit, within(origin, index), report)),
      descriptors: limits.map((limit, index) => descriptor(limit, within(origin, index), sources)),
    },
    origin,
    { status: policy.response?.claim?.origin, filter_enforced: policy.mode?.claim?.origin },
  )
  return {
    name: rateLimitFilterName(claim),
    disabled: true,
    typed_config: anyOf('envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit', config),
  }
}

/** Turns a filter of the listener on, as it is. */
export const FILTER_ON: EnvoyJson = anyOf('envoy.config.route.v3.FilterConfig', { config: {} })

const NAME_KEY = 'limit'
const CONDITION_KEY = 'condition'

/** What of a request is counted: an entry for the limit, for its condition, for each key. */
function rateLimits(limit: Limit, origin: Origin, report: (problem: Problem) => void): readonly EnvoyJson[] {
  const condition = conditionIr(limit.matches, limit.when, origin)
  const terms = condition?.matches.length
    ? requestTerms({ matches: condition.matches, when: undefined })
    : undefined
  if ((terms?.length ?? 0) > 1 || terms?.some(({ query }) => query.length > 0))
    report(
      unsupported(
        within(origin, 'matches'),
        'Envoy counts requests of one match, without query parameters',
        'make a limit of each match, or write it as `when`',
      ),
    )
  return [
    {
      actions: [
        { generic_key: { descriptor_key: NAME_KEY, descriptor_value: limit.name } },
        ...(terms?.[0] === undefined || terms[0].headers.length === 0
          ? []
          : [
              {
                header_value_match: {
                  descriptor_key: 'match',
                  descriptor_value: 'yes',
                  headers: terms[0].headers,
                },
              },
            ]),
        ...(condition?.when === undefined
          ? []
          : [expressionAction(CONDITION_KEY, `(${condition.when}) ? 'yes' : 'no'`, origin, report)]),
        ...(limit.by ?? []).map((key, index) =>
          keyAction(key, `key${index}`, within(origin, 'by', index), report),
        ),
      ],
    },
  ]
}

type Report = (problem: Problem) => void

function expressionAction(key: string, expression: string, origin: Origin, report: Report): EnvoyJson {
  return {
    extension: {
      name: 'envoy.rate_limit_descriptors.expr',
      typed_config: anyOf('envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor', {
        descriptor_key: key,
        // Without this entry nothing is counted at all.
        skip_if_error: false,
        parsed: expressionJson(expression, origin, report),
      }),
    },
  }
}

function keyAction(key: Key, name: string, origin: Origin, report: Report): EnvoyJson {
  switch (key.type) {
    case 'Header':
      return { request_headers: { header_name: key.header.name.toLowerCase(), descriptor_key: name } }
    case 'Attribute':
      return expressionAction(name, key.attribute.expression, origin, report)
    case 'SourceAddress':
      return key.sourceAddress.prefix === undefined
        ? { masked_remote_address: { v4_prefix_mask_len: 32, v6_prefix_mask_len: 128 } }
        : {
            masked_remote_address: {
              v4_prefix_mask_len: Math.min(32, key.sourceAddress.prefix),
              v6_prefix_mask_len: key.sourceAddress.prefix,
            },
          }
  }
}

/** An entry without a value stands for each that there is. */
function descriptor(limit: Limit, origin: Origin, sources: SourceMap): EnvoyJson {
  const hasMatch = (limit.matches ?? []).some(
    ({ path, headers = [], method }) =>
      method !== undefined || headers.length > 0 || path.type !== 'PathPrefix' || path.value !== '/',
  )
  return sources.note(
    {
      entries: [
        { key: NAME_KEY, value: limit.name },
        ...(hasMatch ? [{ key: 'match', value: 'yes' }] : []),
        ...(limit.when === undefined ? [] : [{ key: CONDITION_KEY, value: 'yes' }]),
        ...(limit.by ?? []).map((key, index) => ({
          key: key.type === 'SourceAddress' ? 'masked_remote_address' : `key${index}`,
        })),
      ],
      token_bucket: {
        max_tokens: limit.burst ?? limit.requests,
        tokens_per_fill: limit.requests,
        fill_interval: seconds(durationMs(limit.window)!),
      },
    },
    origin,
  )
}
