// Filters that trap, in each callback, where requests then fail and where they go on.
import type { FilterCase } from '../filter-case.ts'
import { httpCase, type HttpCaseOptions } from './http-case.ts'

const TRAILERS: HttpCaseOptions = {
  version: 2,
  request: { body: ['body'], trailers: [['x-t', 'v']] },
  response: { body: ['answer'], trailers: [['x-rt', 'w']] },
}
const CALLBACKS = [
  'request_headers',
  'request_body',
  'request_trailers',
  'response_headers',
  'response_body',
  'response_trailers',
  'log',
  'done',
  'delete',
]

export const TRAP_CASES: readonly FilterCase[] = [
  ...CALLBACKS.flatMap((callback) =>
    [false, true].map((isFailOpen) =>
      httpCase(
        `traps/${callback.replaceAll('_', '-')}-${isFailOpen ? 'open' : 'closed'}`,
        `${callback} trap`,
        {
          ...TRAILERS,
          filter: { vmId: `trap-${callback}-${isFailOpen}`, isFailOpen },
          times: 2,
        },
      ),
    ),
  ),
  ...[false, true].map((isFailOpen) =>
    httpCase(`traps/tick-${isFailOpen ? 'open' : 'closed'}`, 'request_headers tick_period 1000\ntick trap', {
      filter: { vmId: `trap-tick-${isFailOpen}`, isFailOpen },
      times: 1,
      goesOnUntil: /root tick/,
    }),
  ),
  ...[false, true].map((isFailOpen) =>
    httpCase(
      `traps/http-call-response-${isFailOpen ? 'open' : 'closed'}`,
      'request_headers http_call http1 20000 - :method=GET :path=/ :authority=callee\nrequest_headers pause\nhttp_call_response trap',
      {
        filter: { vmId: `trap-call-${isFailOpen}`, isFailOpen },
        leavesAfter: /http_call_response/,
        leavesAfterMs: 500,
      },
    ),
  ),
]
