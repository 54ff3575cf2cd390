import type { FieldSpec } from '@quadrant/core'

/** Fields of a captured request, as ListRequests reads them. */
export const CAPTURED_FIELDS = {
  from: 'service, process or address that sent it',
  to: 'service, process or address that served it',
  svc: 'either end',
  port: 'port of the server',
  proto: 'http1, http2 or grpc',
  method: 'GET, POST…',
  route: 'template of the path: /users/*',
  status: '404, 5xx, none, error, client-error or ok',
  grpc: 'status of gRPC: 14 or unavailable',
  outcome: 'answered, aborted or upgraded',
  duration: 'milliseconds: duration:>100',
  target: 'path and query as they were sent',
  authority: 'host that was asked for',
  header: 'name of a header of request or response',
  trace: 'trace id in hexadecimal',
  rule: 'sampling rule that asked for it',
  pid: 'process id at either end',
  ip: 'address at either end',
  host: 'host that saw it',
} as const satisfies FieldSpec
