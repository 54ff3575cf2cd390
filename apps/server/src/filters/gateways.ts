import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect'
import {
  FilterDeliveryService,
  type GatewayHello,
  type GatewayReport,
  type ModuleFetch,
  type OrderStatus,
  type ReleaseStatus,
  type SubscribeRequest,
  type SubscribeResponse,
} from '@quadrant/proto'
import type { Logger } from 'pino'
import { releaseDigest } from '@quadrant/extend/release'
import { isDeparture } from '../ingest/departure.ts'
import type { Refusal } from '../ingest/refusal.ts'
import type { Refusals } from '../ingest/refusals.ts'
import type { FilterOrderRow, FilterReleaseRow, FilterStore } from '../store/filter-store.ts'
import { PEER_NAMES } from './gateway-listener.ts'
import { checkGateway, checkOrderStatus, checkReport, checkStatus } from './check-gateway.ts'
import { FilterReadings } from './filter-readings.ts'
import type { ModuleBlobs } from './module-blobs.ts'
import { Subscription } from './subscription.ts'

/** Who says nothing holds a stream and a place among the connections. */
const HELLO_TIMEOUT_MS = 5000

/** Asked for at once; gateways ask for less. */
const FETCH_BYTES_MAX = 16 << 20

export interface GatewaysOptions {
  readonly store: FilterStore
  readonly blobs: ModuleBlobs
  readonly refusals: Refusals
  readonly log: Logger
  readonly nowNs: () => number
  readonly version: string
  /** Something was told that people look at. */
  readonly onChange: () => void
}

interface Session {
  readonly nodeId: string
  readonly host: string
  readonly filters: ReadonlySet<string>
  readonly subscription: Subscription
}

/** The sessions of all gateways. */
export class Gateways {
  readonly readings = new FilterReadings()
  readonly #options: GatewaysOptions
  /** By the gateway's id. */
  readonly #sessions = new Map<string, Session>()

  constructor(options: GatewaysOptions) {
    this.#options = options
  }

  /** Ids of those that are connected. */
  connectedIds(): ReadonlySet<string> {
    return new Set(this.#sessions.keys())
  }

  /** Tells those that have a place for the filter. */
  offer({ name, signed }: FilterReleaseRow): void {
    for (const { filters, subscription } of this.#sessions.values())
      if (filters.has(name)) subscription.push({ case: 'release', value: signed })
  }

  order({ name, signed }: FilterOrderRow): void {
    for (const { filters, subscription } of this.#sessions.values())
      if (filters.has(name)) subscription.push({ case: 'order', value: signed })
  }

  /** Ends every session; gateways come back when there is a server again, and serve what they serve. */
  endAll(): void {
    for (const { subscription } of this.#sessions.values())
      subscription.end(new ConnectError('the server stops', Code.Unavailable))
  }

  readonly routes = (router: ConnectRouter): void => {
    router.service(FilterDeliveryService, {
      subscribe: (requests, { signal, values }) => this.#session(requests, signal, values.get(PEER_NAMES)),
    })
  }

  async *#session(
    requests: AsyncIterable<SubscribeRequest>,
    signal: AbortSignal,
    names: ReadonlySet<string> | undefined,
  ): AsyncGenerator<SubscribeResponse> {
    const subscription = new Subscription(this.#options.blobs)
    const close = () => {
      this.#remove(subscription)
      subscription[Symbol.dispose]()
    }
    // Whoever sends leaves this where it is when the gateway goes away in the middle of a chunk: it is never resumed.
    signal.addEventListener('abort', close, { once: true })
    void this.#read(requests, subscription, names).then(
      () => subscription.end(),
      (error: unknown) => subscription.end(error),
    )
    try {
      yield* subscription
    } finally {
      signal.removeEventListener('abort', close)
      close()
    }
  }

  async #read(
    requests: AsyncIterable<SubscribeRequest>,
    subscription: Subscription,
    names: ReadonlySet<string> | undefined,
  ): Promise<void> {
    let session: Session | undefined
    const late = setTimeout(
      () => subscription.end(new ConnectError('no hello came in time', Code.DeadlineExceeded)),
      HELLO_TIMEOUT_MS,
    )
    try {
      for await (const { body } of requests) {
        if (!session) {
          if (body.case !== 'hello')
            throw this.#refuse({ reason: 'protocol', detail: 'a session begins with hello' })
          clearTimeout(late)
          session = await this.#begin(body.value, subscription, names)
        } else if (this.#sessions.get(session.nodeId) !== session) return
        else if (body.case === 'fetch') this.#fetch(session, body.value)
        else if (body.case === 'status') await this.#status(session, body.value)
        else if (body.case === 'order') await this.#orderStatus(session, body.value)
        else if (body.case === 'report') this.#report(session, body.value)
        else if (body.case === 'hello')
          throw this.#refuse({ reason: 'protocol', detail: 'hello within a session' }, session)
      }
    } catch (error) {
      if (!isDeparture(error)) throw error
    } finally {
      clearTimeout(late)
    }
  }

  async #begin(
    hello: GatewayHello,
    subscription: Subscription,
    names: ReadonlySet<string> | undefined,
  ): Promise<Session> {
    const { store, nowNs, log, version, onChange } = this.#options
    const refusal = checkGateway(hello)
    if (refusal) throw this.#refuse(refusal)
    const { nodeId, host, filters, held } = hello
    // Else one gateway could end the sessions of another, and tell what serves there.
    if (names && !names.has(nodeId))
      throw new ConnectError(`its certificate is not of ${nodeId}`, Code.PermissionDenied)
    await store.meetGateway({ nodeId, host, version: hello.version, filters, seenNs: nowNs() })
    const session: Session = { nodeId, host, filters: new Set(filters), subscription }
    // The newest wins: a session that lost its gateway without notice must not lock it out.
    this.#sessions
      .get(nodeId)
      ?.subscription.end(new ConnectError('replaced by a newer session of this gateway', Code.Aborted))
    this.#sessions.set(nodeId, session)
    this.readings.begin(nodeId)
    subscription.push({
      case: 'welcome',
      value: { $typeName: 'quadrant.v1.GatewayWelcome', serverVersion: version },
    })
    for (const { name, sequence, signed } of await store.orders())
      if (
        session.filters.has(name) &&
        sequence > (held.find((one) => one.name === name)?.orderSequence ?? 0n)
      )
        subscription.push({ case: 'order', value: signed })
    // Also those that it has: what it then says of them is how they fare.
    for (const { name, signed } of await store.offered())
      if (session.filters.has(name)) subscription.push({ case: 'release', value: signed })
    log.info({ nodeId, host, filters: filters.length }, 'gateway connected')
    onChange()
    return session
  }

  #fetch({ subscription, ...session }: Session, fetch: ModuleFetch): void {
    const { offset, bytes } = fetch
    if (!(Number.isSafeInteger(offset) && offset >= 0 && bytes > 0 && bytes <= FETCH_BYTES_MAX))
      throw this.#refuse(
        { reason: 'counter', detail: `a fetch of ${bytes} bytes from ${offset} on` },
        session,
      )
    subscription.fetch(fetch)
  }

