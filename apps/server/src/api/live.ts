import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { parseFieldQuery, FLOW_FIELDS, MAP_FIELDS, type FieldQuery } from '@quadrant/core'
import {
  DropCountSchema,
  DropSum,
  TimelinePointSchema,
  WatchResponseSchema,
  isFlowLoss,
  isRuntimeLoss,
  type Flow,
  type GetMapResponse,
  type TimelinePoint,
  type WatchRequest,
  type WatchResponse,
} from '@quadrant/proto'
import type { Logger } from 'pino'
import { decodeFlows } from '../query/flow.ts'
import { queryMap } from '../query/map.ts'
import { planRange } from '../query/range.ts'
import type { Commit, FlowSegment, Store } from '../store/store.ts'

/** Four messages a second. */
const TICK_MS = 250
/** Flows of one message; a person reads no more, a program uses ListFlows. */
const FLOWS_PER_TICK_MAX = 500
const WINDOW_SECONDS_DEFAULT = 60
/** The store keeps nothing for longer. */
const WINDOW_SECONDS_MAX = 31 * 86_400
/** One view's map may take this share of the server's time: the map of a month comes less often than that of a minute. */
const MAP_SHARE_MAX = 0.1
const CHANNELS_MAX = 64

interface Subscriber {
  /** The message that waits to be taken, if the last one was not yet. */
  next: WatchResponse | undefined
  wake: (() => void) | undefined
}

/** All that watch the same: computed once, told to each. */
interface Channel {
  readonly request: WatchRequest
  readonly mapQuery: FieldQuery
  readonly flowQuery: FieldQuery
  readonly subscribers: Set<Subscriber>
  flows: Flow[]
  flowsOmitted: number
  readonly drops: DropSum
  /** Revision that was told last, and that whose map was; -1 before the first. */
  toldRevision: number
  mapRevision: number
  /** When the map may be computed again, milliseconds of a steady clock. */
  mapAfterMs: number
}

export interface LiveOptions {
  readonly store: Store
  readonly log: Logger
  /** Nanoseconds of the Unix epoch. */
  readonly nowNs: () => number
  /** Milliseconds of a clock that only goes forward. */
  readonly steadyMs: () => number
}

/** The live view: what was committed, told to watchers four times a second at most. */
export class Live implements Disposable {
  readonly #options: LiveOptions
  readonly #channels = new Map<string, Channel>()
  readonly #followers = new Set<(commit: Commit) => void>()
  readonly #runtimeFollowers = new Set<(commit: Commit) => void>()
  #timer: NodeJS.Timeout | undefined
  #ticking = false
  #revision = 0
  #skippedCount = 0
  #dropsUntilNs = 0

  constructor(options: LiveOptions) {
    this.#options = options
  }

  /** Messages that were replaced before a slow watcher took them. */
  get skippedCount(): number {
    return this.#skippedCount
  }

  /** End of the newest second that was committed, nanoseconds of the Unix epoch; 0 before the first. */
  get dropsUntilNs(): number {
    return this.#dropsUntilNs
  }

