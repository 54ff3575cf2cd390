import { setTimeout as sleep } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import type { ConnectError } from '@connectrpc/connect'
import { Backoff, type BackoffOptions } from '@quadrant/core'
import { GatewayHelloSchema } from '@quadrant/proto'
import {
  runDeliverySession,
  type DeliverySessionEnd,
  type DeliverySessionOptions,
} from './delivery-session.ts'
import type { FilterDelivery } from './filter-delivery.ts'
import type { DeliveryConnection } from './delivery-connection.ts'

export interface FilterSubscriptionOptions extends Pick<
  DeliverySessionOptions,
  'welcomeTimeoutMs' | 'stallTimeoutMs' | 'report' | 'reportIntervalMs'
> {
  /** Of this gateway, unique on the fleet. */
  readonly nodeId: string
  readonly host: string
  readonly version: string
  /** A new one for each session. */
  readonly connect: () => DeliveryConnection
  /** From 200 ms to 30 s where nothing else is said: a fleet must not come all at once when a server is back. */
  readonly backoff?: BackoffOptions
  /** A server is there. */
  readonly onConnected?: () => void
  /** It is away; told once, until there is one again. */
  readonly onAway?: (error: ConnectError) => void
}

const BACKOFF: BackoffOptions = { firstMs: 200, maxMs: 30_000 }

/** Keeps a gateway's filters subscribed at a server, again and again, until it is disposed. What serves does so without a server, too. */
export class FilterSubscription<Prepared> implements AsyncDisposable {
  readonly #delivery: FilterDelivery<Prepared>
  readonly #options: FilterSubscriptionOptions
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #isConnected = false

  constructor(delivery: FilterDelivery<Prepared>, options: FilterSubscriptionOptions) {
    this.#delivery = delivery
    this.#options = options
    this.#running = this.#run()
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { onConnected, onAway } = this.#options
    const pauses = { ...BACKOFF, ...this.#options.backoff }
    const backoff = new Backoff(pauses)
    let isAway = false
    // One that welcomes and ends is no better than one that is away, and all of a fleet would ask it without a pause.
    let isSteady = false
    let steady: NodeJS.Timeout | undefined
    while (!this.#stop.signal.aborted) {
      const { error, wasSound } = await this.#runOnce(() => {
        this.#isConnected = true
        isAway = false
        steady = setTimeout(() => (isSteady = true), pauses.maxMs).unref()
        onConnected?.()
      })
      clearTimeout(steady)
      this.#isConnected = false
      if (this.#stop.signal.aborted) return
      if (!isAway) onAway?.(error)
      isAway = true
      if (wasSound && isSteady) backoff.reset()
      isSteady = false
      await sleep(backoff.nextMs(), undefined, { signal: this.#stop.signal }).catch(() => {})
    }
  }

  async #runOnce(onWelcome: () => void): Promise<DeliverySessionEnd> {
    const { connect, welcomeTimeoutMs, stallTimeoutMs, report, reportIntervalMs } = this.#options
    using connection = connect()
    return await runDeliverySession(connection.transport, this.#delivery, {
      hello: () => this.#hello(),
      signal: this.#stop.signal,
      welcomeTimeoutMs,
      stallTimeoutMs,
      report,
      reportIntervalMs,
      onWelcome,
    })
  }

  #hello() {
    const { nodeId, host, version } = this.#options
    const held = this.#delivery.held()
    return create(GatewayHelloSchema, {
      nodeId,
      host,
      version,
      filters: held.map(({ name }) => name),
      held: [...held],
      partials: [...this.#delivery.partials()],
    })
  }
}
