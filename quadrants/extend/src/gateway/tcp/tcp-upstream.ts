import type { Endpoint } from '../cluster/endpoint.ts'
import { hash32 } from '../cluster/hash.ts'
import type { TryOutcome } from '../cluster/try-outcome.ts'
import type { TcpSpec } from '../config/tcp-spec.ts'
import type { ExchangeRecord } from '../exchange/exchange-record.ts'
import type { ExchangeSettings } from '../exchange/exchange-settings.ts'
import { pickCluster } from '../route/weighted-cluster.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { Connection, ConnectionHandler } from '../transport/transport.ts'
import type { UpstreamCluster } from '../upstream/upstream-cluster.ts'
import { Lingering } from './lingering.ts'
import { TcpFailure } from './tcp-failure.ts'

export interface TcpUpstreamHandler {
  onUpstreamConnect(): void
  /** There is none, and will be none. */
  onNoUpstream(failure: TcpFailure): void
  onUpstreamData(bytes: Buffer): void
  onUpstreamEnd(): void
  onUpstreamWritable(): void
  /** Once it was connected. `reason` is undefined where there was no error. */
  onUpstreamClose(reason: string | undefined): void
}

/** The other end of a client's connection: a cluster by weight, an endpoint of it, and others where that one fails. */
export class TcpUpstream implements ConnectionHandler, DeadlineOwner {
  readonly #settings: ExchangeSettings
  readonly #spec: TcpSpec
  readonly #record: ExchangeRecord
  readonly #handler: TcpUpstreamHandler
  readonly #hash: number | undefined
  readonly #deadline = new Deadline(this)
  readonly #tried: Endpoint[] = []
  /** Once it has let the connection in. */
  #cluster: UpstreamCluster | undefined
  #endpoint: Endpoint | undefined
  #connection: Connection | undefined
  #isConnected = false
  #isTimedOut = false

  constructor(
    settings: ExchangeSettings,
    spec: TcpSpec,
    record: ExchangeRecord,
    clientAddress: string,
    handler: TcpUpstreamHandler,
  ) {
    this.#settings = settings
    this.#spec = spec
    this.#record = record
    this.#handler = handler
    this.#hash = spec.isSourceHashed ? hash32(clientAddress) : undefined
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  open(): void {
    const { clusters, thread } = this.#settings
    const name = pickCluster(this.#spec, thread.random)
    this.#record.clusterName = name
    const cluster = clusters.get(name)
    if (cluster === undefined) {
      this.#handler.onNoUpstream(TcpFailure.noCluster)
      return
    }
    const refusal = cluster.policy.admit()
    if (refusal !== undefined) {
      this.#handler.onNoUpstream(refusal === 'rate-limit' ? TcpFailure.rateLimited : TcpFailure.overflow)
      return
    }
    this.#cluster = cluster
    this.#try(cluster)
  }

  /** False: more is waiting than should be; `onUpstreamWritable` follows. */
  write(bytes: Uint8Array): boolean {
    return this.#connection?.write(bytes) ?? true
  }

  pause(): void {
    this.#connection?.pause()
  }

  resume(): void {
    this.#connection?.resume()
  }

  /** No more is written; what is waiting still goes out. */
  end(): void {
    this.#connection?.end()
  }

  /** Nothing of it is told any more. @param isFlushed what is waiting still goes out */
  leave(isFlushed: boolean): void {
    const connection = this.#connection
    this.#settle({ kind: this.#isConnected ? 'connected' : 'cancelled' })
    this.#release()
    if (connection === undefined) return
    const { wheel } = this.#settings.thread
    if (isFlushed && this.#isConnected) void new Lingering(connection, wheel, () => {})
    else connection.close()
  }

  onConnect(): void {
    if (this.#endpoint === undefined) return
    const { thread } = this.#settings
    thread.wheel.clear(this.#deadline)
    this.#cluster?.policy.pendingEnd()
    this.#isConnected = true
    this.#handler.onUpstreamConnect()
  }

  onData(bytes: Buffer): void {
    if (this.#endpoint !== undefined) this.#handler.onUpstreamData(bytes)
  }

  onEnd(): void {
    if (this.#endpoint !== undefined && this.#isConnected) this.#handler.onUpstreamEnd()
  }

  onWritable(): void {
    if (this.#endpoint !== undefined) this.#handler.onUpstreamWritable()
  }

  onClose(reason: string | undefined): void {
    if (this.#endpoint === undefined) return
    if (this.#isConnected) {
      this.#settle({ kind: 'connected' })
      this.#release()
      this.#handler.onUpstreamClose(reason)
    } else this.#connectFailed(reason ?? 'closed')
  }

  /** It is not connected in time. */
  onDeadline(): void {
    this.#isTimedOut = true
    this.#connection?.close()
  }

  #try(cluster: UpstreamCluster): void {
    const { policy } = cluster
    const endpoint = policy.pick({ hash: this.#hash, tried: this.#tried })
    if (endpoint === undefined) {
      this.#giveUp(TcpFailure.noHealthyUpstream)
      return
    }
    if (!policy.connectionBegin(endpoint)) {
      this.#giveUp(TcpFailure.overflow)
      return
    }
    if (!policy.pendingBegin()) {
      policy.connectionEnd(endpoint)
      this.#giveUp(TcpFailure.overflow)
      return
    }
    policy.begin(endpoint)
    this.#endpoint = endpoint
    this.#isTimedOut = false
    this.#record.attemptCount++
    this.#record.upstreamAddress = endpoint.address
    this.#record.upstreamTransportFailure = undefined
    this.#settings.thread.wheel.set(this.#deadline, policy.spec.connectTimeoutMs)
    this.#connection = cluster.connect(endpoint, this)
  }

  #connectFailed(reason: string): void {
    const [endpoint, cluster] = [this.#endpoint, this.#cluster]
    if (endpoint === undefined || cluster === undefined) return
    this.#record.upstreamTransportFailure = reason
    this.#settle({ kind: this.#isTimedOut ? 'connect-timeout' : 'connect-failure' })
    this.#tried.push(endpoint)
    if (this.#tried.length < this.#spec.connectAttemptsMax) this.#try(cluster)
    else this.#giveUp(this.#isTimedOut ? TcpFailure.connectTimeout : TcpFailure.connectFailure)
  }

  #giveUp(failure: TcpFailure): void {
    this.#release()
    this.#handler.onNoUpstream(failure)
  }

  /** The try that is under way, or the connection that came of it, is over. */
  #settle(outcome: TryOutcome): void {
    const [endpoint, policy] = [this.#endpoint, this.#cluster?.policy]
    if (endpoint === undefined || policy === undefined) return
    this.#endpoint = undefined
    this.#connection = undefined
    this.#settings.thread.wheel.clear(this.#deadline)
    if (!this.#isConnected) policy.pendingEnd()
    policy.connectionEnd(endpoint)
    policy.finish(endpoint, outcome)
  }

  #release(): void {
    this.#cluster?.policy.release()
    this.#cluster = undefined
  }
}
