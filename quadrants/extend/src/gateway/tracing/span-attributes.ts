import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { flagNames } from '../access-log/response-flag.ts'
import { maskOf } from '../access-log/secret-mask.ts'
import type { Endpoint } from '../cluster/endpoint.ts'
import type { TryOutcome } from '../cluster/try-outcome.ts'
import type { ExchangeRecord } from '../exchange/exchange-record.ts'

type Attributes = Record<string, string | number>

/** Longer values are cut: they are a client's. */
const VALUE_LENGTH_MAX = 1024
/** Others are `_OTHER`, so that clients cannot make names of spans (semantic conventions, HTTP spans). */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
])

const maskPath = maskOf(':path') ?? String

/** As span names and attributes have it. */
export function spanMethod(headers: HeaderMap): string {
  const method = headers.get(':method') ?? ''
  return METHODS.has(method) ? method : '_OTHER'
}

/** Of the exchange as its client has it. */
export function serverAttributes(record: ExchangeRecord): Attributes {
  const { requestHeaders: headers, connection, responseStatus, responseFlags } = record
  const attributes: Attributes = {
    'http.request.method': spanMethod(headers),
    'url.scheme': connection.tls === undefined ? 'http' : 'https',
    'network.protocol.version': record.protocol.replace('HTTP/', ''),
    'server.address': cut(headers.get(':authority') ?? ''),
    'client.address': record.clientAddress,
    'http.request.body.size': record.requestBodyBytes,
    'http.response.body.size': record.responseBodyBytes,
    'quadrant.listener': record.listenerName,
    'quadrant.request_id': cut(record.requestId),
  }
  const target = maskPath(headers.get(':path') ?? '')
  const mark = target.indexOf('?')
  attributes['url.path'] = cut(mark === -1 ? target : target.slice(0, mark))
  if (mark !== -1) attributes['url.query'] = cut(target.slice(mark + 1))
  const agent = headers.get('user-agent')
  if (agent !== undefined) attributes['user_agent.original'] = cut(agent)
  if (record.routeName !== '') attributes['quadrant.route'] = record.routeName
  if (record.clusterName !== '') attributes['quadrant.cluster'] = record.clusterName
  if (responseStatus !== 0) attributes['http.response.status_code'] = responseStatus
  if (responseFlags !== 0) attributes['quadrant.response_flags'] = flagNames(responseFlags) ?? ''
  if (responseStatus === 0 || responseStatus >= 500)
    attributes['error.type'] = responseFlags === 0 ? String(responseStatus) : record.responseDetails
  return attributes
}

/** Of one try at an endpoint; `index`: 0 is the first. */
export function tryAttributes(
  record: ExchangeRecord,
  headers: HeaderMap,
  endpoint: Endpoint,
  outcome: TryOutcome,
  index: number,
): Attributes {
  const attributes: Attributes = {
    'http.request.method': spanMethod(headers),
    'server.address': endpoint.ip,
    'server.port': endpoint.port,
    'quadrant.cluster': record.clusterName,
  }
  if (index > 0) attributes['http.request.resend_count'] = index
  if (outcome.kind === 'response') {
    attributes['http.response.status_code'] = outcome.status
    if (outcome.grpcStatus !== undefined) attributes['rpc.grpc.status_code'] = outcome.grpcStatus
    if (outcome.status >= 400) attributes['error.type'] = String(outcome.status)
  } else attributes['error.type'] = outcome.kind
  return attributes
}

function cut(value: string): string {
  return value.length > VALUE_LENGTH_MAX ? value.slice(0, VALUE_LENGTH_MAX) : value
}
