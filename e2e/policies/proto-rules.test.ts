import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { encodeEnvoy } from '@quadrant/govern/envoy'
import { protoProblem } from '@quadrant/govern/programming'
import type { XdsResource } from '@quadrant/govern/xds'
import { ENVOY_PROGRAM, NEEDS_ENVOY } from '../filters/envoy.ts'
import { FULL } from '../requirements.ts'

type EnvoyJson = Parameters<typeof encodeEnvoy>[1]

const MUTANT_COUNT = FULL ? 1000 : 120
const SEED = 20_261_127

const CLUSTER: EnvoyJson = {
  name: 'cart',
  type: 'STATIC',
  connect_timeout: '1s',
  per_connection_buffer_limit_bytes: 32_768,
  lb_policy: 'RING_HASH',
  ring_hash_lb_config: { minimum_ring_size: 1024, maximum_ring_size: 2048 },
  circuit_breakers: {
    thresholds: [{ priority: 'HIGH', max_connections: 10, retry_budget: { budget_percent: { value: 20 } } }],
  },
  outlier_detection: {
    interval: '2s',
    base_ejection_time: '3s',
    max_ejection_percent: 50,
    enforcing_success_rate: 100,
  },
  load_assignment: {
    cluster_name: 'cart',
    endpoints: [
      {
        priority: 0,
        load_balancing_weight: 5,
        lb_endpoints: [
          {
            load_balancing_weight: 3,
            endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: 1 } } },
          },
        ],
      },
    ],
    policy: { overprovisioning_factor: 140 },
  },
  transport_socket: {
    name: 'tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      sni: 'cart',
      common_tls_context: { alpn_protocols: ['h2'] },
    },
  },
}

const LISTENER: EnvoyJson = {
  name: 'web',
  address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
  bind_to_port: false,
  filter_chains: [
    {
      filters: [
        {
          name: 'http',
          typed_config: {
            '@type':
              'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
            codec_type: 'AUTO',
            stat_prefix: 'web',
            max_request_headers_kb: 60,
            http2_protocol_options: { max_concurrent_streams: 100, initial_stream_window_size: 65_536 },
            route_config: {
              name: 'web',
              virtual_hosts: [
                {
                  name: 'all',
                  domains: ['*'],
                  response_headers_to_add: [{ header: { key: 'x-version', value: 'one' } }],
                  request_headers_to_remove: ['x-secret'],
                  routes: [
                    {
                      match: {
                        prefix: '/',
                        headers: [{ name: 'x-user', string_match: { prefix: 'a' } }],
                        query_parameters: [{ name: 'page', string_match: { exact: '1' } }],
                      },
                      route: {
                        weighted_clusters: { clusters: [{ name: 'cart', weight: 1 }] },
                        timeout: '1s',
                        retry_policy: {
                          retry_on: '5xx',
                          num_retries: 2,
                          retry_back_off: { base_interval: '1s', max_interval: '2s' },
                        },
                        hash_policy: [{ header: { header_name: 'x-user' } }],
                      },
                    },
                    {
                      match: { path: '/gone' },
                      direct_response: { status: 404, body: { inline_string: 'no' } },
                    },
                    { match: { prefix: '/old' }, redirect: { path_redirect: '/new' } },
                  ],
                },
              ],
            },
            http_filters: [
              {
                name: 'limit',
                typed_config: {
                  '@type':
                    'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
                  stat_prefix: 'limit',
                  token_bucket: { max_tokens: 5, tokens_per_fill: 5, fill_interval: '1s' },
                },
              },
              {
                name: 'fault',
                typed_config: {
                  '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
                  abort: { http_status: 503, percentage: { numerator: 1 } },
                  delay: { fixed_delay: '1s', percentage: { numerator: 1 } },
                },
              },
              {
                name: 'router',
                typed_config: {
                  '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
                },
              },
            ],
          },
        },
      ],
    },
  ],
}

