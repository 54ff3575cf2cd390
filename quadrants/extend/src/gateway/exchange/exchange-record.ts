import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { ConnectionInfo, StreamInfo } from '../../filters/stream/stream-info.ts'
import type { ExchangeTiming, LogEntry } from '../access-log/log-entry.ts'
import type { Route } from '../route/route-table.ts'
import type { ExchangeTrace } from '../tracing/exchange-trace.ts'

/** What is known of an exchange so far, for filters and for the access log. One object: most of them are never read. */
export class ExchangeRecord implements StreamInfo, LogEntry, ExchangeTiming {
  readonly connection: ConnectionInfo
  readonly protocol: string
  readonly listenerName: string
  readonly startTimeMs: number
  /** By the clock that only grows. */
  readonly beginMs: number
  route: Route | undefined
  clusterName = ''
  clusterMetadata: Readonly<Record<string, unknown>> | undefined
  upstreamAddress: string | undefined
  upstreamTransportFailure: string | undefined
  requestBodyBytes = 0
  requestHeadBytes = 0
  responseBodyBytes = 0
  responseHeadBytes = 0
  responseStatus = 0
  responseDetails = ''
  responseFlags = 0
  requestId = ''
  /** Who asked, as far as proxies in front are believed; without a port. */
  clientAddress = ''
  /** Of the response, where the balancer keeps a client at an endpoint by a cookie. */
  setCookie: string | undefined
  requestHeaders: HeaderMap
  responseHeaders: HeaderMap | undefined
  responseTrailers: HeaderMap | undefined
  attemptCount = 0
  /** Undefined where traces are none of the gateway's business. */
  trace: ExchangeTrace | undefined
  requestEndMs: number | undefined
  upstreamRequestBeginMs: number | undefined
  upstreamRequestEndMs: number | undefined
  upstreamResponseBeginMs: number | undefined
  upstreamResponseEndMs: number | undefined
  responseEndMs: number | undefined

  constructor(
    connection: ConnectionInfo,
    protocol: string,
    listenerName: string,
    requestHeaders: HeaderMap,
    beginMs: number,
  ) {
    this.connection = connection
    this.protocol = protocol
    this.listenerName = listenerName
    this.requestHeaders = requestHeaders
    this.requestHeadBytes = requestHeaders.byteLength
    this.beginMs = beginMs
    this.startTimeMs = performance.timeOrigin + beginMs
  }

  get info(): StreamInfo {
    return this
  }

  get timing(): ExchangeTiming {
    return this
  }

  get durationNs(): number | undefined {
    return this.responseEndMs === undefined ? undefined : Math.round(this.responseEndMs * 1e6)
  }

  get routeName(): string {
    return this.route?.name ?? ''
  }

  get virtualHostName(): string {
    return this.route?.virtualHost.name ?? ''
  }

  get routeMetadata(): Readonly<Record<string, unknown>> | undefined {
    return this.route?.spec.metadata
  }
}
