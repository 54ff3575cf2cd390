import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { StagedFilters } from '../filters/filter-engine.ts'
import type { FilterCalls } from '../filters/thread-filters.ts'
import { keyFetcher } from './callout/fetch-keys.ts'
import { gatewayCalls } from './callout/gateway-calls.ts'
import { openCluster } from './cluster/open-cluster.ts'
import type { ClusterSpec } from './config/cluster-spec.ts'
import type { GatewaySpec } from './config/gateway-spec.ts'
import type { ListenerSpec } from './config/listener-spec.ts'
import type { GatewayParts } from './gateway-parts.ts'
import type { GatewayStats } from './stats/gateway-stats.ts'
import type { GatewayThread } from './gateway-thread.ts'
import { httpDate } from './http1/http-date.ts'
import { compileSettings } from './compile-settings.ts'
import { GatewayListener } from './server/gateway-listener.ts'
import { serverTls } from './server/server-tls.ts'
import { GuardStore } from './guard/guard-store.ts'
import type { LimitStore } from './guard/limit-store.ts'
import { ThreadLimits } from './guard/thread-limits.ts'
import type { FetchKeys } from './guard/jwt/provider-keys.ts'
import { ListenerStats } from './stats/listener-stats.ts'
import { DeadlineWheel } from './time/deadline-wheel.ts'
import { clientTls, type ClusterTls } from './upstream/client-tls.ts'
import { ClusterConnections } from './upstream/cluster-connections.ts'

/** How long the first look-up of names may hold up the listeners; what is not found by then has no endpoints yet. */
const RESOLVE_MS_MAX = 5000

/** Opens what the configuration says, on this thread. @throws {ExtendError} where that cannot be */
export async function openGateway(spec: GatewaySpec, parts: GatewayParts): Promise<Gateway> {
  const gateway = new Gateway(parts)
  try {
    await gateway.reload(spec)
  } catch (error) {
    gateway.close()
    throw error
  }
  return gateway
}

/** Listeners and clusters of one thread, and the generation of the configuration by which new exchanges go. */
export class Gateway implements Disposable {
  readonly #parts: GatewayParts
  readonly #wheel: DeadlineWheel
  readonly #thread: GatewayThread
  readonly #fetchKeys: FetchKeys
  readonly #listeners = new Map<string, GatewayListener>()
  readonly #listenerStats = new Map<string, ListenerStats>()
  readonly #clusters = new Map<string, ClusterConnections>()
  /** Of a configuration that is about to be taken: whoever gets ready for it calls these. */
  #coming: ReadonlyMap<string, ClusterConnections> | undefined
  readonly #guards: GuardStore
  #generation = 0
  #isDraining = false

