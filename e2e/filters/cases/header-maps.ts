// Headers and trailers: each call of the maps in the callbacks that have them, and in those that do not.
import type { FilterCase } from '../filter-case.ts'
import { httpCase, type HttpCaseOptions } from './http-case.ts'

const FIELDS: HttpCaseOptions = {
  request: {
    headers: [
      ['x-one', '1'],
      ['x-two', 'a'],
      ['x-two', 'b'],
      ['cookie', 'k=v'],
      ['x-empty', ''],
    ],
  },
  response: {
    headers: [
      ['x-up', 'u'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ],
  },
}

const TRAILERS: HttpCaseOptions = {
  version: 2,
  request: { body: ['body'], trailers: [['x-t', 'v']] },
  response: { body: ['body'], trailers: [['x-rt', 'w']] },
}

const all = (callback: string, operation: (map: number) => string) =>
  Array.from({ length: 8 }, (_, map) => `${callback} ${operation(map)}`).join('\n')

export const HEADER_MAP_CASES: readonly FilterCase[] = [
  httpCase('header-maps/pairs-of-chunked', 'request_headers pairs 0\nresponse_headers pairs 2', {
    request: { body: ['body'] },
  }),
  httpCase(
    'header-maps/get-value',
    `request_headers value 0 x-one
     request_headers value 0 X-One
     request_headers value 0 x-two
     request_headers value 0 x-empty
     request_headers value 0 cookie
     request_headers value 0 :path
     request_headers value 0 :method
     request_headers value 0 :authority
     request_headers value 0 :scheme
     request_headers value 0 host
     request_headers value 0 x-none
     request_headers value 0 -
     response_headers value 2 :status
     response_headers value 2 set-cookie
     response_headers value 2 x-none`,
    FIELDS,
  ),
  httpCase(
    'header-maps/pairs-and-size',
    `request_headers pairs 0
     request_headers size 0
     response_headers pairs 2
     response_headers size 2`,
    FIELDS,
  ),
  httpCase(
    'header-maps/pairs-over-http2',
    `request_headers pairs 0
     request_headers size 0
     response_headers pairs 2
     response_headers size 2
     request_trailers pairs 1
     request_trailers size 1
     response_trailers pairs 3
     response_trailers size 3`,
    { ...TRAILERS, request: { ...FIELDS.request, ...TRAILERS.request } },
  ),
  httpCase(
    'header-maps/each-map-in-request-headers',
    all('request_headers', (map) => `pairs ${map}`),
    FIELDS,
  ),
  httpCase(
    'header-maps/each-map-size-in-request-headers',
    all('request_headers', (map) => `size ${map}`),
    FIELDS,
  ),
  httpCase(
    'header-maps/each-map-in-response-headers',
    all('response_headers', (map) => `pairs ${map}`),
    FIELDS,
  ),
  httpCase(
    'header-maps/each-map-value-in-request-headers',
    all('request_headers', (map) => `value ${map} x-one`),
    FIELDS,
  ),
  httpCase(
    'header-maps/each-map-in-request-trailers',
    all('request_trailers', (map) => `pairs ${map}`),
    TRAILERS,
  ),
  httpCase(
    'header-maps/each-map-in-response-trailers',
    all('response_trailers', (map) => `pairs ${map}`),
    TRAILERS,
  ),
  httpCase(
    'header-maps/each-map-in-log',
    all('log', (map) => `pairs ${map}`),
    { ...TRAILERS, request: { ...FIELDS.request, ...TRAILERS.request } },
  ),
  httpCase(
    'header-maps/each-map-in-done',
    all('done', (map) => `size ${map}`),
    FIELDS,
  ),
  httpCase(
    'header-maps/each-map-in-configure',
    all('configure', (map) => `pairs ${map}\nconfigure size ${map}\nconfigure add ${map} x-a b`),
  ),
  httpCase(
    'header-maps/add-to-each-map-in-request-headers',
    all('request_headers', (map) => `add ${map} x-added ${map}`),
    FIELDS,
  ),
  httpCase(
    'header-maps/replace-in-each-map-in-request-headers',
    all('request_headers', (map) => `replace ${map} x-one ${map}`),
    FIELDS,
  ),
  httpCase(
    'header-maps/remove-from-each-map-in-request-headers',
    all('request_headers', (map) => `remove ${map} x-one`),
    FIELDS,
  ),
  httpCase(
    'header-maps/set-each-map-in-response-headers',
    all('response_headers', (map) => (map === 2 ? 'size 2' : `set_pairs ${map} x-set=1`)),
    FIELDS,
  ),
  httpCase(
    'header-maps/no-such-map',
    `request_headers pairs 8
     request_headers size 9
     request_headers value 8 x-one
     request_headers add 8 x-one 1
     request_headers replace 8 x-one 1
     request_headers remove 8 x-one
     request_headers set_pairs 8 x-one=1
     request_headers value 4294967295 x-one`,
    FIELDS,
  ),
  httpCase(
    'header-maps/add',
    `request_headers add 0 x-one 2
     request_headers add 0 x-new n
     request_headers add 0 X-Upper Case
     request_headers add 0 x-blank -
     request_headers add 0 - v
     request_headers pairs 0
     request_headers value 0 x-one
     response_headers add 2 x-up 2
     response_headers add 2 x-new %20spaced%20
     response_headers pairs 2`,
    FIELDS,
  ),
  httpCase(
    'header-maps/replace',
    `request_headers replace 0 x-one 2
     request_headers replace 0 x-two c
     request_headers replace 0 x-new n
     request_headers replace 0 :path /other
     request_headers replace 0 :authority other.test
     request_headers replace 0 :method PUT
     request_headers pairs 0
     response_headers replace 2 :status 201
     response_headers replace 2 set-cookie c=3
     response_headers replace 2 x-new n
     response_headers pairs 2`,
    FIELDS,
  ),
  httpCase(
    'header-maps/remove',
    `request_headers remove 0 x-one
     request_headers remove 0 x-two
     request_headers remove 0 X-EMPTY
     request_headers remove 0 x-none
     request_headers remove 0 -
     request_headers pairs 0
     response_headers remove 2 set-cookie
     response_headers remove 2 x-none
     response_headers pairs 2`,
    FIELDS,
  ),
  httpCase(
    'header-maps/set-pairs',
    `request_headers set_pairs 0 :method=GET :path=/set :authority=case.test :scheme=http x-forwarded-proto=http x-set=1 x-set=2
     request_headers pairs 0
     response_headers set_pairs 2 :status=202 x-set=3
     response_headers pairs 2
     log property response/code_details`,
    FIELDS,
  ),
  httpCase(
    'header-maps/set-no-pairs-of-response',
    'response_headers set_pairs 2\nresponse_headers pairs 2\nresponse_headers replace 2 :status 200',
    FIELDS,
  ),
  httpCase(
    'header-maps/set-empty-bytes-of-response',
    'response_headers raw set_header_map_pairs 2 @ 0\nresponse_headers pairs 2',
    FIELDS,
  ),
  httpCase(
    'header-maps/broken-pairs',
    `response_headers poke hex:ffffffff
     response_headers raw set_header_map_pairs 3 @ 4
     response_headers poke hex:0100000003000000ffffff7f616263
     response_headers raw set_header_map_pairs 3 @ 15
     response_headers poke hex:02000000
     response_headers raw set_header_map_pairs 3 @ 3
     response_headers pairs 2`,
    FIELDS,
  ),
  httpCase(
    'header-maps/values-with-odd-bytes',
    `response_headers add 2 x-high %ff%e9
     response_headers value 2 x-high
     response_headers add 2 x-utf %c3%a9
     response_headers value 2 x-utf`,
    FIELDS,
  ),
  httpCase(
    'header-maps/line-break-in-value',
    'response_headers add 2 x-split a%0d%0ax-injected:%20b\nresponse_headers value 2 x-split',
    FIELDS,
  ),
  httpCase(
    'header-maps/zero-in-value',
    'response_headers add 2 x-zero a%00b\nresponse_headers value 2 x-zero',
    FIELDS,
  ),
  httpCase(
    'header-maps/line-break-in-request-value',
    'request_headers replace 0 x-one a%0d%0ax-injected:%20b\nrequest_headers value 0 x-one',
    FIELDS,
  ),
  httpCase(
    'header-maps/remove-pseudo-header',
    'request_headers remove 0 :path\nrequest_headers pairs 0',
    FIELDS,
  ),
  httpCase('header-maps/remove-method', 'request_headers remove 0 :method\nrequest_headers pairs 0', FIELDS),
  httpCase(
    'header-maps/remove-status',
    'response_headers remove 2 :status\nresponse_headers pairs 2',
    FIELDS,
  ),
  httpCase(
    'header-maps/status-that-is-none',
    'response_headers replace 2 :status abc\nresponse_headers value 2 :status',
    FIELDS,
  ),
  httpCase(
    'header-maps/trailers-of-request',
    'request_trailers add 1 x-t2 b\nrequest_trailers replace 1 x-t c\nrequest_trailers pairs 1',
    TRAILERS,
  ),
  httpCase(
    'header-maps/trailers-of-response',
    'response_trailers add 3 x-rt2 b\nresponse_trailers remove 3 x-rt\nresponse_trailers pairs 3',
    TRAILERS,
  ),
  httpCase(
    'header-maps/add-trailers-in-last-body',
    'request_body add 1 x-late l\nrequest_body pairs 1\nresponse_body add 3 x-late l\nresponse_body pairs 3',
    { version: 2, request: { body: ['one'] }, response: { body: ['two'] } },
  ),
  httpCase(
    'header-maps/headers-after-they-went',
    'request_body add 0 x-late l\nrequest_body pairs 0\nresponse_body add 2 x-late l\nresponse_body pairs 2',
    { request: { body: ['one'] }, response: { body: ['two'] } },
  ),
  httpCase(
    'header-maps/request-in-response',
    'response_headers value 0 x-one\nresponse_headers add 0 x-late l\nresponse_headers value 0 x-late',
    FIELDS,
  ),
  httpCase(
    'header-maps/many-fields',
    Array.from({ length: 60 }, (_, index) => `response_headers add 2 x-many-${index} ${index}`).join('\n') +
      '\nresponse_headers size 2',
  ),
  httpCase(
    'header-maps/large-value',
    'response_headers add 2 x-large rep:20000:v\nresponse_headers value 2 x-large',
  ),
]
