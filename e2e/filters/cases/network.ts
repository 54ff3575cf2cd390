// Filters of connections of bytes.
import type { FilterCase, TcpExchange } from '../filter-case.ts'

const tcp = (
  name: string,
  script: string,
  exchange: Partial<TcpExchange> = {},
  rest: Partial<FilterCase> = {},
): FilterCase => ({
  name: `network/${name}`,
  filters: [{ script: `filter tcp\n${script}` }],
  exchanges: [{ kind: 'tcp', sends: ['one', 'two'], upstream: 'echo', ...exchange }],
  ...rest,
})

export const NETWORK_CASES: readonly FilterCase[] = [
  tcp('nothing', ''),
  tcp('upstream-closes', '', { upstream: 'close', sends: ['one'] }),
  tcp('upstream-speaks-first', '', { upstream: 'greet' }),
  tcp(
    'read',
    'downstream_data buffer 2 0 99\ndownstream_data buffer 3 0 99\nupstream_data buffer 3 0 99\nupstream_data buffer 2 0 99\nupstream_data buffer_status 3',
  ),
  tcp(
    'each-buffer-in-downstream-data',
    Array.from({ length: 9 }, (_, buffer) => `downstream_data#1 buffer ${buffer} 0 9`).join('\n'),
    { sends: ['one'] },
  ),
  tcp('rewrite', 'downstream_data#1 set_buffer 2 0 99 ONE\nupstream_data#1 set_buffer 3 0 5 ECHO:'),
  tcp('prepend-and-append', 'downstream_data#1 set_buffer 2 0 0 <\ndownstream_data#1 set_buffer 2 99 0 >%20'),
  tcp('pause-downstream', 'downstream_data#1 pause\ndownstream_data buffer 2 0 99'),
  tcp('pause-downstream-for-ever', 'downstream_data pause\ndownstream_data buffer 2 0 99'),
  tcp('pause-upstream', 'upstream_data#1 pause\nupstream_data buffer 3 0 99'),
  tcp(
    'continue-downstream-in-tick',
    'new_connection self >stream\ndownstream_data pause\ndownstream_data#1 tick_period 1000\ntick effective $stream\ntick continue 2\ntick tick_period 0',
    { sends: ['one'] },
  ),
  tcp(
    'pause-connection',
    'new_connection pause\nnew_connection self >stream\nnew_connection tick_period 900\ntick effective $stream\ntick continue 2\ntick tick_period 0',
    { sends: ['one'] },
  ),
  tcp('close-downstream', 'downstream_data#1 close 2', { sends: ['one'] }),
  tcp('close-upstream', 'downstream_data#1 close 3', { sends: ['one'] }),
  tcp('close-in-new-connection', 'new_connection close 2', { sends: ['one'] }),
  tcp(
    'close-http-streams',
    'downstream_data#1 close 0\ndownstream_data#1 close 1\ndownstream_data#1 continue 0\ndownstream_data#1 continue 1',
    { sends: ['one'] },
  ),
  tcp('continue-each', 'downstream_data#1 continue 2\ndownstream_data#1 continue 3', { sends: ['one'] }),
  tcp('local-response', 'downstream_data#1 respond 403 no body -1', { sends: ['one'] }),
  tcp(
    'maps',
    Array.from(
      { length: 8 },
      (_, map) =>
        `downstream_data#1 pairs ${map}\ndownstream_data#1 value ${map} x\ndownstream_data#1 add ${map} x y`,
    ).join('\n'),
    { sends: ['one'] },
  ),
  tcp(
    'properties',
    'new_connection property source/address\nnew_connection property destination/address\nnew_connection property request/path\nnew_connection property plugin_name\nnew_connection property connection/mtls\nnew_connection property connection/requested_server_name\nupstream_data#1 property upstream/address\nupstream_data#1 property xds/cluster_name\nnew_connection set_property mine value\ndownstream_data#1 property mine',
    { sends: ['one'] },
  ),
  tcp(
    'http-call',
    'new_connection http_call http1 20000 - :method=GET :path=/ :authority=callee\nnew_connection pause\nhttp_call_response buffer 4 0 99\nhttp_call_response continue 2',
    { sends: ['one'] },
  ),
  tcp(
    'trap',
    'downstream_data#1 trap',
    { sends: ['one'] },
    { filters: [{ script: 'filter tcp\ndownstream_data#1 trap', vmId: 'tcp-trap' }] },
  ),
  tcp(
    'trap-open',
    '',
    { sends: ['one'] },
    {
      filters: [{ script: 'filter tcp\ndownstream_data#1 trap', vmId: 'tcp-trap-open', isFailOpen: true }],
      exchanges: [
        { kind: 'tcp', sends: ['one'], upstream: 'echo' },
        { kind: 'tcp', sends: ['one'], upstream: 'echo' },
      ],
    },
  ),
]
