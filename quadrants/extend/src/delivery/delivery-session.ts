import { setTimeout as sleep } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { BoundedQueue, WakeUp } from '@quadrant/core'
import {
  FilterDeliveryService,
  SubscribeRequestSchema,
  type GatewayHello,
  type GatewayReport,
  type SubscribeRequest,
  type SubscribeResponse,
} from '@quadrant/proto'
import type { FilterDelivery } from './filter-delivery.ts'

/** Told and not sent yet: some for each filter. A server that reads no more is left. */
const OUTBOX_MAX = 1000

/** Each costs a verification, on a thread that serves: a server with so many has lost its mind. */
const REFUSALS_MAX = 100

export interface DeliverySessionOptions {
  readonly hello: () => GatewayHello
  readonly onWelcome: () => void
  readonly signal: AbortSignal
  /** Default 10,000 ms. */
  readonly welcomeTimeoutMs?: number | undefined
  /** So long may a part of a module take that was asked for; default 30,000 ms. */
  readonly stallTimeoutMs?: number | undefined
  /** What the gateway counts now; undefined: it is told to nobody. */
  readonly report?: (() => Promise<GatewayReport>) | undefined
  /** Default 3000 ms. */
  readonly reportIntervalMs?: number | undefined
}

export interface DeliverySessionEnd {
  readonly error: ConnectError
  /** It was welcomed, and did nothing wrong: it may come back soon. */
  readonly wasSound: boolean
}

/** Talks to a server until one of the two ends it. Never throws. */
export async function runDeliverySession<Prepared>(
  transport: Transport,
  delivery: FilterDelivery<Prepared>,
  options: DeliverySessionOptions,
): Promise<DeliverySessionEnd> {
  const session = new Session(delivery, options)
  delivery.connect(session)
  try {
    const responses = createClient(FilterDeliveryService, transport).subscribe(session.requests(), {
      signal: session.signal,
    })
    for await (const response of responses) await session.receive(response)
    const error = new ConnectError('the server ended the session', Code.Unavailable)
    return { error, wasSound: session.wasWelcomed }
  } catch (thrown) {
    const error = ConnectError.from(session.failure ?? thrown, Code.Internal)
    return { error, wasSound: session.wasWelcomed && !session.failure }
  } finally {
    delivery.connect(undefined)
    session.end()
  }
}

class Session<Prepared> {
  readonly signal: AbortSignal
  /** Why we ended it ourselves, by a fault of the server's. */
  failure: ConnectError | undefined
  wasWelcomed = false
  readonly #delivery: FilterDelivery<Prepared>
  readonly #options: DeliverySessionOptions
  readonly #abort = new AbortController()
  readonly #wakeUp = new WakeUp()
  readonly #outbox = new BoundedQueue<SubscribeRequest>(OUTBOX_MAX)
  /** Not sent yet: the next takes its place. */
  #report: GatewayReport | undefined
  #watchdog: NodeJS.Timeout | undefined
  #refusalCount = 0
  #isEnded = false

  constructor(delivery: FilterDelivery<Prepared>, options: DeliverySessionOptions) {
    this.#delivery = delivery
    this.#options = options
    this.signal = AbortSignal.any([this.#abort.signal, options.signal])
    this.#watch(options.welcomeTimeoutMs ?? 10_000, 'the server did not welcome us in time')
  }

  readonly onStatus = (value: Extract<SubscribeRequest['body'], { case: 'status' }>['value']): void =>
    this.#push({ case: 'status', value })
  readonly onOrder = (value: Extract<SubscribeRequest['body'], { case: 'order' }>['value']): void =>
    this.#push({ case: 'order', value })
  readonly onWant = (): void => this.#wakeUp.notify()

  async *requests(): AsyncGenerator<SubscribeRequest> {
    yield request({ case: 'hello', value: this.#options.hello() })
    while (!this.#isEnded) {
      const next = this.#next()
      if (next) yield next
      else await this.#wakeUp.wait()
    }
  }

  async receive({ body }: SubscribeResponse): Promise<void> {
    if (body.case === undefined) return // A server newer than us may say things we do not know.
    if (body.case === 'welcome') return this.#receiveWelcome()
    if (!this.wasWelcomed) throw this.#violation(`${body.case} before welcome`)
    if (body.case === 'chunk') {
      clearTimeout(this.#watchdog)
      await this.#delivery.chunk(body.value)
      if (this.#delivery.isWaitingForModule) this.#watchStall()
      this.#wakeUp.notify()
      return
    }
    const isTaken =
      body.case === 'order' ? await this.#delivery.order(body.value) : this.#delivery.offer(body.value)
    if (isTaken || ++this.#refusalCount < REFUSALS_MAX) return
    throw this.#violation(`${REFUSALS_MAX} of its releases and orders were refused`)
  }

  end(): void {
    this.#isEnded = true
    clearTimeout(this.#watchdog)
    this.#abort.abort()
    this.#wakeUp.notify()
  }

  #next(): SubscribeRequest | undefined {
    if (!this.wasWelcomed) return undefined
    const told = this.#outbox.shift()
    if (told) return told
    if (this.#report) {
      const value = this.#report
      this.#report = undefined
      return request({ case: 'report', value })
    }
    const fetch = this.#delivery.nextFetch()
    if (!fetch) return undefined
    this.#watchStall()
    return request({ case: 'fetch', value: fetch })
  }

  #receiveWelcome(): void {
    if (this.wasWelcomed) throw this.#violation('a second welcome')
    this.wasWelcomed = true
    clearTimeout(this.#watchdog)
    for (const status of this.#delivery.statuses()) this.onStatus(status)
    this.#options.onWelcome()
    this.#wakeUp.notify()
    if (this.#options.report) void this.#keepReporting(this.#options.report)
  }

  async #keepReporting(report: () => Promise<GatewayReport>): Promise<void> {
    const { signal } = this
    while (!signal.aborted) {
      // Threads that are about to end tell nothing; the next report does.
      this.#report = await report().catch(() => undefined)
      this.#wakeUp.notify()
      await sleep(this.#options.reportIntervalMs ?? 3000, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  #push(body: SubscribeRequest['body']): void {
    if (!this.#outbox.push(request(body))) this.#fail('the server does not read what it is told')
    this.#wakeUp.notify()
  }

  #watchStall(): void {
    this.#watch(this.#options.stallTimeoutMs ?? 30_000, 'the server sends nothing of a module')
  }

  #watch(timeoutMs: number, message: string): void {
    clearTimeout(this.#watchdog)
    this.#watchdog = setTimeout(() => this.#fail(message), timeoutMs)
    this.#watchdog.unref()
  }

  #violation(what: string): ConnectError {
    this.failure = new ConnectError(`the server broke the protocol: ${what}`, Code.InvalidArgument)
    return this.failure
  }

  #fail(message: string): void {
    this.failure ??= new ConnectError(message, Code.DeadlineExceeded)
    this.#abort.abort()
  }
}

function request(body: SubscribeRequest['body']): SubscribeRequest {
  return create(SubscribeRequestSchema, { body })
}