  get watcherCount(): number {
    let count = this.#followers.size + this.#runtimeFollowers.size
    for (const { subscribers } of this.#channels.values()) count += subscribers.size
    return count
  }

  /** To be called after each commit. */
  committed(commit: Commit): void {
    this.#revision++
    const { segment, endNs } = commit
    this.#dropsUntilNs = Math.max(this.#dropsUntilNs, endNs)
    this.#tellRuntime(commit)
    const drops = commit.drops.filter(isFlowLoss)
    if (!segment && drops.length === 0) return
    for (const follow of this.#followers) follow({ ...commit, drops })
    for (const channel of this.#channels.values()) {
      if (!channel.request.withFlows) continue
      channel.drops.add(drops)
      if (segment) this.#collect(channel, segment)
    }
  }

  /** Calls back with every commit that has flows or has lost some, until the result is called. */
  follow(onCommit: (commit: Commit) => void): () => void {
    this.#followers.add(onCommit)
    return () => this.#followers.delete(onCommit)
  }

  /** Calls back with every commit that has collections or stops of the world, or has lost something of runtimes. */
  followRuntime(onCommit: (commit: Commit) => void): () => void {
    this.#runtimeFollowers.add(onCommit)
    return () => this.#runtimeFollowers.delete(onCommit)
  }

  /** @throws {ConnectError} when too many different requests are watched. */
  async *watch(request: WatchRequest, signal: AbortSignal): AsyncGenerator<WatchResponse> {
    const { level, query, windowSeconds, withMap, withFlows } = request
    const key = JSON.stringify([level, query, windowSeconds, withMap, withFlows])
    let channel = this.#channels.get(key)
    if (!channel) {
      if (this.#channels.size >= CHANNELS_MAX)
        throw new ConnectError(
          `more than ${CHANNELS_MAX} different views are watched`,
          Code.ResourceExhausted,
        )
      channel = {
        request,
        mapQuery: parseFieldQuery(query, MAP_FIELDS).value,
        flowQuery: parseFieldQuery(query, FLOW_FIELDS).value,
        subscribers: new Set(),
        flows: [],
        flowsOmitted: 0,
        drops: new DropSum(),
        toldRevision: -1,
        mapRevision: -1,
        mapAfterMs: 0,
      }
      this.#channels.set(key, channel)
    }
    const subscriber: Subscriber = { next: undefined, wake: undefined }
    const onAbort = () => subscriber.wake?.()
    signal.addEventListener('abort', onAbort, { once: true })
    channel.subscribers.add(subscriber)
    // A newcomer gets the whole view at once.
    channel.toldRevision = channel.mapRevision = -1
    channel.mapAfterMs = 0
    this.#timer ??= setInterval(() => void this.#tick(), TICK_MS)
    void this.#tick()
    try {
      while (!signal.aborted) {
        if (!subscriber.next)
          await new Promise<void>((resolve) => {
            subscriber.wake = resolve
          })
        const { next } = subscriber
        subscriber.next = undefined
        if (next) yield next
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      channel.subscribers.delete(subscriber)
      if (channel.subscribers.size === 0) this.#channels.delete(key)
      if (this.#channels.size === 0) this[Symbol.dispose]()
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tellRuntime(commit: Commit): void {
    if (this.#runtimeFollowers.size === 0) return
    const drops = commit.drops.filter(isRuntimeLoss)
    if (commit.runtimeEvents.length === 0 && drops.length === 0) return
    for (const follow of this.#runtimeFollowers) follow({ ...commit, drops })
  }

  #collect(channel: Channel, segment: FlowSegment): void {
    const { matching, row } = decodeFlows(segment, { query: channel.flowQuery, bothEnds: false })
    const room = FLOWS_PER_TICK_MAX - channel.flows.length
    const kept = matching.slice(Math.max(0, matching.length - Math.max(room, 0)))
    channel.flowsOmitted += matching.length - (room > 0 ? kept.length : 0)
    if (room > 0) for (const index of kept) channel.flows.push(row(index))
  }

  async #tick(): Promise<void> {
    if (this.#ticking) return
    this.#ticking = true
    for (const channel of this.#channels.values())
      try {
        await this.#tell(channel)
      } catch (error) {
        // One view that fails must not keep the others waiting.
        this.#options.log.error({ err: error, query: channel.request.query }, 'live view failed')
      }
    this.#ticking = false
  }

  async #tell(channel: Channel): Promise<void> {
    const { request } = channel
    const nowNs = this.#options.nowNs()
    const revision = this.#revision
    const isNew = channel.toldRevision !== revision
    const isMapDue =
      request.withMap && channel.mapRevision !== revision && this.#options.steadyMs() >= channel.mapAfterMs
    if (!isNew && !isMapDue && channel.flows.length === 0) return
    channel.toldRevision = revision
    const { flows, flowsOmitted } = channel
    channel.flows = []
    channel.flowsOmitted = 0
    const response = create(WatchResponseSchema, {
      timeNs: nowNs,
      flows,
      flowsOmitted,
      drops: channel.drops.take(),
      dropsUntilNs: this.#dropsUntilNs,
    })
    if (isNew) response.lastSecond = await this.#lastSecond(nowNs)
    if (isMapDue) {
      channel.mapRevision = revision
      response.map = await this.#map(channel, nowNs)
    }
    for (const subscriber of channel.subscribers) this.#give(subscriber, response)
  }

  async #map(channel: Channel, nowNs: number): Promise<GetMapResponse> {
    const { windowSeconds, level } = channel.request
    const { store, steadyMs } = this.#options
    const seconds = Math.min(windowSeconds || WINDOW_SECONDS_DEFAULT, WINDOW_SECONDS_MAX)
    const range = { startNs: nowNs - seconds * 1e9, endNs: nowNs }
    const plan = planRange(range, nowNs)
    const startedMs = steadyMs()
    const map = await queryMap(store, { range, plan, level, query: channel.mapQuery, nowNs })
    const endedMs = steadyMs()
    channel.mapAfterMs = endedMs + (endedMs - startedMs) * (1 / MAP_SHARE_MAX - 1)
    return map
  }

  /** A watcher that has not taken the last message gets the newer one in its place. */
  #give(subscriber: Subscriber, response: WatchResponse): void {
    const missed = subscriber.next
    if (missed) {
      this.#skippedCount++
      const drops = new DropSum()
      for (const { drops: lost } of [missed, response]) drops.add(lost)
      subscriber.next = {
        ...response,
        map: response.map ?? missed.map,
        lastSecond: response.lastSecond ?? missed.lastSecond,
        flowsOmitted: response.flowsOmitted + missed.flowsOmitted + missed.flows.length,
        drops: drops.list().map((drop) => create(DropCountSchema, drop)),
      }
    } else subscriber.next = response
    subscriber.wake?.()
  }

  async #lastSecond(nowNs: number): Promise<TimelinePoint | undefined> {
    const now = Math.floor(nowNs / 1e9)
    const point = (await this.#options.store.timeline({ tier: 1, from: now - 10, to: now + 1 })).at(-1)
    if (!point) return undefined
    const { time, opened, failed, reset, bytes, retransmits, dropped } = point
    return create(TimelinePointSchema, {
      timeNs: time * 1e9,
      opened,
      failed,
      reset,
      bytes,
      retransmits,
      dropped,
    })
  }
}
