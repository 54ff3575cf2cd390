import {
  RequestOutcome,
  RequestProtocol,
  RequestSide,
  RequestSource,
  endingClass,
  grpcStatusName,
  type Endpoint,
  type RequestSeries,
} from '@quadrant/proto'
import type { AttributeValue } from '../attribute.ts'
import type { HostMemory } from './host-memory.ts'
import { described } from './network.ts'

/** What a series and a request in full have in common. */
export type ToldRequest = Pick<
  RequestSeries,
  | 'client'
  | 'server'
  | 'serverPort'
  | 'protocol'
  | 'side'
  | 'source'
  | 'outcome'
  | 'method'
  | 'route'
  | 'httpStatus'
  | 'grpcStatus'
>

export interface RequestContext {
  readonly endpoints: readonly Endpoint[]
  readonly memory: HostMemory
}

type Values = Record<string, AttributeValue | undefined>

/** Index of the endpoint that saw it. */
export function sideEnd({ side, client, server }: ToldRequest): number {
  return side === RequestSide.CLIENT ? client : server
}

/**
 * Attributes of a request (OpenTelemetry semantic conventions, "HTTP metrics" and "RPC metrics"). A client has the
 * template of the path as `url.template`, a server as `http.route`. The peer is named as that of an edge.
 */
export function requestAttributes(told: ToldRequest, { endpoints, memory }: RequestContext): Values {
  const isClient = told.side === RequestSide.CLIENT
  const peer = described(endpoints[isClient ? told.server : told.client], memory)
  const own = told.protocol === RequestProtocol.GRPC ? rpcAttributes(told) : httpAttributes(told, isClient)
  return {
    ...own,
    'error.type': errorType(told, isClient),
    'network.transport': 'tcp',
    'server.address': isClient ? (peer.address ?? peer.service) : undefined,
    'server.port': told.serverPort,
    'service.peer.name': peer.service,
  }
}

function httpAttributes(told: ToldRequest, isClient: boolean): Values {
  const { method, route, httpStatus } = told
  return {
    'http.request.method': methodOf(told),
    [isClient ? 'url.template' : 'http.route']: route,
    'http.response.status_code': httpStatus === 0 ? undefined : httpStatus,
    'network.protocol.name': 'http',
    'network.protocol.version': told.protocol === RequestProtocol.HTTP1 ? '1.1' : '2',
    // Of a tunnel, nothing is known but its ends.
    'url.scheme': method === 'CONNECT' ? undefined : told.source === RequestSource.TLS ? 'https' : 'http',
  }
}

/** As the conventions have it for what is no method that they know. */
export function methodOf({ method }: Pick<ToldRequest, 'method'>): string {
  return method === '' || method === '~other' ? '_OTHER' : method
}

function rpcAttributes({ route, grpcStatus }: ToldRequest): Values {
  // `/package.Service/Method`; what is not told apart stays as it is called.
  const [, service, method] = /^\/([^/]+)\/([^/]+)$/.exec(route) ?? []
  return {
    'rpc.system': 'grpc',
    'rpc.service': service ?? route,
    'rpc.method': method,
    'rpc.grpc.status_code': grpcStatus,
  }
}

/** Why it failed: a client takes what it was refused for an error too. */
function errorType(told: ToldRequest, isClient: boolean): string | undefined {
  const ending = endingClass(told)
  if (ending === 'ok' || (ending === 'client-error' && !isClient)) return undefined
  if (told.outcome === RequestOutcome.ABORTED) return 'aborted'
  return told.protocol === RequestProtocol.GRPC && told.grpcStatus !== undefined
    ? grpcStatusName(told.grpcStatus).toUpperCase()
    : String(told.httpStatus)
}
