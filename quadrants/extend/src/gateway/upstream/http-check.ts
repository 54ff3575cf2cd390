import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { Cluster } from '../cluster/cluster.ts'
import type { Endpoint } from '../cluster/endpoint.ts'
import type { HealthCheckSpec } from '../config/cluster-spec.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { ClientTls } from '../transport/transport.ts'
import type { EndpointPool } from './endpoint-pool.ts'
import { healthRequest, isServing } from './grpc-health.ts'
import type { RunningCheck } from './health-checks.ts'
import { openPool } from './open-pool.ts'
import { uncounted } from './pool-accounts.ts'
import type { UpstreamHandler, UpstreamStream } from './upstream-stream.ts'

type RequestCheckSpec = Exclude<HealthCheckSpec, { readonly kind: 'tcp' }>

/** More of an answer than that is not read: what is asked for is a status, or a message of three bytes. */
const BODY_BYTES_MAX = 64 << 10

/** Asks an endpoint by HTTP or gRPC, on a connection of its own: those of requests say nothing about new ones. */
export class HttpCheck implements RunningCheck, UpstreamHandler, DeadlineOwner {
  readonly #thread: GatewayThread
  readonly #endpoint: Endpoint
  readonly #check: RequestCheckSpec
  readonly #tell: (isSuccess: boolean) => void
  readonly #pool: EndpointPool
  readonly #deadline = new Deadline(this)
  readonly #body: Uint8Array[] = []
  #bodyBytes = 0
  #status = 0
  #isOver = false

  constructor(
    thread: GatewayThread,
    cluster: Cluster,
    endpoint: Endpoint,
    check: RequestCheckSpec,
    tls: ClientTls | undefined,
    tell: (isSuccess: boolean) => void,
  ) {
    this.#thread = thread
    this.#endpoint = endpoint
    this.#check = check
    this.#tell = tell
    thread.wheel.set(this.#deadline, check.timeoutMs)
    this.#pool = openPool(thread, uncounted(cluster), endpoint, tls)
    this.#pool.open(this)
  }

  cancel(): void {
    this.#end(false)
  }

  onUpstream(stream: UpstreamStream): void {
    const check = this.#check
    const host = (check.kind === 'http' ? check.host : check.authority) ?? this.#endpoint.host
    const headers = HeaderMap.of([
      [':method', check.kind === 'http' ? check.method : 'POST'],
      [':scheme', 'http'],
      [':authority', host],
      [':path', check.kind === 'http' ? check.path : '/grpc.health.v1.Health/Check'],
      ['user-agent', 'quadrant/health-check'],
    ])
    if (check.kind === 'http') {
      stream.requestHead(headers, true)
      return
    }
    headers.append('content-type', 'application/grpc')
    headers.append('te', 'trailers')
    stream.requestHead(headers, false)
    stream.requestBody(healthRequest(check.service), true)
  }

  onOpenFailure(): void {
    this.#end(false)
  }

  onInterim(): void {}

  onResponseHead(headers: HeaderMap, isEnd: boolean): void {
    this.#status = Number(headers.get(':status'))
    if (this.#check.kind === 'http' || isEnd) this.#judge()
  }

  onResponseBody(bytes: Uint8Array, isEnd: boolean): void {
    this.#bodyBytes += bytes.length
    if (this.#bodyBytes > BODY_BYTES_MAX) this.#end(false)
    else this.#body.push(this.#thread.transport.keep(bytes))
    if (isEnd) this.#end(false)
  }

  onResponseTrailers(headers: HeaderMap): void {
    this.#end(
      headers.get('grpc-status') === '0' && this.#status === 200 && isServing(Buffer.concat(this.#body)),
    )
  }

  onResponsePause(): void {}

  onStreamFailure(): void {
    this.#end(false)
  }

  onRequestWritable(): void {}

  onDeadline(): void {
    this.#end(false)
  }

  #judge(): void {
    const check = this.#check
    const status = this.#status
    this.#end(check.kind === 'http' && check.statuses.some(({ min, max }) => status >= min && status <= max))
  }

  #end(isSuccess: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#thread.wheel.clear(this.#deadline)
    this.#pool.close()
    this.#tell(isSuccess)
  }
}
