import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { ConnectionInfo, StreamInfo } from '../../filters/stream/stream-info.ts'
import type { ExchangeTiming, LogEntry } from '../access-log/log-entry.ts'
import { ExchangeView } from '../guard/exchange-view.ts'
import type { Route } from '../route/route-table.ts'
import type { ExchangeTrace } from '../tracing/exchange-trace.ts'
import { hashRequest } from '../cluster/request-hash.ts'
import type { ForwardSpec } from '../config/route-spec.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import { pickCluster } from '../route/weighted-cluster.ts'
import type { UpstreamStream } from '../upstream/upstream-stream.ts'
import type { ExchangeSettings } from './exchange-settings.ts'

/** What is known of an exchange so far, for filters and for the access log. One object: most of them are never read. */
export class ExchangeRecord implements StreamInfo, LogEntry, ExchangeTiming {
  readonly connection: ConnectionInfo
  readonly protocol: string
  readonly listenerName: string
  readonly startTimeMs: number
  /** By the clock that only grows. */
  readonly beginMs: number
  /** By which the route is looked for as soon as somebody asks for it: filters do, before the request goes there. */
  settings: ExchangeSettings | undefined
  #route: Route | undefined
  #isRouted = false
  #clusterName = ''
  #hash: number | undefined
  #isHashed = false
  upstreamAddress: string | undefined
  /** Of the last try. */
  upstreamStream: UpstreamStream | undefined
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
  /** What a response says besides, whoever gives it: which pages may read it. */
  answerFields: readonly (readonly [name: string, value: string])[] | undefined
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

  /** Undefined where none matches, and where nobody has looked for it. */
  get route(): Route | undefined {
    return this.#isRouted || this.settings === undefined ? this.#route : this.chooseRoute(this.settings)
  }

  /** By the headers of the request as they are; the same until `clearRoute`. */
  chooseRoute(settings: ExchangeSettings): Route | undefined {
    if (this.#isRouted) return this.#route
    this.#isRouted = true
    const { routes } = settings
    const { requestHeaders } = this
    this.#route = routes.match(
      requestHeaders,
      routes.hasConditions ? new ExchangeView(this, requestHeaders) : undefined,
    )
    const action = this.#route?.spec.action
    this.#clusterName = action?.kind === 'forward' ? this.#clusterOf(action, settings) : ''
    return this.#route
  }

  #clusterOf(action: ForwardSpec, { thread }: ExchangeSettings): string {
    if (!action.isSticky || action.clusters.length < 2) return pickCluster(action, thread.random)
    const hash = this.hashBy(action, thread)
    return pickCluster(action, hash === undefined ? thread.random : () => mixed(hash))
  }

  /** Which endpoint, or cluster, the client stays with; the same for the whole exchange. Undefined: any will do. */
  hashBy({ hashPolicy }: ForwardSpec, { requestId }: GatewayThread): number | undefined {
    if (this.#isHashed) return this.#hash
    this.#isHashed = true
    const { clientAddress, requestHeaders } = this
    const { hash, setCookie } = hashRequest(hashPolicy, requestHeaders, {
      clientAddress,
      newCookie: requestId,
    })
    this.setCookie = setCookie
    this.#hash = hash
    return hash
  }

  /** It is looked for anew: the headers have changed. */
  clearRoute(): void {
    this.#isRouted = false
    this.#route = undefined
    this.#clusterName = ''
    this.#isHashed = false
  }

  /** Empty where it goes to none. */
  get clusterName(): string {
    if (!this.#isRouted && this.settings !== undefined) this.chooseRoute(this.settings)
    return this.#clusterName
  }

  set clusterName(name: string) {
    this.#clusterName = name
  }

  get clusterMetadata(): Readonly<Record<string, unknown>> | undefined {
    return this.settings?.clusters.get(this.clusterName)?.policy.spec.metadata
  }

  get upstreamEndpoints(): number | undefined {
    return this.settings?.clusters.get(this.clusterName)?.policy.endpoints.length
  }

  get upstreamLocalAddress(): string | undefined {
    return this.upstreamStream?.localAddress
  }

  get upstreamLatencyNs(): number | undefined {
    const { upstreamRequestBeginMs: begin, upstreamResponseEndMs: end } = this
    return begin === undefined || end === undefined ? undefined : Math.round((end - begin) * 1e6)
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

/** From 0 up to, and without, 1: other bits than those that choose the endpoint. */
function mixed(hash: number): number {
  return (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0) / 2 ** 32
}