const KINDS = [
  ['envoy.config.cluster.v3.Cluster', CLUSTER],
  ['envoy.config.listener.v3.Listener', LISTENER],
] as const

/** Mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Place = { readonly holder: Record<string, unknown>; readonly key: string }

function placesOf(value: unknown, places: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return places
  for (const [key, inner] of Object.entries(value)) {
    if (key === '@type') continue
    places.push({ holder: value as Record<string, unknown>, key })
    placesOf(inner, places)
  }
  return places
}

const NUMBERS = [0, 1, 99, 101, 600, 4_294_967_295]
const TEXTS = ['', 'a\nb', 'a\u0001b', ' ', 'x'.repeat(300), ':path', '/']
const DURATIONS = ['0s', '0.000000001s', '-1s', '0.001s', '31536000000s']

function mutate({ holder, key }: Place, random: (below: number) => number): void {
  const value = holder[key]
  const pick = <T>(all: readonly T[]) => all[random(all.length)]
  if (typeof value === 'number') holder[key] = pick(NUMBERS)
  else if (typeof value === 'string')
    holder[key] = /^\d+s$/.test(value) ? pick(DURATIONS) : /^[A-Z_]+$/.test(value) ? 77 : pick(TEXTS)
  else if (Array.isArray(value)) holder[key] = random(2) === 0 ? [] : [...value, ...value]
  else if (typeof value === 'object') {
    if (random(2) === 0) delete holder[key]
    else holder[key] = '@type' in value! ? { '@type': value['@type'] } : {}
  }
}

interface Mutant {
  readonly what: string
  readonly configuration: unknown
  readonly resource: XdsResource
}

/** Good resources with one mistake, or none. */
function mutants(): readonly Mutant[] {
  const random = randomOf(SEED)
  const all: Mutant[] = []
  while (all.length < MUTANT_COUNT) {
    const [type, base] = KINDS[random(KINDS.length)]!
    const message = structuredClone(base) as Record<string, unknown>
    const places = placesOf(message)
    const place = places[random(places.length)]!
    const before = JSON.stringify(place.holder[place.key])
    if (place.holder === message && place.key === 'name') continue
    mutate(place, random)
    message['name'] = `mutant${all.length}`
    const what = `${type} ${place.key}: ${before.slice(0, 60)} → ${JSON.stringify(place.holder[place.key])?.slice(0, 60)}`
    try {
      const list =
        type === KINDS[0][0] ? { clusters: [message] } : { clusters: [CLUSTER], listeners: [message] }
      all.push({ what, configuration: { static_resources: list }, resource: encodeEnvoy(type, message) })
    } catch {
      // No message at all: it cannot be served.
    }
  }
  return all
}

test('our reading of Envoy’s proto rules is Envoy’s', { ...NEEDS_ENVOY, timeout: 600_000 }, (t) => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'quadrant-rules-'))
  const file = join(folder.path, 'envoy.json')
  const differences: string[] = []
  const counts = { right: 0, wrong: 0, otherwise: 0 }
  for (const { what, configuration, resource } of mutants()) {
    const ours = protoProblem(resource)
    writeFileSync(file, JSON.stringify(configuration))
    const args = ['--mode', 'validate', '--config-path', file, '--log-level', 'error']
    const { status, stdout, stderr } = spawnSync(ENVOY_PROGRAM!, args, { encoding: 'utf8' })
    const isConstraint = /Proto constraint validation failed/.test(stdout + stderr)
    // Envoy may find something else before it looks at what we found.
    if (isConstraint ? ours === undefined : ours !== undefined && status === 0)
      differences.push(`${what}: ${ours ?? 'only Envoy'}: ${stderr}`)
    counts[isConstraint ? 'wrong' : status === 0 ? 'right' : 'otherwise']++
  }
  t.diagnostic(JSON.stringify(counts))
  assert.deepEqual(differences, [])
  assert.ok(counts.wrong > 20 && counts.right > 20, JSON.stringify(counts))
})
