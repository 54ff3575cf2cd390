import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeEnvoy } from '../envoy/encode-envoy.ts'
import { protoProblem } from './proto-problem.ts'

type Json = Parameters<typeof encodeEnvoy>[1]

const CLUSTER: Json = { name: 'a', type: 'STATIC', connect_timeout: '1s' }
const FAULT = 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault'

function listener(filter: Json): Json {
  return {
    name: 'web',
    address: { socket_address: { address: '127.0.0.1', port_value: 1 } },
    filter_chains: [{ filters: [{ name: 'fault', typed_config: { '@type': FAULT, ...filter } }] }],
  }
}

const CASES: readonly (readonly [string, Json, string | undefined])[] = [
  ['cluster.v3.Cluster', CLUSTER, undefined],
  [
    'cluster.v3.Cluster',
    { ...CLUSTER, connect_timeout: '0s' },
    'connect_timeout: value must be greater than 0',
  ],
  [
    'cluster.v3.Cluster',
    { ...CLUSTER, name: 'a', lb_policy: 77 },
    'lb_policy: value must be one of the defined enum values',
  ],
  [
    'cluster.v3.Cluster',
    { ...CLUSTER, load_assignment: { cluster_name: '' } },
    'load_assignment.cluster_name: value length must be at least 1 characters',
  ],
  ['listener.v3.Listener', listener({ abort: { http_status: 503 } }), undefined],
  [
    'listener.v3.Listener',
    listener({ abort: { http_status: 99 } }),
    'filter_chains.0.filters.0.typed_config.abort.http_status: value must be greater than or equal to 200 and less than 600',
  ],
  [
    'listener.v3.Listener',
    listener({ abort: {} }),
    'filter_chains.0.filters.0.typed_config.abort.error_type: is required',
  ],
]

test('what the proto rules do not allow is told by its path', () => {
  for (const [type, message, expected] of CASES)
    assert.equal(protoProblem(encodeEnvoy(`envoy.config.${type}`, message)), expected)
})

test('a value that is no message is told', () => {
  const problem = protoProblem({
    typeUrl: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
    value: new Uint8Array([255]),
  })
  assert.match(problem!, /is no envoy.config.cluster.v3.Cluster/)
})