  async #status(session: Session, status: ReleaseStatus): Promise<void> {
    const { store, nowNs, onChange, log } = this.#options
    const refusal = checkStatus(status, nowNs())
    if (refusal) throw this.#refuse(refusal, session)
    // What a gateway refused by its signature it has not read: its digest says which one it was.
    const release = await store.releaseOf(Buffer.from(status.releaseSha256).toString('hex'))
    const name = status.name || release?.name
    if (name === undefined || !session.filters.has(name)) return
    const version = status.version || (release?.version ?? 0n)
    // Of a release whose name it has not read it does not say what serves, which is what served.
    const before = status.name === '' ? (await store.state(session.nodeId, name))?.status : undefined
    await store.keepStatus(session.nodeId, name, {
      ...status,
      name,
      version,
      ...(before && { servingVersion: before.servingVersion, servingSha256: before.servingSha256 }),
    })
    if (status.code !== '')
      log.warn(
        { nodeId: session.nodeId, filter: name, version: String(version), code: status.code },
        status.reason,
      )
    onChange()
  }

  async #orderStatus(session: Session, status: OrderStatus): Promise<void> {
    const refusal = checkOrderStatus(status, this.#options.nowNs())
    if (refusal) throw this.#refuse(refusal, session)
    const { store, onChange } = this.#options
    // As with releases: what it has not read, its digest names.
    const digest = Buffer.from(status.orderSha256).toString('hex')
    const order = (await store.orders()).find(({ signed }) => releaseDigest(signed.order) === digest)
    const { name, sequence } = status.name === '' && order ? order : status
    if (!session.filters.has(name)) return
    const before = status.name === '' ? (await store.state(session.nodeId, name))?.order : undefined
    const off = before?.off ?? status.off
    await store.keepOrderStatus(session.nodeId, name, { ...status, name, sequence, off })
    onChange()
  }

  #report(session: Session, report: GatewayReport): void {
    const { nowNs, onChange } = this.#options
    const refusal = checkReport(report)
    if (refusal) throw this.#refuse(refusal, session)
    this.readings.keep(session.nodeId, session.filters, report, nowNs())
    onChange()
  }

  #remove(subscription: Subscription): void {
    for (const [nodeId, session] of this.#sessions) {
      if (session.subscription !== subscription) continue
      this.#sessions.delete(nodeId)
      this.#options.log.info({ nodeId, host: session.host }, 'gateway left')
      this.#options.onChange()
    }
  }

  #refuse(refusal: Refusal, session?: Pick<Session, 'nodeId' | 'host'>): ConnectError {
    this.#options.refusals.add(refusal, { agentId: session?.nodeId, host: session?.host, seq: undefined })
    return new ConnectError(`${refusal.reason}: ${refusal.detail}`, Code.InvalidArgument)
  }
}
