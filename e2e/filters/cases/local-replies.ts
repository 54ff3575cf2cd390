// Answers of filters, in each callback.
import type { FilterCase } from '../filter-case.ts'
import { httpCase, type HttpCaseOptions } from './http-case.ts'

const BODIES: HttpCaseOptions = { request: { body: ['one', 'two'] }, response: { body: ['un', 'deux'] } }
const TRAILERS: HttpCaseOptions = {
  version: 2,
  request: { body: ['b'], trailers: [['x-t', 'v']] },
  response: { body: ['b'], trailers: [['x-rt', 'w']] },
}
const GRPC: HttpCaseOptions = {
  version: 2,
  request: {
    method: 'POST',
    headers: [
      ['content-type', 'application/grpc'],
      ['te', 'trailers'],
    ],
    body: ['x'],
  },
}
const respond = (status: number, body = 'no', rest = '-1') => `respond ${status} by-case ${body} ${rest}`

export const LOCAL_REPLY_CASES: readonly FilterCase[] = [
  httpCase(
    'local-replies/in-request-headers',
    `request_headers ${respond(403, 'no', '-1 x-why=because')}\nrequest_headers pause`,
  ),
  httpCase('local-replies/in-request-headers-without-pause', `request_headers ${respond(403)}`),
  httpCase(
    'local-replies/over-http2',
    `request_headers ${respond(403, 'no', '-1 x-why=because')}\nrequest_headers pause`,
    { version: 2 },
  ),
  httpCase('local-replies/without-body', `request_headers ${respond(204, '-')}\nrequest_headers pause`),
  httpCase('local-replies/empty-403', `request_headers ${respond(403, '-')}\nrequest_headers pause`),
  httpCase('local-replies/to-head', `request_headers ${respond(403)}\nrequest_headers pause`, {
    request: { method: 'HEAD' },
  }),
  httpCase(
    'local-replies/own-content-type',
    `request_headers ${respond(200, '{}', '-1 content-type=application/json x-a=1 x-a=2')}\nrequest_headers pause`,
  ),
  httpCase(
    'local-replies/own-content-length',
    `request_headers ${respond(200, 'text', '-1 content-length=99')}\nrequest_headers pause`,
  ),
  httpCase(
    'local-replies/own-status',
    `request_headers ${respond(200, 'text', '-1 :status=404 server=mine')}\nrequest_headers pause`,
  ),
  httpCase(
    'local-replies/in-request-body',
    `request_body#1 ${respond(413, 'large')}\nrequest_body pause`,
    BODIES,
  ),
  httpCase(
    'local-replies/in-request-trailers',
    `request_trailers ${respond(400)}\nrequest_trailers pause`,
    TRAILERS,
  ),
  httpCase(
    'local-replies/in-response-headers',
    `response_headers#1 ${respond(502, 'bad', '-1 x-why=because')}\nresponse_headers#1 pause`,
    BODIES,
  ),
  httpCase(
    'local-replies/in-response-headers-over-http2',
    `response_headers#1 ${respond(502, 'bad')}\nresponse_headers#1 pause`,
    { ...BODIES, version: 2 },
  ),
  httpCase(
    'local-replies/in-response-body',
    `response_body#1 ${respond(502, 'bad')}\nresponse_body#1 pause`,
    BODIES,
  ),
  httpCase(
    'local-replies/in-response-trailers',
    `response_trailers ${respond(502)}\nresponse_trailers pause`,
    TRAILERS,
  ),
  httpCase('local-replies/in-log', `log ${respond(502)}`, {
    ...BODIES,
    endsEnvoy: 'it logs the exchange again, for ever, until its stack is full',
  }),
  httpCase('local-replies/in-configure', `configure ${respond(502)}`),
  httpCase(
    'local-replies/twice',
    `request_headers ${respond(403)}\nrequest_headers ${respond(404)}\nrequest_headers pause`,
  ),
  httpCase(
    'local-replies/then-continue',
    `request_headers ${respond(403)}\nrequest_headers continue 0\nrequest_headers pause`,
  ),
  httpCase(
    'local-replies/in-tick',
    `request_headers self >stream\nrequest_headers tick_period 1000\nrequest_headers pause\ntick effective $stream\ntick ${respond(403)}\ntick tick_period 0`,
  ),
  httpCase(
    'local-replies/in-http-call-response',
    `request_headers http_call http1 20000 - :method=GET :path=/ :authority=callee\nrequest_headers pause\nhttp_call_response ${respond(401)}`,
  ),
  httpCase(
    'local-replies/grpc-status',
    `request_headers respond 403 by-case no 7\nrequest_headers pause`,
    GRPC,
  ),
  httpCase(
    'local-replies/grpc-without-status',
    `request_headers ${respond(403)}\nrequest_headers pause`,
    GRPC,
  ),
  httpCase(
    'local-replies/grpc-status-to-http',
    'request_headers respond 403 by-case no 7\nrequest_headers pause',
  ),
  httpCase(
    'local-replies/status-that-is-none',
    'request_headers respond 99 by-case no -1\nrequest_headers pause',
    { filter: { vmId: 'odd-status' } },
  ),
  httpCase(
    'local-replies/details',
    `request_headers ${respond(403)}\nrequest_headers pause\nlog property response/code_details\nlog property response/code\nlog property response/flags`,
  ),
  httpCase(
    'local-replies/details-with-spaces',
    'request_headers respond 403 with%20spaces no -1\nrequest_headers pause\nlog property response/code_details',
  ),
  httpCase(
    'local-replies/changed-by-own-response-headers',
    `request_headers ${respond(403)}\nrequest_headers pause\nresponse_headers pairs 2\nresponse_headers replace 2 x-seen yes\nresponse_body buffer 1 0 99\nresponse_body set_buffer 1 0 99 new`,
  ),
  httpCase(
    'local-replies/first-filter-sees-that-of-the-second',
    'response_headers pairs 2\nresponse_headers add 2 x-first 1',
    { others: [{ script: `request_headers ${respond(403)}\nrequest_headers pause`, rootId: 'second' }] },
  ),
  httpCase(
    'local-replies/second-filter-does-not-see-that-of-the-first',
    `request_headers ${respond(403)}\nrequest_headers pause`,
    { others: [{ script: 'response_headers add 2 x-second 1', rootId: 'second' }] },
  ),
  httpCase(
    'local-replies/large-body',
    `request_headers ${respond(200, 'rep:100000:r')}\nrequest_headers pause`,
  ),
]
