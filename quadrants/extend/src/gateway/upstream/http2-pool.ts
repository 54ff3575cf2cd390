import type { Endpoint } from '../cluster/endpoint.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import type { ClientTls } from '../transport/transport.ts'
import type { EndpointPool } from './endpoint-pool.ts'
import { Http2UpstreamConnection, type Http2UpstreamOwner } from './http2-upstream-connection.ts'
import type { PoolAccounts } from './pool-accounts.ts'
import type { OpenFailure, UpstreamHandler } from './upstream-stream.ts'

/**
 * Connections of HTTP/2 to one endpoint, each with many requests: another is opened when all have as many as they may.
 * Requests wait only while a connection is being opened, or none more may be.
 */
export class Http2Pool implements EndpointPool, Http2UpstreamOwner {
  readonly thread: GatewayThread
  readonly accounts: PoolAccounts
  readonly endpoint: Endpoint
  readonly tls: ClientTls | undefined
  readonly #connections = new Set<Http2UpstreamConnection>()
  readonly #waiting = new Set<UpstreamHandler>()
  #connectingCount = 0
  #isDraining = false
  #isClosed = false

  constructor(thread: GatewayThread, accounts: PoolAccounts, endpoint: Endpoint, tls: ClientTls | undefined) {
    this.thread = thread
    this.accounts = accounts
    this.endpoint = endpoint
    this.tls = tls
  }

  get isEmpty(): boolean {
    return this.#connections.size === 0 && this.#waiting.size === 0
  }

  open(handler: UpstreamHandler): void {
    if (this.#isClosed) {
      handler.onOpenFailure('connect-failure', 'closed')
      return
    }
    for (const connection of this.#connections)
      if (connection.isFree) {
        connection.assign(handler)
        return
      }
    if (!this.accounts.pendingBegin()) {
      handler.onOpenFailure('pending-max', 'overflow')
      return
    }
    this.#waiting.add(handler)
    const roomMax = this.#connectingCount * this.accounts.spec.pool.streamsPerConnectionMax
    if (roomMax >= this.#waiting.size || this.#connect() || this.#connections.size > 0) return
    this.#waiting.delete(handler)
    this.accounts.pendingEnd()
    handler.onOpenFailure('connections-max', 'overflow')
  }

  cancel(handler: UpstreamHandler): void {
    if (this.#waiting.delete(handler)) this.accounts.pendingEnd()
  }

  drain(): void {
    this.#isDraining = true
    for (const connection of this.#connections) connection.drain()
  }

  close(): void {
    this.#isDraining = this.#isClosed = true
    for (const connection of this.#connections) connection.close()
    this.#refuseWaiting('connect-failure', 'closed')
  }

  onConnected(connection: Http2UpstreamConnection): void {
    this.#connectingCount--
    this.onFree(connection)
    if (this.#isDraining) connection.drain()
  }

  onFree(connection: Http2UpstreamConnection): void {
    for (const handler of this.#waiting) {
      if (!connection.isFree) return
      this.#waiting.delete(handler)
      this.accounts.pendingEnd()
      connection.assign(handler)
    }
  }

  onClosed(connection: Http2UpstreamConnection): void {
    if (!this.#connections.delete(connection)) return
    this.accounts.connectionEnd(this.endpoint)
    if (this.#isClosed || this.#waiting.size === 0 || this.#connectingCount > 0 || this.#connect()) return
    // Nobody is left for whom they could wait.
    if (this.#connections.size === 0) this.#refuseWaiting('connections-max', 'overflow')
  }

  onConnectFailure(connection: Http2UpstreamConnection, failure: OpenFailure, reason: string): void {
    this.#connectingCount--
    this.#connections.delete(connection)
    this.accounts.connectionEnd(this.endpoint)
    this.#refuseWaiting(failure, reason)
  }

  /** Those who wait now: what comes of telling one may be that another waits no more, or anew. */
  #refuseWaiting(failure: OpenFailure, reason: string): void {
    const waiting = [...this.#waiting]
    for (const handler of waiting) {
      if (!this.#waiting.delete(handler)) continue
      this.accounts.pendingEnd()
      handler.onOpenFailure(failure, reason)
    }
  }

  #connect(): boolean {
    if (!this.accounts.connectionBegin(this.endpoint)) return false
    this.#connectingCount++
    this.#connections.add(new Http2UpstreamConnection(this))
    return true
  }
}
