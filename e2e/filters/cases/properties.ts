// Properties under Envoy's names, and what filters put there themselves.
import type { FilterCase } from '../filter-case.ts'
import { httpCase, type HttpCaseOptions } from './http-case.ts'

const REQUEST: HttpCaseOptions = {
  request: {
    path: '/path/to?q=1&r=2',
    headers: [
      ['x-one', '1'],
      ['x-two', 'a'],
      ['x-two', 'b'],
      ['user-agent', 'case'],
      ['referer', 'http://from.test/'],
    ],
    body: ['body'],
  },
  response: { status: 201, headers: [['x-up', 'u']], body: ['answer'] },
}

const ask = (callback: string, ...paths: readonly string[]) =>
  paths.map((path) => `${callback} property ${path}`).join('\n')

const REQUEST_NAMES = [
  'path',
  'url_path',
  'host',
  'scheme',
  'method',
  'referer',
  'useragent',
  'protocol',
  'query',
  'id',
  'size',
  'total_size',
  'duration',
  'headers/x-one',
  'headers/X-One',
  'headers/x-two',
  'headers/x-none',
  'nothing',
]
const RESPONSE_NAMES = [
  'code',
  'code_details',
  'flags',
  'grpc_status',
  'size',
  'total_size',
  'headers/x-up',
  'headers/x-none',
  'trailers/x-t',
  'trailers',
  'nothing',
]
const under = (root: string, names: readonly string[]) => names.map((name) => `${root}/${name}`)

