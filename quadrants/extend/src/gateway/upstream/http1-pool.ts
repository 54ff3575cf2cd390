import type { Endpoint } from '../cluster/endpoint.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import type { ClientTls } from '../transport/transport.ts'
import type { EndpointPool } from './endpoint-pool.ts'
import { Http1UpstreamConnection, type Http1UpstreamOwner } from './http1-upstream-connection.ts'
import { PendingRequests } from './pending-requests.ts'
import type { PoolAccounts } from './pool-accounts.ts'
import type { UpstreamHandler } from './upstream-stream.ts'

/**
 * Connections of HTTP/1.1 to one endpoint, each with one request at a time. The one that was used last is used first, so
 * that what is not needed grows old. Requests wait only while a connection is being opened, or none more may be.
 */
export class Http1Pool implements EndpointPool, Http1UpstreamOwner {
  readonly thread: GatewayThread
  readonly accounts: PoolAccounts
  readonly endpoint: Endpoint
  readonly tls: ClientTls | undefined
  readonly #idle: Http1UpstreamConnection[] = []
  readonly #connections = new Set<Http1UpstreamConnection>()
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
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop())
      if (connection.isOpen) {
        connection.assign(handler)
        return
      }
    if (!this.#waiting.add(handler)) return
    if (this.#connectingCount >= this.#waiting.size || this.#connect()) return
    // Others will be free again, or are on their way: else nobody would ever come.
    if (this.#connections.size > 0) return
    this.#waiting.remove(handler)
    handler.onOpenFailure('connections-max', 'overflow')
  }

  cancel(handler: UpstreamHandler): void {
    this.#waiting.remove(handler)
  }

  drain(): void {
    this.#isDraining = true
    for (const connection of this.#idle.splice(0)) connection.close()
  }

  close(): void {
    this.#isClosed = true
    this.drain()
    for (const connection of this.#connections) connection.close()
    this.#waiting.refuseAll('connect-failure', 'closed')
  }

  // Of its connections.

  onFree(connection: Http1UpstreamConnection, isFirst: boolean): void {
    if (isFirst) this.#connectingCount--
    const handler = this.#waiting.take()
    if (handler !== undefined) {
      connection.assign(handler)
      return
    }
    const { idleConnectionsMax } = this.accounts.spec.pool
    if (this.#isDraining || this.#idle.length >= idleConnectionsMax) connection.close()
    else this.#idle.push(connection)
  }

  onClosed(connection: Http1UpstreamConnection): void {
    const index = this.#idle.lastIndexOf(connection)
    if (index !== -1) this.#idle.splice(index, 1)
    if (!this.#connections.delete(connection)) return
    this.accounts.connectionEnd(this.endpoint)
    if (this.#isClosed || this.#waiting.size <= this.#connectingCount || this.#connect()) return
    // Nobody is left for whom they could wait.
    if (this.#connections.size === 0) this.#waiting.refuseAll('connections-max', 'overflow')
  }

  onConnectFailure(
    connection: Http1UpstreamConnection,
    failure: 'connect-failure' | 'connect-timeout',
    reason: string,
  ): void {
    this.#connectingCount--
    this.#connections.delete(connection)
    this.accounts.connectionEnd(this.endpoint)
    // Whoever waits here waits for the same endpoint, and would only learn the same later.
    this.#waiting.refuseAll(failure, reason)
  }

  #connect(): boolean {
    if (!this.accounts.connectionBegin(this.endpoint)) return false
    this.#connectingCount++
    this.#connections.add(new Http1UpstreamConnection(this))
    return true
  }
}
