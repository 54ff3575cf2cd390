import type { EffectivePolicies } from '../ir/effective.ts'
import { within } from '../ir/origin.ts'
import type { SourceMap } from '../ir/source-map.ts'
import { clusterName } from '../lowering/clusters.ts'
import type { SpecOf } from '../policy/kind/kinds.ts'
import { durationMs } from '../policy/schema/units.ts'
import { anyOf, type EnvoyJson, seconds } from './envoy-json.ts'

export const JWT_FILTER = 'quadrant.tokens'
type Provider = NonNullable<SpecOf<'JwtPolicy'>['providers']>[number]

/** All that routes of a connection manager ask of tokens. */
export class TokenRequirements {
  readonly #providers = new Map<string, EnvoyJson>()
  readonly #requirements = new Map<string, EnvoyJson>()
  readonly #sources: SourceMap
  readonly #clusterOf: (name: string) => string

  constructor(sources: SourceMap, clusterOf: (name: string) => string) {
    this.#sources = sources
    this.#clusterOf = clusterOf
  }

  /** What a route has for the filter; undefined where it asks for no tokens. */
  ofRoute({ JwtPolicy: policy }: EffectivePolicies): EnvoyJson | undefined {
    const providers = policy?.providers
    if (!policy || !providers?.claim) return undefined
    const { origin } = providers.claim
    const { namespace, name } = origin.resource
    const nameOf = (provider: string) => `${namespace}/${name}/${provider}`
    for (const [index, provider] of providers.value.entries())
      this.#providers.set(
        nameOf(provider.name),
        this.#sources.note(this.#provider(provider, namespace), within(origin, index)),
      )
    const require = policy.require?.value
    const names = (require?.providers ?? providers.value.map((one) => one.name)).map(nameOf)
    const type = require?.type ?? 'Any'
    const id = `${type} ${names.join(' ')}`
    const each = names.map((provider_name) => ({ provider_name }))
    this.#requirements.set(
      id,
      this.#sources.note(
        type === 'All' && each.length > 1
          ? { requires_all: { requirements: each } }
          : type === 'Optional'
            ? { requires_any: { requirements: [...each, { allow_missing: {} }] } }
            : each.length > 1
              ? { requires_any: { requirements: each } }
              : each[0]!,
        policy.require?.claim?.origin ?? origin,
      ),
    )
    return anyOf('envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig', { requirement_name: id })
  }

  /** Undefined where no route asks for any. */
  filter(): EnvoyJson | undefined {
    if (this.#requirements.size === 0) return undefined
    return {
      name: JWT_FILTER,
      typed_config: anyOf('envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication', {
        providers: Object.fromEntries(this.#providers),
        requirement_map: Object.fromEntries(this.#requirements),
      }),
    }
  }

  #provider(provider: Provider, namespace: string): EnvoyJson {
    const from = provider.from ?? []
    const named = (type: string) => from.filter((one) => one.type === type)
    return {
      issuer: provider.issuer,
      ...(provider.audiences === undefined ? {} : { audiences: provider.audiences }),
      ...(provider.keys.type === 'Inline'
        ? { local_jwks: { inline_string: provider.keys.inline } }
        : {
            remote_jwks: {
              http_uri: {
                uri: provider.keys.remote.uri,
                cluster: this.#clusterOf(clusterName(provider.keys.remote.backendRef, namespace)),
                timeout: '5s',
              },
              cache_duration: seconds(durationMs(provider.keys.remote.cache)!),
            },
          }),
      forward: provider.forward,
      clock_skew_seconds: Math.ceil(durationMs(provider.clockSkew)! / 1000),
      ...(from.length === 0
        ? {}
        : {
            from_headers: named('Header').map(({ name, prefix }) => ({
              name: name.toLowerCase(),
              ...(prefix === undefined ? {} : { value_prefix: prefix }),
            })),
            from_params: named('Query').map(({ name }) => name),
            from_cookies: named('Cookie').map(({ name }) => name),
          }),
      claim_to_headers: (provider.claimHeaders ?? []).map(({ claim, header }) => ({
        header_name: header.toLowerCase(),
        claim_name: claim,
      })),
    }
  }
}