export const PROPERTY_CASES: readonly FilterCase[] = [
  httpCase(
    'properties/request',
    ask(
      'request_headers',
      ...under(
        'request',
        REQUEST_NAMES.filter((name) => name !== 'duration'),
      ),
    ),
    REQUEST,
  ),
  httpCase(
    'properties/request-when-it-is-over',
    ask(
      'log',
      ...under(
        'request',
        REQUEST_NAMES.filter((name) => name !== 'duration' && !name.endsWith('total_size')),
      ),
    ),
    REQUEST,
  ),
  httpCase(
    'properties/request-over-http2',
    ask('request_headers', ...under('request', ['protocol', 'path', 'host', 'method', 'scheme', 'query'])),
    { ...REQUEST, version: 2 },
  ),
  httpCase(
    'properties/request-in-body',
    ask('request_body#1', 'request/path', 'request/size', 'request/headers/x-one'),
    REQUEST,
  ),
  httpCase(
    'properties/response-in-request',
    ask('request_headers', ...under('response', RESPONSE_NAMES)),
    REQUEST,
  ),
  httpCase('properties/response', ask('response_headers', ...under('response', RESPONSE_NAMES)), REQUEST),
  httpCase(
    'properties/response-when-it-is-over',
    ask(
      'log',
      ...under(
        'response',
        RESPONSE_NAMES.filter((name) => name !== 'total_size'),
      ),
    ),
    REQUEST,
  ),
  httpCase(
    'properties/response-trailers',
    ask('log', 'response/trailers/x-t', 'response/grpc_status') +
      '\n' +
      ask('response_trailers', 'response/trailers/x-t'),
    {
      version: 2,
      response: {
        trailers: [
          ['x-t', 'v'],
          ['grpc-status', '7'],
        ],
      },
    },
  ),
  httpCase(
    'properties/connection',
    ask(
      'request_headers',
      'source/address',
      'destination/address',
      'connection/mtls',
      'connection/requested_server_name',
      'connection/tls_version',
      'connection/subject_local_certificate',
      'connection/subject_peer_certificate',
      'connection/dns_san_local_certificate',
      'connection/uri_san_peer_certificate',
      'connection/sha256_peer_certificate_digest',
      'connection/termination_details',
      'connection/transport_failure_reason',
      'connection/nothing',
      'source/nothing',
    ) +
      '\nrequest_headers property_size connection_id\nrequest_headers property_size source/port\nrequest_headers property_size destination/port\nrequest_headers property_size connection/id',
    REQUEST,
  ),
  httpCase(
    'properties/upstream-in-request',
    ask(
      'request_headers',
      'upstream/address',
      'upstream/port',
      'upstream/tls_version',
      'upstream/local_address',
      'upstream/transport_failure_reason',
      'upstream/nothing',
    ),
    REQUEST,
  ),
  httpCase(
    'properties/upstream',
    ask(
      'response_headers',
      'upstream/address',
      'upstream/tls_version',
      'upstream/local_address',
      'upstream/transport_failure_reason',
      'upstream/request_attempt_count',
      'upstream/num_endpoints',
      'upstream/nothing',
    ) + '\nresponse_headers property_size upstream/port',
    REQUEST,
  ),
  httpCase(
    'properties/plugin',
    ask(
      'request_headers',
      'plugin_name',
      'plugin_root_id',
      'plugin_vm_id',
      'plugin_config',
      'plugin_nothing',
    ),
    REQUEST,
  ),
  httpCase(
    'properties/plugin-in-configure',
    ask(
      'configure',
      'plugin_name',
      'plugin_root_id',
      'plugin_vm_id',
      'node/id',
      'request/path',
      'listener_direction',
      'cluster_name',
      'route_name',
    ),
  ),
  httpCase(
    'properties/node',
    ask(
      'request_headers',
      'node/id',
      'node/cluster',
      'node/metadata/shelf',
      'node/metadata/none',
      'node/metadata',
      'node/nothing',
      'node/locality',
      'node/locality/region',
    ),
    REQUEST,
  ),
  httpCase(
    'properties/names',
    ask(
      'request_headers',
      'cluster_name',
      'route_name',
      'listener_direction',
      'listener_name',
      'virtual_host_name',
      'cluster_metadata',
      'route_metadata',
      'listener_metadata',
      'upstream_host_metadata',
      'virtual_host_metadata',
    ),
    REQUEST,
  ),
  httpCase(
    'properties/names-with-a-zero-behind',
    ask(
      'request_headers',
      'cluster_name/',
      'route_name/',
      'listener_direction/',
      'node/id/',
      'plugin_name/',
      'request/path/',
      'xds/cluster_name/',
    ),
    REQUEST,
  ),
  httpCase(
    'properties/names-in-response',
    ask('response_headers', 'cluster_name', 'route_name', 'listener_direction'),
    REQUEST,
  ),
  httpCase(
    'properties/xds',
    ask(
      'request_headers',
      'xds/cluster_name',
      'xds/route_name',
      'xds/virtual_host_name',
      'xds/listener_direction',
      'xds/node/id',
      'xds/upstream_host_locality_metadata',
      'xds/filter_chain_name',
      'xds/nothing',
      'xds',
    ),
    REQUEST,
  ),
  httpCase(
    'properties/metadata',
    ask(
      'request_headers',
      'metadata',
      'metadata/filter_metadata',
      'metadata/filter_metadata/none',
      'metadata/none',
    ),
    REQUEST,
  ),
  httpCase(
    'properties/missing',
    ask(
      'request_headers',
      'nothing',
      'nothing/at/all',
      '-',
      'request',
      'request/path/deeper',
      '%00',
      'request/',
    ),
    REQUEST,
  ),
  httpCase(
    'properties/set-and-get',
    'request_headers set_property own value\nrequest_headers property own\nrequest_headers property wasm.own\nrequest_headers property filter_state/wasm.own\nresponse_headers property own\nlog property own',
    REQUEST,
  ),
  httpCase(
    'properties/set-twice',
    'request_headers set_property twice one\nrequest_headers set_property twice two\nrequest_headers property twice\nrequest_headers set_property twice -\nrequest_headers property twice',
    REQUEST,
  ),
  httpCase(
    'properties/set-parts',
    'request_headers set_property own/part/deeper value\nrequest_headers property own/part/deeper\nrequest_headers property own/part\nrequest_headers property own',
    REQUEST,
  ),
  httpCase(
    'properties/set-what-is-there',
    'request_headers set_property plugin_name mine\nrequest_headers property plugin_name\nrequest_headers set_property request/path /mine\nrequest_headers property request/path\nrequest_headers property request/method',
    REQUEST,
  ),
  httpCase(
    'properties/set-in-configure',
    'configure set_property of-root value\nconfigure property of-root\nrequest_headers property of-root',
  ),
  httpCase('properties/set-empty-name', 'request_headers set_property - value\nrequest_headers property -'),
  httpCase('properties/seen-by-the-next-filter', 'request_headers set_property handed over', {
    others: [{ script: 'request_headers property handed', rootId: 'second' }],
  }),
  httpCase('properties/seen-by-another-vm', 'request_headers set_property handed2 over', {
    others: [
      {
        script:
          'request_headers property handed2\nrequest_headers set_property handed2 changed\nrequest_headers property handed2',
        rootId: 'second',
        vmId: 'another',
      },
    ],
  }),
  httpCase(
    'properties/numbers-and-times',
    'request_headers property_size request/time\nrequest_headers property_size request/headers\nlog property_size request/duration\nlog property_size request/total_size\nlog property_size response/total_size\nlog property_size response/backend_latency\nrequest_headers property_size request/duration',
    REQUEST,
  ),
]
