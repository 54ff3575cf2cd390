import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { ForwardSpec, RespondSpec } from '../config/route-spec.ts'
import { redirectLocation, tlsLocation } from '../route/redirect-location.ts'
import { rewritePath } from '../route/rewrite-request.ts'
import type { Route } from '../route/route-table.ts'
import type { UpstreamCluster } from '../upstream/upstream-cluster.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import type { ExchangeSettings } from './exchange-settings.ts'
import { Failure } from './failure.ts'

export type Routing =
  | {
      readonly kind: 'forward'
      readonly route: Route
      readonly action: ForwardSpec
      /** The exchange is admitted there, and has to be released. */
      readonly cluster: UpstreamCluster
      readonly hash: number | undefined
    }
  | {
      readonly kind: 'reply'
      readonly failure: Failure
      readonly location?: string
      readonly contentType?: string
    }

/** Where a request goes, by its headers as filters have left them; they are changed as the route says. */
export function routeRequest(
  settings: ExchangeSettings,
  record: ExchangeRecord,
  headers: HeaderMap,
  upgrade: string | undefined,
): Routing {
  const { thread } = settings
  if (upgrade === 'connect') return reply(Failure.upgrade)
  const route = record.chooseRoute(settings)
  if (route === undefined) return reply(Failure.noRoute)
  const { action } = route.spec
  const isPlain = record.connection.tls === undefined
  if (route.virtualHost.isTlsRequired && isPlain && headers.get('x-forwarded-proto') !== 'https')
    return redirect(301, tlsLocation(headers))
  const bucket = settings.rateLimitOf(route)
  if (bucket !== undefined && !bucket.take(thread.nowMs())) return limited(route.spec.rateLimit?.status)
  if (action.kind === 'respond') return respond(action)
  if (action.kind === 'redirect')
    return redirect(action.status, redirectLocation(route, headers, isPlain ? 'http' : 'https'))
  if (upgrade !== undefined && !(upgrade === 'websocket' && action.isWebSocketAllowed))
    return reply(Failure.upgrade)
  const cluster = settings.clusters.get(record.clusterName)
  if (cluster === undefined) return reply(Failure.noCluster)
  if (upgrade !== undefined && cluster.policy.spec.protocol === 'http2') return reply(Failure.upgrade)
  const refusal = cluster.policy.admit()
  if (refusal === 'rate-limit') return limited(cluster.policy.spec.rateLimit?.status)
  if (refusal !== undefined) return reply(Failure.overflow)
  const hash = action.hashPolicy.length === 0 ? undefined : record.hashBy(action, thread)
  rewritePath(route, headers)
  route.requestHeaders?.(headers, record)
  return { kind: 'forward', route, action, cluster, hash }
}

function reply(failure: Failure): Routing {
  return { kind: 'reply', failure }
}

function limited(status: number | undefined): Routing {
  return reply(
    status === undefined || status === Failure.rateLimited.status
      ? Failure.rateLimited
      : { ...Failure.rateLimited, status },
  )
}

function respond(action: RespondSpec): Routing {
  const { status, body, contentType } = action
  return { kind: 'reply', failure: { status, body, flags: 0, details: 'direct_response' }, contentType }
}

function redirect(status: number, location: string): Routing {
  return { kind: 'reply', failure: { status, body: '', flags: 0, details: 'direct_response' }, location }
}
