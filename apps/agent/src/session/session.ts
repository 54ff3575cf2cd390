import { create } from '@bufbuild/protobuf'
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import type { WakeUp } from '@quadrant/core'
import {
  AgentService,
  type AgentReport,
  type Hello,
  type Instruction,
  type SessionRequest,
  SessionRequestSchema,
  type SessionResponse,
} from '@quadrant/proto'
import { AgentError } from '../agent-error.ts'
import type { Journal } from '../journal/journal.ts'
import { frameMessage } from './frame-message.ts'
import { InFlight } from './in-flight.ts'

export interface SessionOptions {
  readonly hello: () => Hello
  /** The server acknowledged more in the past than it knows now: it must be told every process again. */
  readonly onServerForgot: () => void
  readonly onInstruction: (instruction: Instruction) => void
  readonly onWelcome: () => void
  /** The newest report that was not sent, if any; reports that a slow server misses are not kept. */
  readonly takeReport: () => AgentReport | undefined
  /** Told when there may be something to send. */
  readonly wakeUp: WakeUp
  /** Ends the session. */
  readonly signal: AbortSignal
  /** Default 10,000 ms. */
  readonly welcomeTimeoutMs?: number
  /** So long may frames stay unacknowledged without any message from the server; default 30,000 ms. */
  readonly stallTimeoutMs?: number
}

export interface SessionEnd {
  readonly error: ConnectError
  readonly wasWelcomed: boolean
  /** Whether the server acknowledged a frame. */
  readonly madeProgress: boolean
  /** The frame that the server was busy with when it ended the session. */
  readonly firstInFlight: { readonly seq: number; readonly bytes: number } | undefined
}

/** Talks to the server until one of the two ends it. Never throws. */
export async function runSession(
  transport: Transport,
  journal: Journal,
  options: SessionOptions,
): Promise<SessionEnd> {
  const session = new Session(journal, options)
  const responses = createClient(AgentService, transport).session(session.requests(), {
    signal: session.signal,
  })
  let error: ConnectError
  try {
    for await (const response of responses) session.receive(response)
    error = new ConnectError('the server ended the session', Code.Unavailable)
  } catch (thrown) {
    error = ConnectError.from(session.failure ?? thrown, Code.Internal)
  }
  session.end()
  return {
    error,
    wasWelcomed: session.wasWelcomed,
    madeProgress: session.madeProgress,
    firstInFlight: session.inFlight.first,
  }
}

class Session {
  readonly inFlight: InFlight
  readonly signal: AbortSignal
  wasWelcomed = false
  madeProgress = false
  /** Why we ended it ourselves. */
  failure: Error | undefined
  readonly #journal: Journal
  readonly #options: SessionOptions
  readonly #abort = new AbortController()
  #watchdog: NodeJS.Timeout | undefined
  #isEnded = false

  constructor(journal: Journal, options: SessionOptions) {
    this.#journal = journal
    this.#options = options
    this.inFlight = new InFlight(journal.windowBytes)
    this.signal = AbortSignal.any([this.#abort.signal, options.signal])
    this.#watch(options.welcomeTimeoutMs ?? 10_000, 'the server did not welcome us in time')
  }

  async *requests(): AsyncGenerator<SessionRequest> {
    yield create(SessionRequestSchema, { body: { case: 'hello', value: this.#options.hello() } })
    while (!this.#isEnded) {
      const request = this.#nextRequest()
      if (request) yield request
      else await this.#options.wakeUp.wait()
    }
  }

  /** @throws {AgentError} `protocol` */
  receive({ body }: SessionResponse): void {
    if (body.case === 'welcome') this.#receiveWelcome(body.value.lastSeq, body.value.instruction)
    // A server newer than us may say things we do not know.
    else if (body.case === undefined) return
    else if (!this.wasWelcomed) throw this.#violation(`${body.case} before welcome`)
    else if (body.case === 'ack') this.#receiveAck(body.value.seq)
    else this.#options.onInstruction(body.value)
  }

  end(): void {
    this.#isEnded = true
    clearTimeout(this.#watchdog)
    this.#abort.abort()
    this.#options.wakeUp.notify()
  }

  #nextRequest(): SessionRequest | undefined {
    if (!this.wasWelcomed) return undefined
    const report = this.#options.takeReport()
    if (report) return create(SessionRequestSchema, { body: { case: 'report', value: report } })
    const frame = this.inFlight.hasRoom ? this.#journal.next() : undefined
    if (!frame) return undefined
    if (this.inFlight.isEmpty) this.#watchStall()
    this.inFlight.add(frame.seq, frame.batch.length)
    return frameMessage(frame.seq, frame.batch)
  }

  #receiveWelcome(lastSeq: number, instruction: Instruction | undefined): void {
    if (this.wasWelcomed) throw this.#violation('a second welcome')
    if (!Number.isSafeInteger(lastSeq) || lastSeq < 0)
      throw this.#violation(`welcome with last_seq ${lastSeq}`)
    this.wasWelcomed = true
    clearTimeout(this.#watchdog)
    const { serverForgot } = this.#journal.resume(lastSeq)
    this.#options.onWelcome()
    if (serverForgot) this.#options.onServerForgot()
    if (instruction) this.#options.onInstruction(instruction)
    this.#options.wakeUp.notify()
  }

  #receiveAck(seq: number): void {
    if (!Number.isSafeInteger(seq) || seq < 0 || seq > this.#journal.sentSeq)
      throw this.#violation(`ack ${seq}, and ${this.#journal.sentSeq} is the last frame sent`)
    // The same one twice, or an older one, says nothing new.
    this.#journal.acknowledge(seq)
    this.inFlight.acknowledge(seq)
    this.madeProgress = true
    if (this.inFlight.isEmpty) clearTimeout(this.#watchdog)
    else this.#watchStall()
    this.#options.wakeUp.notify()
  }

  #watchStall(): void {
    this.#watch(this.#options.stallTimeoutMs ?? 30_000, 'the server does not acknowledge frames')
  }

  #watch(timeoutMs: number, message: string): void {
    clearTimeout(this.#watchdog)
    this.#watchdog = setTimeout(() => {
      this.failure = new ConnectError(message, Code.DeadlineExceeded)
      this.#abort.abort()
    }, timeoutMs)
    this.#watchdog.unref()
  }

  #violation(what: string): AgentError {
    return new AgentError('protocol', `the server broke the agent protocol: ${what}`)
  }
}
