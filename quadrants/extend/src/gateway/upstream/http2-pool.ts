import type { Endpoint } from '../cluster/endpoint.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import type { ClientTls } from '../transport/transport.ts'
import type { EndpointPool } from './endpoint-pool.ts'
import { Http2UpstreamConnection, type Http2UpstreamOwner } from './http2-upstream-connection.ts'
import { PendingRequests } from './pending-requests.ts'
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
  readonly #waiting: PendingRequests
  #connectingCount = 0
  #isDraining = false
  #isClosed = false

  constructor(thread: GatewayThread, accounts: PoolAccounts, endpoint: Endpoint, tls: ClientTls | undefined) {
    this.thread = thread
    this.accounts = accounts
    this.#waiting = new PendingRequests(accounts)
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
    if (!this.#waiting.add(handler)) return
    const roomMax = this.#connectingCount * this.accounts.spec.pool.streamsPerConnectionMax
    if (roomMax >= this.#waiting.size || this.#connect() || this.#connections.size > 0) return
    this.#waiting.remove(handler)
    handler.onOpenFailure('connections-max', 'overflow')
  }

  cancel(handler: UpstreamHandler): void {
    this.#waiting.remove(handler)
  }

  drain(): void {
    this.#isDraining = true
    // Others are drained once they are connected: there may be somebody who waits for them.
    for (const connection of this.#connections) if (connection.isConnected) connection.drain()
  }

  close(): void {
    this.#isDraining = this.#isClosed = true
    for (const connection of this.#connections) connection.close()
    this.#waiting.refuseAll('connect-failure', 'closed')
  }

  onConnected(connection: Http2UpstreamConnection): void {
    this.#connectingCount--
    this.onFree(connection)
    if (this.#isDraining) connection.drain()
  }

  onFree(connection: Http2UpstreamConnection): void {
    while (connection.isFree) {
      const handler = this.#waiting.take()
      if (handler === undefined) return
      connection.assign(handler)
    }
  }

  onClosed(connection: Http2UpstreamConnection): void {
    if (!this.#connections.delete(connection)) return
    this.accounts.connectionEnd(this.endpoint)
    if (this.#isClosed || this.#waiting.size === 0 || this.#connectingCount > 0 || this.#connect()) return
    // Nobody is left for whom they could wait.
    if (this.#connections.size === 0) this.#waiting.refuseAll('connections-max', 'overflow')
  }

  onConnectFailure(connection: Http2UpstreamConnection, failure: OpenFailure, reason: string): void {
    this.#connectingCount--
    this.#connections.delete(connection)
    this.accounts.connectionEnd(this.endpoint)
    this.#waiting.refuseAll(failure, reason)
  }

  #connect(): boolean {
    if (!this.accounts.connectionBegin(this.endpoint)) return false
    this.#connectingCount++
    this.#connections.add(new Http2UpstreamConnection(this))
    return true
  }
}
