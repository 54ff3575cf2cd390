import type { Cluster } from '../cluster/cluster.ts'
import type { Endpoint, EndpointAddress } from '../cluster/endpoint.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { Connection, ConnectionHandler } from '../transport/transport.ts'
import type { ClusterTls } from './client-tls.ts'
import { EndpointAddresses, type Resolve } from './endpoint-addresses.ts'
import type { EndpointPool } from './endpoint-pool.ts'
import { HealthChecks } from './health-checks.ts'
import { openPool } from './open-pool.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'
import type { UpstreamHandler } from './upstream-stream.ts'

export interface ClusterConnectionsOptions {
  readonly thread: GatewayThread
  readonly resolve: Resolve
  /** Undefined without TLS. */
  readonly tls: ClusterTls | undefined
}

/** A cluster at work: its endpoints looked up and checked, and a pool of connections to each that was asked for. */
export class ClusterConnections implements UpstreamCluster, DeadlineOwner {
  readonly policy: Cluster
  readonly addresses: EndpointAddresses
  readonly #thread: GatewayThread
  #tls: ClusterTls | undefined
  readonly #pools = new Map<Endpoint, EndpointPool>()
  /** Of endpoints or certificates that are gone, while something is under way or waits there. */
  readonly #leaving = new Set<EndpointPool>()
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
    this.#checks =
      policy.spec.healthChecks.length === 0
        ? undefined
        : new HealthChecks(policy, thread, (host) => this.#tls?.of(host))
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
      pool = openPool(this.#thread, this.policy, endpoint, this.#tls?.of(endpoint.host))
      this.#pools.set(endpoint, pool)
    }
    pool.open(handler)
  }

  cancel(endpoint: Endpoint, handler: UpstreamHandler): void {
    this.#pools.get(endpoint)?.cancel(handler)
    for (const pool of this.#leaving) pool.cancel(handler)
  }

  connect(endpoint: Endpoint, handler: ConnectionHandler): Connection {
    const tls = this.#tls?.of(endpoint.host)
    return this.#thread.transport.connect(
      // Nobody here knows what is spoken.
      { host: endpoint.ip, port: endpoint.port, tls: tls && { ...tls, alpn: [] } },
      handler,
    )
  }

  /** Certificates are others now: connections that there are end with what is under way on them, new ones have these. */
  renewTls(tls: ClusterTls): void {
    if (tls.pem === this.#tls?.pem) return
    this.#tls = tls
    // Whoever is retired is taken out meanwhile, which an iteration of a map allows.
    for (const endpoint of this.#pools.keys()) this.#retire(endpoint)
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
    for (const pool of [...this.#pools.values(), ...this.#leaving]) pool.close()
  }

  #stop(): void {
    this.addresses.close()
    this.#checks?.close()
    this.#thread.wheel.clear(this.#sweep)
  }

  #setEndpoints(addresses: readonly EndpointAddress[]): void {
    const { removed } = this.policy.setEndpoints(addresses)
    for (const endpoint of removed) this.#retire(endpoint)
  }

  #retire(endpoint: Endpoint): void {
    for (const pool of this.#leaving) if (pool.isEmpty) this.#leaving.delete(pool)
    const pool = this.#pools.get(endpoint)
    if (pool === undefined) return
    this.#pools.delete(endpoint)
    pool.drain()
    if (!pool.isEmpty) this.#leaving.add(pool)
  }
}

/** Ejections begin without anybody saying when: so often it is looked whether one has ended. */
const SWEEP_MS_MAX = 1000
