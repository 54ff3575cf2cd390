import type { Cluster } from '../cluster/cluster.ts'
import type { Endpoint, EndpointAddress } from '../cluster/endpoint.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { ClientTls, Connection, ConnectionHandler } from '../transport/transport.ts'
import { EndpointAddresses, type Resolve } from './endpoint-addresses.ts'
import type { EndpointPool } from './endpoint-pool.ts'
import { HealthChecks } from './health-checks.ts'
import { openPool } from './open-pool.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'
import type { UpstreamHandler } from './upstream-stream.ts'

export interface ClusterConnectionsOptions {
  readonly thread: GatewayThread
  readonly resolve: Resolve
  /** By the host that an endpoint is configured as; undefined without TLS. */
  readonly tls: ((host: string) => ClientTls) | undefined
}

/** A cluster at work: its endpoints looked up and checked, and a pool of connections to each that was asked for. */
export class ClusterConnections implements UpstreamCluster, DeadlineOwner {
  readonly policy: Cluster
  readonly addresses: EndpointAddresses
  readonly #thread: GatewayThread
  readonly #tls: ((host: string) => ClientTls) | undefined
  readonly #pools = new Map<Endpoint, EndpointPool>()
  /** Of endpoints that are gone, while something is under way or waits there. */
  readonly #leaving = new Map<Endpoint, EndpointPool>()
  readonly #checks: HealthChecks | undefined
  readonly #sweep = new Deadline(this)

  constructor(policy: Cluster, options: ClusterConnectionsOptions) {
    const { thread, resolve, tls } = options
    this.policy = policy
    this.#thread = thread
    this.#tls = tls
    this.addresses = new EndpointAddresses(policy.spec, resolve, thread.wheel, (addresses) =>
      this.#setEndpoints(addresses),
    )
    this.#checks = policy.spec.healthChecks.length === 0 ? undefined : new HealthChecks(policy, thread, tls)
    if (policy.spec.outliers !== undefined) this.onDeadline()
  }

  /** Ends when names have been looked up. */
  async begin(): Promise<void> {
    await this.addresses.begin()
    this.#checks?.begin()
  }

  open(endpoint: Endpoint, handler: UpstreamHandler): void {
    let pool = this.#pools.get(endpoint)
    if (pool === undefined) {
      pool = openPool(this.#thread, this.policy, endpoint, this.#tls?.(endpoint.host))
      this.#pools.set(endpoint, pool)
    }
    pool.open(handler)
  }

  cancel(endpoint: Endpoint, handler: UpstreamHandler): void {
    const pool = this.#pools.get(endpoint) ?? this.#leaving.get(endpoint)
    pool?.cancel(handler)
  }

  connect(endpoint: Endpoint, handler: ConnectionHandler): Connection {
    const tls = this.#tls?.(endpoint.host)
    return this.#thread.transport.connect(
      // Nobody here knows what is spoken.
      { host: endpoint.ip, port: endpoint.port, tls: tls && { ...tls, alpn: [] } },
      handler,
    )
  }

  /** Ends ejections; outlier detection says when to look again. */
  onDeadline(): void {
    const againMs = this.policy.sweep()
    this.#thread.wheel.set(this.#sweep, Math.min(againMs, SWEEP_MS_MAX))
  }

  /** Nothing new is to come: connections end with what is under way on them. */
  drain(): void {
    this.#stop()
    for (const pool of this.#pools.values()) pool.drain()
  }

  close(): void {
    this.#stop()
    for (const pool of [...this.#pools.values(), ...this.#leaving.values()]) pool.close()
  }

  #stop(): void {
    this.addresses.close()
    this.#checks?.close()
    this.#thread.wheel.clear(this.#sweep)
  }

  #setEndpoints(addresses: readonly EndpointAddress[]): void {
    const { removed } = this.policy.setEndpoints(addresses)
    for (const [endpoint, pool] of this.#leaving) if (pool.isEmpty) this.#leaving.delete(endpoint)
    for (const endpoint of removed) {
      const pool = this.#pools.get(endpoint)
      if (pool === undefined) continue
      this.#pools.delete(endpoint)
      pool.drain()
      if (!pool.isEmpty) this.#leaving.set(endpoint, pool)
    }
  }
}

/** Ejections begin without anybody saying when: so often it is looked whether one has ended. */
const SWEEP_MS_MAX = 1000
