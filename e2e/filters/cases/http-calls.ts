// Calls of other services, and what comes of them.
import type { FilterCase } from '../filter-case.ts'
import { httpCase } from './http-case.ts'

const HEAD = ':method=GET :path=/ :authority=callee'
const READ = `http_call_response pairs 6
  http_call_response buffer 4 0 99
  http_call_response pairs 7
  http_call_response buffer_status 4
  http_call_response size 6`
const call = (path: string, rest = READ, timeoutMs = 20000) => `
  request_headers http_call http1 ${timeoutMs} - :method=GET :path=${path} :authority=callee
  request_headers pause
  ${rest}
  http_call_response continue 0`

export const HTTP_CALL_CASES: readonly FilterCase[] = [
  httpCase('http-calls/answered', call('/')),
  httpCase('http-calls/with-trailers', call('/trailers')),
  httpCase('http-calls/empty', call('/empty')),
  httpCase('http-calls/not-found', call('/not-found')),
  httpCase(
    'http-calls/values',
    call(
      '/',
      'http_call_response value 6 :status\nhttp_call_response value 6 x-called\nhttp_call_response value 6 x-twice\nhttp_call_response value 6 x-none\nhttp_call_response value 7 x-none\nhttp_call_response add 6 x-new n\nhttp_call_response replace 6 x-called d\nhttp_call_response remove 6 x-called\nhttp_call_response set_pairs 6 x-only=1\nhttp_call_response set_buffer 4 0 99 new\nhttp_call_response pairs 6\nhttp_call_response buffer 4 0 99',
    ),
  ),
  httpCase('http-calls/timeout', call('/slow', READ, 50)),
  httpCase('http-calls/reset', call('/reset')),
  httpCase('http-calls/nobody-there', call('/').replace('http1', 'dead')),
  httpCase('http-calls/status-of-failure', call('/slow', 'http_call_response status', 50)),
  httpCase('http-calls/status-of-success', call('/', 'http_call_response status')),
  httpCase('http-calls/over-http2', call('/trailers').replace('http1', 'http2')),
  httpCase('http-calls/unknown-cluster', `request_headers http_call no-such 20000 - ${HEAD}`),
  httpCase('http-calls/empty-cluster', `request_headers http_call - 20000 - ${HEAD}`),
  httpCase('http-calls/without-method', 'request_headers http_call http1 20000 - :path=/ :authority=callee'),
  httpCase(
    'http-calls/without-path',
    'request_headers http_call http1 20000 - :method=GET :authority=callee',
  ),
  httpCase('http-calls/without-authority', 'request_headers http_call http1 20000 - :method=GET :path=/'),
  httpCase('http-calls/without-headers', 'request_headers http_call http1 20000 -'),
  httpCase(
    'http-calls/seen-by-the-callee',
    `request_headers http_call http1 20000 body :method=POST :path=/seen :authority=callee x-own=1 x-own=2 content-type=text/plain\nrequest_headers pause\nhttp_call_response buffer 4 0 300\nhttp_call_response continue 0`,
  ),
  httpCase(
    'http-calls/body-and-trailers',
    `request_headers http_call http1 20000 body :method=POST :path=/seen :authority=callee -- x-own-trailer=t\nrequest_headers pause\nhttp_call_response buffer 4 0 300\nhttp_call_response continue 0`,
  ),
  httpCase(
    'http-calls/own-content-length',
    `request_headers http_call http1 20000 body :method=POST :path=/seen :authority=callee content-length=2\nrequest_headers pause\nhttp_call_response buffer 4 0 300\nhttp_call_response continue 0`,
  ),
  httpCase(
    'http-calls/own-host',
    'request_headers http_call http1 20000 - :method=GET :path=/seen :authority=callee host=other\nrequest_headers pause\nhttp_call_response buffer 4 0 300\nhttp_call_response continue 0',
  ),
  httpCase(
    'http-calls/several',
    `request_headers http_call http1 20000 - ${HEAD}\nrequest_headers http_call http1 20000 - :method=GET :path=/ :authority=callee\nrequest_headers pause\nhttp_call_response#2 continue 0`,
  ),
  httpCase(
    'http-calls/one-after-the-other',
    `request_headers http_call http1 20000 - ${HEAD}\nrequest_headers pause\nhttp_call_response#1 http_call http1 20000 - :method=GET :path=/not-found :authority=callee\nhttp_call_response#2 value 6 :status\nhttp_call_response#2 continue 0`,
  ),
  httpCase(
    'http-calls/in-response-headers',
    `response_headers http_call http1 20000 - ${HEAD}\nresponse_headers pause\nhttp_call_response value 6 x-called\nhttp_call_response replace 2 x-late l\nhttp_call_response continue 1`,
  ),
  httpCase(
    'http-calls/in-request-body',
    `request_body#1 http_call http1 20000 - ${HEAD}\nrequest_body pause\nhttp_call_response buffer 0 0 99\nhttp_call_response continue 0`,
    { request: { body: ['one'] } },
  ),
  httpCase(
    'http-calls/in-configure',
    `configure http_call http1 20000 - ${HEAD}\nhttp_call_response value 6 :status`,
    { goesOnUntil: /value 6 :status = / },
  ),
  httpCase(
    'http-calls/in-tick',
    `request_headers tick_period 500\ntick#1 http_call http1 20000 - ${HEAD}\ntick tick_period 0\nhttp_call_response value 6 :status`,
    { goesOnUntil: /value 6 :status = / },
  ),
  httpCase(
    'http-calls/unanswered-when-it-ends',
    'request_headers http_call http1 300 - :method=GET :path=/slow :authority=callee',
    { lingerMs: 350 },
  ),
  httpCase('http-calls/in-log', `log http_call http1 20000 - ${HEAD}`, { lingerMs: 100 }),
  httpCase(
    'http-calls/headers-of-the-request-meanwhile',
    `request_headers http_call http1 20000 - ${HEAD}\nrequest_headers pause\nhttp_call_response pairs 0\nhttp_call_response replace 0 x-checked yes\nhttp_call_response continue 0`,
  ),
  httpCase(
    'http-calls/maps-outside',
    'request_headers value 6 :status\nrequest_headers pairs 7\nrequest_headers buffer 4 0 9',
  ),
  httpCase(
    'http-calls/timeout-zero',
    'request_headers http_call http1 0 - :method=GET :path=/ :authority=callee\nrequest_headers pause\nhttp_call_response value 6 :status\nhttp_call_response continue 0',
  ),
]
