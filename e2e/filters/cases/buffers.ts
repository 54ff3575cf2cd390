// Bodies: reading and writing parts of them, in the callbacks that have them and in those that do not.
import type { FilterCase } from '../filter-case.ts'
import { httpCase, type HttpCaseOptions } from './http-case.ts'

const BODIES: HttpCaseOptions = { request: { body: ['request'] }, response: { body: ['response'] } }
const PIECES: HttpCaseOptions = {
  request: { body: ['one', 'two', 'three'] },
  response: { body: ['un', 'deux', 'trois'] },
}

const all = (callback: string, operation: (buffer: number) => string) =>
  Array.from({ length: 9 }, (_, buffer) => `${callback} ${operation(buffer)}`).join('\n')

export const BUFFER_CASES: readonly FilterCase[] = [
  httpCase(
    'buffers/read-parts',
    `request_body buffer 0 0 7
     request_body buffer 0 2 3
     request_body buffer 0 0 0
     request_body buffer 0 0 100
     request_body buffer 0 6 1
     request_body buffer_status 0
     response_body buffer 1 0 4
     response_body buffer_status 1`,
    BODIES,
  ),
  httpCase(
    'buffers/read-beyond',
    `request_body buffer 0 7 1
     request_body buffer 0 7 0
     request_body buffer 0 5 4294967295`,
    BODIES,
  ),
  httpCase('buffers/start-beyond-end', 'request_body buffer 0 8 0', BODIES),
  httpCase('buffers/start-far-beyond-end', 'request_body buffer 0 100 10', {
    ...BODIES,
    filter: { vmId: 'start-beyond' },
  }),
  httpCase('buffers/overflowing-range', 'request_body buffer 0 4294967295 4294967295', {
    ...BODIES,
    filter: { vmId: 'overflow' },
  }),
  httpCase(
    'buffers/each-in-request-body',
    all('request_body', (buffer) => `buffer ${buffer} 0 4`),
    BODIES,
  ),
  httpCase(
    'buffers/each-in-response-body',
    all('response_body', (buffer) => `buffer ${buffer} 0 4`),
    BODIES,
  ),
  httpCase(
    'buffers/each-in-request-headers',
    all('request_headers', (buffer) => `buffer ${buffer} 0 4`),
    BODIES,
  ),
  httpCase(
    'buffers/each-in-configure',
    all('configure', (buffer) => `buffer ${buffer} 0 9`),
  ),
  httpCase(
    'buffers/each-status-in-request-headers',
    all('request_headers', (buffer) => `buffer_status ${buffer}`),
    BODIES,
  ),
  httpCase(
    'buffers/each-status-in-log',
    all('log', (buffer) => `buffer_status ${buffer}`),
    BODIES,
  ),
  httpCase(
    'buffers/each-written-in-request-headers',
    all('request_headers', (buffer) => `set_buffer ${buffer} 0 0 text`),
    BODIES,
  ),
  httpCase(
    'buffers/no-such-buffer',
    'request_body buffer 9 0 4\nrequest_body buffer_status 9\nrequest_body set_buffer 9 0 0 x\nrequest_body buffer 4294967295 0 1',
    BODIES,
  ),
  httpCase(
    'buffers/replace',
    'request_body set_buffer 0 0 7 replaced\nrequest_body buffer 0 0 99\nresponse_headers remove 2 content-length\nresponse_body#1 set_buffer 1 0 8 other\nresponse_body#1 buffer 1 0 99',
    { ...BODIES, request: { body: ['re', 'quest'] } },
  ),
  httpCase(
    'buffers/replace-all-by-huge-length',
    'request_headers remove 0 content-length\nrequest_body set_buffer 0 0 4294967295 replaced\nrequest_body buffer 0 0 99',
    BODIES,
  ),
  httpCase(
    'buffers/prepend',
    'request_headers remove 0 content-length\nrequest_body set_buffer 0 0 0 before-\nrequest_body buffer 0 0 99',
    BODIES,
  ),
  httpCase(
    'buffers/append',
    'request_headers remove 0 content-length\nrequest_body set_buffer 0 7 0 -behind\nrequest_body buffer 0 0 99',
    BODIES,
  ),
  httpCase(
    'buffers/append-by-large-start',
    'request_headers remove 0 content-length\nrequest_body set_buffer 0 4294967295 0 -behind\nrequest_body buffer 0 0 99',
    BODIES,
  ),
  httpCase(
    'buffers/splice-in-the-middle',
    'request_headers remove 0 content-length\nrequest_body set_buffer 0 2 3 XX\nrequest_body buffer 0 0 99',
    BODIES,
  ),
  httpCase(
    'buffers/cut-the-begin',
    'request_headers remove 0 content-length\nrequest_body set_buffer 0 0 2 -\nrequest_body buffer 0 0 99',
    BODIES,
  ),
  httpCase(
    'buffers/replace-the-begin',
    'request_headers remove 0 content-length\nrequest_body set_buffer 0 0 2 XXX\nrequest_body buffer 0 0 99',
    BODIES,
  ),
  httpCase(
    'buffers/empty-a-body',
    'request_headers remove 0 content-length\nrequest_body set_buffer 0 0 99 -\nrequest_body buffer 0 0 99',
    BODIES,
  ),
  httpCase(
    'buffers/longer-than-content-length',
    'response_body#1 set_buffer 1 8 0 -and-more\nresponse_body#1 buffer 1 0 99',
    {
      response: { headers: [['content-length', '8']], body: ['response'] },
    },
  ),
  httpCase(
    'buffers/write-in-last-empty-piece',
    'response_body#2 buffer_status 1\nresponse_body#2 set_buffer 1 0 0 tail\nresponse_headers remove 2 content-length',
    BODIES,
  ),
  httpCase(
    'buffers/gather-request',
    'request_body#1 pause\nrequest_body#2 pause\nrequest_body buffer 0 0 99',
    PIECES,
  ),
  httpCase(
    'buffers/gather-response',
    'response_body#1 pause\nresponse_body#2 pause\nresponse_body buffer 1 0 99',
    PIECES,
  ),
  httpCase(
    'buffers/gather-and-rewrite-response',
    'response_body#1 pause\nresponse_body#2 pause\nresponse_body#3 pause\nresponse_body#4 set_buffer 1 0 2 UN\nresponse_body buffer 1 0 99',
    PIECES,
  ),
  httpCase(
    'buffers/rewrite-while-paused',
    'request_body#1 set_buffer 0 0 3 ONE\nrequest_body#1 pause\nrequest_body#2 pause\nrequest_body buffer 0 0 99',
    PIECES,
  ),
  httpCase(
    'buffers/each-piece-rewritten',
    'request_body set_buffer 0 0 0 <\nrequest_body buffer 0 0 99',
    PIECES,
  ),
  httpCase(
    'buffers/large-body',
    'response_body#1 buffer 1 0 70000\nresponse_headers remove 2 content-length',
    { response: { body: ['x'.repeat(9000)] } },
  ),
  httpCase(
    'buffers/grow-a-body',
    'response_headers remove 2 content-length\nresponse_body#1 set_buffer 1 0 99 rep:300000:z',
    BODIES,
  ),
  httpCase('buffers/over-the-limit-while-paused', 'request_body pause', {
    request: { body: ['x'.repeat(1_100_000)] },
  }),
  httpCase('buffers/response-over-the-limit-while-paused', 'response_body pause', {
    response: { body: ['x'.repeat(1_100_000)] },
  }),
  httpCase(
    'buffers/configuration-parts',
    'configure buffer 7 0 9\nconfigure buffer 7 10 6\nconfigure buffer_status 7\nconfigure set_buffer 7 0 1 x\nconfigure buffer 6 0 9\nrequest_headers buffer 7 0 9',
  ),
]
