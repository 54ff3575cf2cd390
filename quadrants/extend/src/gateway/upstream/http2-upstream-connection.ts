import { connect, type ClientHttp2Session } from 'node:http2'
import type { Endpoint } from '../cluster/endpoint.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import { Deadline, type DeadlineOwner, type DeadlineWheel } from '../time/deadline-wheel.ts'
import type { ClientTls, Connection, ConnectionHandler } from '../transport/transport.ts'
import { Http2UpstreamStream } from './http2-upstream-stream.ts'
import type { PoolAccounts } from './pool-accounts.ts'
import type { OpenFailure, UpstreamHandler } from './upstream-stream.ts'

export interface Http2UpstreamOwner {
  readonly thread: GatewayThread
  readonly accounts: PoolAccounts
  readonly endpoint: Endpoint
  readonly tls: ClientTls | undefined
  onConnected(connection: Http2UpstreamConnection): void
  /** It may have more requests than before. */
  onFree(connection: Http2UpstreamConnection): void
  onClosed(connection: Http2UpstreamConnection): void
  onConnectFailure(connection: Http2UpstreamConnection, failure: OpenFailure, reason: string): void
}

const CONNECTION_WINDOW_BYTES = 4 << 20
const STREAM_WINDOW_BYTES = 256 << 10
const HEAD_BYTES_MAX = 128 << 10
const HEAD_FIELDS_MAX = 256
const SESSION_MEGABYTES_MAX = 64

/** One connection to an endpoint, and the streams that are on it. */
export class Http2UpstreamConnection implements ConnectionHandler, DeadlineOwner {
  readonly #owner: Http2UpstreamOwner
  readonly #socket: Connection
  readonly #deadline = new Deadline(this)
  readonly #bornMs: number
  #session: ClientHttp2Session | undefined
  #isTimedOut = false
  #isOver = false
  #isDraining = false
  #streamCount = 0
  #requestCount = 0
  #idleSinceMs = 0

  constructor(owner: Http2UpstreamOwner) {
    const { thread, accounts, endpoint, tls } = owner
    this.#owner = owner
    this.#bornMs = thread.wheel.nowMs
    thread.wheel.set(this.#deadline, accounts.spec.connectTimeoutMs)
    this.#socket = thread.transport.connect({ host: endpoint.ip, port: endpoint.port, tls }, this)
  }

  get wheel(): DeadlineWheel {
    return this.#owner.thread.wheel
  }

  get isFree(): boolean {
    const session = this.#session
    if (session === undefined || session.closed || session.destroyed || this.#isDraining) return false
    const { streamsPerConnectionMax } = this.#owner.accounts.spec.pool
    const { maxConcurrentStreams = streamsPerConnectionMax } = session.remoteSettings
    return this.#streamCount < Math.min(streamsPerConnectionMax, maxConcurrentStreams)
  }

  assign(handler: UpstreamHandler): void {
    const { requestsPerConnectionMax, connectionMs } = this.#owner.accounts.spec.pool
    this.#streamCount++
    this.#requestCount++
    const ageMs = this.#owner.thread.wheel.nowMs - this.#bornMs
    const isWornOut =
      this.#requestCount >= requestsPerConnectionMax || (connectionMs > 0 && ageMs >= connectionMs)
    handler.onUpstream(new Http2UpstreamStream(this, this.#session!, handler))
    if (isWornOut) this.drain()
  }

  onStreamClose(): void {
    this.#streamCount--
    const { wheel } = this.#owner.thread
    this.#idleSinceMs = wheel.nowMs
    if (this.#isDraining && this.#streamCount === 0) this.close()
    else this.#owner.onFree(this)
    if (this.#deadline.slot === -1) wheel.set(this.#deadline, this.#owner.accounts.spec.pool.idleMs)
  }

  drain(): void {
    this.#isDraining = true
    if (this.#streamCount === 0) this.close()
  }

  close(): void {
    this.#session?.destroy()
    this.#socket.close()
  }

  onConnect(): void {
    const { thread, accounts, tls } = this.#owner
    thread.wheel.clear(this.#deadline)
    if (tls !== undefined && this.#socket.tls?.alpn !== 'h2') {
      this.#fail('connect-failure', 'the upstream does not speak HTTP/2')
      return
    }
    const session = connect('http://upstream.invalid', {
      createConnection: () => this.#socket.detach(undefined),
      maxSessionMemory: SESSION_MEGABYTES_MAX,
      maxHeaderListPairs: HEAD_FIELDS_MAX,
      peerMaxConcurrentStreams: accounts.spec.pool.streamsPerConnectionMax,
      settings: {
        enablePush: false,
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxHeaderListSize: HEAD_BYTES_MAX,
      },
    })
    this.#session = session
    // The upstream may have gone by now.
    if (!session.destroyed && !session.connecting) session.setLocalWindowSize(CONNECTION_WINDOW_BYTES)
    session.on('error', () => {})
    session.on('remoteSettings', () => this.#owner.onFree(this))
    session.on('goaway', () => this.drain())
    session.on('close', () => this.#end())
    this.#owner.onConnected(this)
  }

  onData(): void {}

  onEnd(): void {
    this.close()
  }

  onWritable(): void {}

  onClose(reason: string | undefined): void {
    if (this.#session === undefined)
      this.#fail(this.#isTimedOut ? 'connect-timeout' : 'connect-failure', reason ?? 'closed')
    else this.#end()
  }

  onDeadline(): void {
    const { thread, accounts } = this.#owner
    if (this.#session === undefined) {
      this.#isTimedOut = true
      this.#socket.close()
      return
    }
    if (this.#streamCount > 0) return
    const restMs = this.#idleSinceMs + accounts.spec.pool.idleMs - thread.wheel.nowMs
    if (restMs > 0) thread.wheel.set(this.#deadline, restMs)
    else this.drain()
  }

  #fail(failure: OpenFailure, reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#owner.thread.wheel.clear(this.#deadline)
    this.#socket.close()
    this.#owner.onConnectFailure(this, failure, reason)
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#owner.thread.wheel.clear(this.#deadline)
    this.#socket.close()
    this.#owner.onClosed(this)
  }
}
