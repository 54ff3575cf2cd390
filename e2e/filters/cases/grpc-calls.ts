// Calls and streams of gRPC, with a server made of @grpc/grpc-js.
import type { FilterCase } from '../filter-case.ts'
import { httpCase } from './http-case.ts'

const all = (callback: string) => `
  ${callback} pairs 4
  ${callback} pairs 5
  ${callback} buffer 5 0 99
  ${callback} status`
const READ = [
  all('grpc_initial_metadata'),
  all('grpc_message'),
  all('grpc_trailing_metadata'),
  all('grpc_close'),
].join('\n')
const unary = (
  method: string,
  timeoutMs = 20000,
  rest = 'grpc_message continue 0\ngrpc_close continue 0',
) => `
  request_headers grpc_call grpc case.Echo ${method} ${timeoutMs} hello x-told=yes >call
  request_headers pause
  ${READ}
  ${rest}`
const stream = (method: string, rest: string) => `
  request_headers grpc_stream grpc case.Echo ${method} x-told=yes >stream
  request_headers pause
  ${READ}
  ${rest}
  grpc_close continue 0`

export const GRPC_CALL_CASES: readonly FilterCase[] = [
  httpCase('grpc-calls/unary', unary('Unary')),
  httpCase('grpc-calls/failing', unary('Fail')),
  httpCase('grpc-calls/no-such-method', unary('Nothing')),
  httpCase('grpc-calls/timeout', unary('Slow', 60).replace('grpc_call grpc', 'grpc_call http2')),
  httpCase('grpc-calls/nobody-there', unary('Unary').replace('grpc_call grpc', 'grpc_call dead')),
  httpCase('grpc-calls/unknown-cluster', 'request_headers grpc_call no-such case.Echo Unary 20000 hello'),
  httpCase('grpc-calls/not-grpc', unary('Unary').replace('grpc_call grpc', 'grpc_call http2')),
  httpCase(
    'grpc-calls/cancelled',
    `request_headers grpc_call grpc case.Echo Slow 20000 hello >call\nrequest_headers grpc_cancel $call\nrequest_headers grpc_cancel $call\n${READ}`,
    { lingerMs: 100 },
  ),
  httpCase(
    'grpc-calls/closed',
    `request_headers grpc_call grpc case.Echo Slow 20000 hello >call\nrequest_headers grpc_close $call\nrequest_headers grpc_close $call\n${READ}`,
    { lingerMs: 100 },
  ),
  httpCase(
    'grpc-calls/sent-to',
    `request_headers grpc_call grpc case.Echo Unary 20000 hello >call\nrequest_headers grpc_send $call more 0\nrequest_headers pause\n${READ}\ngrpc_message continue 0`,
  ),
  httpCase('grpc-calls/empty-message', unary('Unary').replace('hello', '-')),
  httpCase('grpc-calls/large-message', unary('Unary').replace('hello', 'rep:60000:m')),
  httpCase('grpc-calls/unanswered-when-it-ends', `request_headers grpc_call grpc case.Echo Slow 200 hello`, {
    lingerMs: 300,
  }),
  httpCase('grpc-streams/one-message', stream('Stream', 'request_headers grpc_send $stream one 1')),
  httpCase(
    'grpc-streams/several-messages',
    stream(
      'Stream',
      'request_headers grpc_send $stream one 0\ngrpc_message#1 grpc_send $stream two 0\ngrpc_message#2 grpc_send $stream three 1',
    ),
  ),
  httpCase('grpc-streams/half-closed', stream('Stream', 'request_headers grpc_close $stream')),
  httpCase(
    'grpc-streams/closed-by-the-filter',
    stream('Stream', 'request_headers grpc_send $stream one 0\ngrpc_message#1 grpc_close $stream'),
  ),
  httpCase(
    'grpc-streams/cancelled',
    stream(
      'Stream',
      'request_headers grpc_send $stream one 0\ngrpc_message#1 grpc_cancel $stream\ngrpc_message#1 grpc_send $stream two 0\ngrpc_message#1 continue 0',
    ),
  ),
  httpCase('grpc-streams/failing', stream('FailStream', '')),
  httpCase('grpc-streams/nobody-there', stream('Stream', '').replace('grpc_stream grpc', 'grpc_stream dead')),
  httpCase('grpc-streams/unknown-cluster', 'request_headers grpc_stream no-such case.Echo Stream'),
  httpCase(
    'grpc-streams/unknown-tokens',
    'request_headers grpc_send 12345 x 0\nrequest_headers grpc_cancel 12345\nrequest_headers grpc_close 12345\nrequest_headers grpc_send 0 x 1\nrequest_headers grpc_cancel 0\nrequest_headers grpc_close 0',
  ),
  httpCase(
    'grpc-streams/in-configure',
    `configure grpc_stream grpc case.Echo Stream x-told=root >stream\nconfigure grpc_send $stream one 1\n${READ}`,
    { goesOnUntil: /grpc_close[^]*status = / },
  ),
  httpCase(
    'grpc-streams/maps-outside',
    'request_headers pairs 4\nrequest_headers value 5 x\nrequest_headers buffer 5 0 9\nrequest_headers status',
  ),
]