  /** Not by itself: `openGateway` opens one. */
  constructor(parts: GatewayParts) {
    this.#parts = parts
    this.#wheel = new DeadlineWheel(parts.clock)
    this.#thread = {
      transport: parts.transport,
      wheel: this.#wheel,
      nowMs: parts.clock.now,
      random: Math.random,
      requestId: randomUUID,
      date: () => httpDate(Date.now()),
    }
    this.#guards = new GuardStore(new ThreadLimits(parts.clock.now))
    this.#fetchKeys = keyFetcher(this.#thread, (name) => this.#coming?.get(name) ?? this.#clusters.get(name))
  }

  /** Before the first configuration: limits of routes count there, with all threads that do the same. */
  countLimitsIn(store: LimitStore): void {
    this.#guards.countIn(store)
  }

  /** To the clusters that it has when somebody calls. */
  calls(): FilterCalls {
    return gatewayCalls({
      thread: this.#thread,
      cluster: (name) => this.#coming?.get(name) ?? this.#clusters.get(name),
    })
  }

  /** Ports by the names of listeners. */
  get ports(): ReadonlyMap<string, number> {
    return new Map([...this.#listeners].map(([name, { port }]) => [name, port]))
  }

  /**
   * From now on exchanges go by this. Connections stay, and so do clusters that have not changed, with what is known of
   * them; exchanges that are under way end as they began.
   * @param prepare gets filters ready, which may call the new clusters; where it fails, all is as it was
   * @throws {ExtendError} where a certificate cannot be read or an address not be listened on; then all is as it was
   */
  async reload(spec: GatewaySpec, prepare?: () => Promise<StagedFilters>): Promise<void> {
    const tls = new Map(
      spec.listeners.map((listener) => [
        listener.name,
        listener.tls === undefined ? undefined : serverTls(listener.tls, this.#parts.readPem),
      ]),
    )
    const clusterTls = this.#readClusterTls(spec.clusters)
    const clusters = this.#openClusters(spec.clusters, clusterTls)
    const opened: GatewayListener[] = []
    let staged: StagedFilters | undefined
    try {
      await within(
        RESOLVE_MS_MAX,
        [...clusters.values()].filter((cluster) => !this.#isOurs(cluster)).map((cluster) => cluster.begin()),
      )
      this.#coming = clusters
      staged = await prepare?.()
      const settingsOf = (listener: ListenerSpec) =>
        compileSettings(listener, spec, {
          guards: this.#guards,
          fetchKeys: this.#fetchKeys,
          thread: this.#thread,
          clusters,
          stats: this.#statsOf(listener.name),
          parts: this.#parts,
        })
      const listeners = new Map<string, GatewayListener>()
      for (const listener of spec.listeners) {
        const before = this.#listeners.get(listener.name)
        if (before !== undefined && isSamePort(before.settings.listener, listener))
          listeners.set(listener.name, before)
        else {
          const next = new GatewayListener(settingsOf(listener), tls.get(listener.name))
          opened.push(next)
          await next.open(this.#parts.isPortShared ?? false)
          listeners.set(listener.name, next)
        }
      }
      // Nothing can fail any more, and nobody sees anything in between.
      staged?.commit()
      for (const listener of spec.listeners) {
        const current = listeners.get(listener.name)!
        current.settings = settingsOf(listener)
        current.tls = tls.get(listener.name)
      }
      for (const [name, renewed] of clusterTls) clusters.get(name)?.renewTls(renewed)
      this.#coming = undefined
      this.#guards.commit()
      this.#replace(listeners, clusters, spec.drainMs)
    } catch (error) {
      this.#coming = undefined
      this.#guards.discard()
      staged?.discard()
      for (const listener of opened) listener.close()
      for (const cluster of clusters.values()) if (!this.#isOurs(cluster)) cluster.close()
      for (const name of this.#listenerStats.keys())
        if (!this.#listeners.has(name)) this.#listenerStats.delete(name)
      throw error
    }
  }

  /** Accepts no more, lets what is under way end, and closes: after `drainMs` whatever is left. True where nothing was. */
  async drain(drainMs: number): Promise<boolean> {
    this.#isDraining = true
    const all = Promise.all([...this.#listeners.values()].map((listener) => listener.drain()))
    const isDone = await within(drainMs, [all])
    this.close()
    return isDone
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  stats(): GatewayStats {
    return {
      generation: this.#generation,
      listeners: Object.fromEntries(
        [...this.#listenerStats].map(([name, stats]) => [name, structuredClone({ ...stats })]),
      ),
      clusters: Object.fromEntries(
        [...this.#clusters].map(([name, { policy }]) => [
          name,
          {
            ...policy.stats,
            byEndpoint: Object.fromEntries(
              policy.endpoints.map((endpoint) => [
                endpoint.address,
                {
                  ...endpoint.stats,
                  isHealthy: endpoint.isHealthy,
                  isEjected: endpoint.isEjected,
                  activeRequests: endpoint.activeRequests,
                },
              ]),
            ),
          },
        ]),
      ),
    }
  }

  /** At once. */
  close(): void {
    for (const listener of this.#listeners.values()) listener.close()
    for (const cluster of this.#clusters.values()) cluster.close()
    this.#listeners.clear()
    this.#clusters.clear()
    this.#wheel[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #readClusterTls(specs: readonly ClusterSpec[]): ReadonlyMap<string, ClusterTls> {
    const { readPem } = this.#parts
    return new Map(
      specs.flatMap(({ name, protocol, tls }) =>
        tls === undefined ? [] : [[name, clientTls(tls, protocol, readPem)] as const],
      ),
    )
  }

  #openClusters(
    specs: readonly ClusterSpec[],
    clusterTls: ReadonlyMap<string, ClusterTls>,
  ): Map<string, ClusterConnections> {
    const { resolve } = this.#parts
    return new Map(
      specs.map((spec) => {
        const before = this.#clusters.get(spec.name)
        if (before !== undefined && isDeepStrictEqual(before.policy.spec, spec)) return [spec.name, before]
        const policy = openCluster(spec, { nowMs: this.#thread.nowMs, random: this.#thread.random })
        const tls = clusterTls.get(spec.name)
        return [spec.name, new ClusterConnections(policy, { thread: this.#thread, resolve, tls })]
      }),
    )
  }

  #isOurs(cluster: ClusterConnections): boolean {
    return this.#clusters.get(cluster.policy.spec.name) === cluster
  }

  #replace(
    listeners: ReadonlyMap<string, GatewayListener>,
    clusters: ReadonlyMap<string, ClusterConnections>,
    drainMs: number,
  ): void {
    this.#generation++
    for (const [name, before] of this.#listeners)
      if (listeners.get(name) !== before) void within(drainMs, [before.drain()]).then(() => before.close())
    for (const [name, before] of this.#clusters) if (clusters.get(name) !== before) before.drain()
    this.#listeners.clear()
    this.#clusters.clear()
    for (const [name, listener] of listeners) this.#listeners.set(name, listener)
    for (const [name, cluster] of clusters) this.#clusters.set(name, cluster)
  }

  /** Counters go on over reloads. */
  #statsOf(name: string): ListenerStats {
    let stats = this.#listenerStats.get(name)
    if (stats === undefined) this.#listenerStats.set(name, (stats = new ListenerStats()))
    return stats
  }
}

function isSamePort(before: ListenerSpec, after: ListenerSpec): boolean {
  return before.host === after.host && before.port === after.port
}

/** Whether all of it has ended by then. */
async function within(ms: number, all: readonly Promise<unknown>[]): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, ms, false)
  const isDone = await Promise.race([Promise.all(all).then(() => true), late])
  clearTimeout(timer)
  return isDone
}
