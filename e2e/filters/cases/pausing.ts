// Pause and continue, in each callback and for each stream.
import type { FilterCase } from '../filter-case.ts'
import { httpCase, type HttpCaseOptions } from './http-case.ts'

const PIECES: HttpCaseOptions = { request: { body: ['one', 'two'] }, response: { body: ['un', 'deux'] } }
const TRAILERS: HttpCaseOptions = {
  version: 2,
  request: { body: ['body'], trailers: [['x-t', 'v']] },
  response: { body: ['body'], trailers: [['x-rt', 'w']] },
}
const ticking = (stream: number, when: string, callback: string) => `
  request_headers self >stream
  ${when} tick_period 1000
  ${callback} pause
  tick effective $stream
  tick continue ${stream}
  tick tick_period 0`

export const PAUSING_CASES: readonly FilterCase[] = [
  httpCase('pausing/nothing', '', PIECES),
  httpCase('pausing/nothing-over-http2', '', { ...PIECES, version: 2 }),
  httpCase('pausing/nothing-with-trailers', '', TRAILERS),
  httpCase('pausing/nothing-without-bodies', '', { request: {}, response: { status: 204, body: [] } }),
  httpCase('pausing/nothing-with-content-lengths', '', {
    request: { headers: [['content-length', '7']], body: ['request'] },
    response: { headers: [['content-length', '8']], body: ['response'] },
  }),
  httpCase('pausing/nothing-with-content-lengths-in-pieces', '', {
    request: { headers: [['content-length', '7']], body: ['req', 'uest'] },
    response: { headers: [['content-length', '8']], body: ['resp', 'onse'] },
  }),
  httpCase('pausing/head', '', { request: { method: 'HEAD' }, response: { body: [] } }),
  httpCase('pausing/nothing-without-bodies-over-http2', '', {
    version: 2,
    response: { status: 204, body: [] },
  }),
  httpCase('pausing/request-headers', ticking(0, 'request_headers', 'request_headers')),
  httpCase('pausing/request-headers-with-body', ticking(0, 'request_headers', 'request_headers'), PIECES),
  httpCase('pausing/request-headers-hold-the-body', 'request_headers pause', {
    ...PIECES,
    leavesAfter: /request_headers/,
  }),
  httpCase(
    'pausing/request-headers-then-body',
    `${ticking(0, 'request_headers', 'request_headers')}\nrequest_body buffer 0 0 99\nrequest_body pause\nrequest_body tick_period 1000`,
    PIECES,
  ),
  httpCase('pausing/request-body', ticking(0, 'request_body#1', 'request_body'), {
    request: { body: ['one'] },
  }),
  httpCase('pausing/request-trailers', ticking(0, 'request_trailers', 'request_trailers'), TRAILERS),
  httpCase(
    'pausing/request-body-until-trailers',
    'request_body pause\nrequest_body buffer 0 0 9\nrequest_trailers buffer 0 0 9',
    TRAILERS,
  ),
  httpCase('pausing/response-headers', ticking(1, 'response_headers', 'response_headers'), PIECES),
  httpCase(
    'pausing/response-headers-then-body',
    `${ticking(1, 'response_headers', 'response_headers')}\nresponse_body buffer 1 0 99\nresponse_body pause\nresponse_body tick_period 1000`,
    PIECES,
  ),
  httpCase(
    'pausing/response-body-until-trailers',
    'response_body pause\nresponse_trailers buffer 1 0 9',
    TRAILERS,
  ),
  httpCase('pausing/response-headers-for-ever', 'response_headers pause', {
    ...PIECES,
    leavesAfter: /response_headers/,
  }),
  httpCase('pausing/response-headers-without-body', ticking(1, 'response_headers', 'response_headers'), {
    response: { status: 204, body: [] },
  }),
  httpCase('pausing/response-body', ticking(1, 'response_body#1', 'response_body'), {
    response: { body: ['un'] },
  }),
  httpCase('pausing/response-trailers', ticking(1, 'response_trailers', 'response_trailers'), TRAILERS),
  httpCase(
    'pausing/change-held-request-headers-in-tick',
    `${ticking(0, 'request_headers', 'request_headers')}\ntick value 0 x-late`.replace(
      'tick continue',
      'tick replace 0 x-late l\ntick pairs 0\ntick continue',
    ),
  ),
  httpCase(
    'pausing/change-held-response-headers-in-tick',
    ticking(1, 'response_headers', 'response_headers').replace(
      'tick continue',
      'tick replace 2 x-late l\ntick replace 2 :status 299\ntick pairs 2\ntick continue',
    ),
  ),
  httpCase(
    'pausing/change-held-body-in-tick',
    ticking(1, 'response_body#2', 'response_body').replace(
      'tick continue',
      'tick buffer 1 0 9\ntick set_buffer 1 0 99 changed\ntick continue',
    ),
    { response: { headers: [['x-a', 'b']], body: ['un', 'deux'] } },
  ),
  httpCase(
    'pausing/continue-what-is-not-paused',
    'response_headers continue 0\nrequest_body continue 0\nresponse_body continue 1',
    PIECES,
  ),
  httpCase('pausing/continue-request-headers-that-are-not-paused', 'request_headers continue 0', PIECES),
  httpCase('pausing/continue-response-headers-that-are-not-paused', 'response_headers continue 1', PIECES),
  httpCase('pausing/continue-response-in-request', 'request_headers continue 1', {
    ...PIECES,
    endsEnvoy: 'a response that there is none of yet cannot be continued there: the process ends',
  }),
  httpCase('pausing/pause-and-continue-at-once', 'request_headers continue 0\nrequest_headers pause', {}),
  httpCase(
    'pausing/each-stream-type',
    'request_headers continue 2\nrequest_headers continue 3\nrequest_headers continue 4\nrequest_headers continue 99',
  ),
  httpCase(
    'pausing/no-stream-in-configure',
    'configure continue 0\nconfigure continue 1\nconfigure continue 2\nconfigure continue 3\nconfigure close 0\nconfigure close 1\nconfigure close 2\nconfigure close 4',
  ),
  httpCase('pausing/close-request-in-response', 'response_headers close 0'),
  httpCase('pausing/close-request', 'request_headers close 0\nrequest_headers pause'),
  httpCase('pausing/close-request-without-pause', 'request_headers close 0'),
  httpCase('pausing/close-response-in-request', 'request_headers close 1'),
  httpCase('pausing/close-response', 'response_headers close 1'),
  httpCase('pausing/close-response-over-http2', 'response_headers close 1', { version: 2 }),
  httpCase('pausing/close-request-over-http2', 'request_headers close 0', { version: 2 }),
  httpCase('pausing/close-in-response-body', 'response_body#1 close 1', PIECES),
  httpCase(
    'pausing/close-each-type',
    'request_headers close 2\nrequest_headers close 3\nrequest_headers close 4',
    PIECES,
  ),
  httpCase('pausing/client-leaves', 'request_headers pause', { leavesAfter: /request_headers/ }),
  httpCase('pausing/client-leaves-over-http2', 'request_headers pause', {
    version: 2,
    leavesAfter: /request_headers/,
  }),
  httpCase('pausing/client-leaves-amid-response', 'response_body pause', {
    response: { body: ['un'] },
    leavesAfter: /response_body 2 end=true/,
  }),
  httpCase('pausing/upstream-goes-away', '', { response: { isReset: true } }),
  httpCase('pausing/two-filters', 'request_headers add 0 x-first 1\nresponse_headers pairs 2', {
    ...PIECES,
    others: [
      { script: 'request_headers value 0 x-first\nresponse_headers add 2 x-second 2', rootId: 'second' },
    ],
  }),
  httpCase('pausing/second-filter-pauses', '', {
    ...PIECES,
    others: [
      {
        script:
          'request_body#1 pause\nrequest_body buffer 0 0 99\nresponse_body#1 pause\nresponse_body buffer 1 0 99',
        rootId: 'second',
      },
    ],
  }),
  httpCase(
    'pausing/first-filter-gathers',
    'request_body#1 pause\nresponse_body#1 pause\nresponse_body#2 pause',
    { ...PIECES, others: [{ script: '', rootId: 'second' }] },
  ),
]
