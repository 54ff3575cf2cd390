import { setTimeout as sleep } from 'node:timers/promises'
import { Code } from '@connectrpc/connect'
import { Backoff, WakeUp, type BackoffOptions } from '@quadrant/core'
import type { AgentReport } from '@quadrant/proto'
import type { Journal } from '../journal/journal.ts'
import type { Log } from '../log.ts'
import { runSession, type SessionEnd, type SessionOptions } from './session.ts'
import { SocketSession } from './socket-session.ts'

/** Frames may be refused for what they are, or by chance: so often the same one is offered. */
const REFUSALS_MAX = 3

/** Larger frames may be too large for the server; smaller ones are not why it ran out of something. */
const LARGE_FRAME_BYTES = 1 << 20

export interface ServerLinkOptions extends Pick<
  SessionOptions,
  'hello' | 'onServerForgot' | 'onInstruction' | 'welcomeTimeoutMs' | 'stallTimeoutMs'
> {
  /** The server's unix socket. */
  readonly socketPath: string
  readonly log: Log
  readonly backoff?: BackoffOptions
}

/** Keeps a session with the server, again and again, until it is disposed. */
export class ServerLink implements AsyncDisposable {
  readonly #journal: Journal
  readonly #options: ServerLinkOptions
  readonly #stop = new AbortController()
  readonly #wakeUp = new WakeUp()
  readonly #running: Promise<void>
  #isConnected = false
  #report: AgentReport | undefined
  #lastRefused: { seq: number; times: number } = { seq: 0, times: 0 }

  constructor(journal: Journal, options: ServerLinkOptions) {
    this.#journal = journal
    this.#options = options
    this.#running = this.#run()
  }

  /** Whether a server has welcomed us and is there. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  /** Frames were added to the journal. */
  wake(): void {
    this.#wakeUp.notify()
  }

  /** Sends the report, in the place of an older one that was not sent yet. */
  report(report: AgentReport): void {
    this.#report = report
    this.#wakeUp.notify()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const backoff = new Backoff(this.#options.backoff)
    let isAway = false
    while (!this.#stop.signal.aborted) {
      const end = await this.#runOnce(() => {
        this.#isConnected = true
        if (isAway) this.#options.log.info({ firstSeq: this.#journal.firstSeq }, 'server is back')
        isAway = false
      })
      this.#isConnected = false
      if (this.#stop.signal.aborted) return
      if (!isAway)
        this.#options.log.warn({ code: Code[end.error.code], reason: end.error.rawMessage }, 'server is away')
      isAway = true
      this.#noteRefusal(end)
      if (end.madeProgress) backoff.reset()
      await sleep(backoff.nextMs(), undefined, { signal: this.#stop.signal }).catch(() => {})
    }
  }

  async #runOnce(onWelcome: () => void): Promise<SessionEnd> {
    using connection = new SocketSession(this.#options.socketPath)
    const { hello, onServerForgot, onInstruction, welcomeTimeoutMs, stallTimeoutMs } = this.#options
    return await runSession(connection.transport, this.#journal, {
      hello,
      onServerForgot,
      onInstruction,
      onWelcome,
      takeReport: () => {
        const report = this.#report
        this.#report = undefined
        return report
      },
      wakeUp: this.#wakeUp,
      signal: this.#stop.signal,
      welcomeTimeoutMs,
      stallTimeoutMs,
    })
  }

  /** A frame that the server refuses each time it is offered would hold up all that come after it. */
  #noteRefusal({ error, firstInFlight }: SessionEnd): void {
    const isRefusal =
      error.code === Code.InvalidArgument ||
      (error.code === Code.ResourceExhausted && (firstInFlight?.bytes ?? 0) >= LARGE_FRAME_BYTES)
    if (!isRefusal || !firstInFlight) return
    const { seq } = firstInFlight
    this.#lastRefused = { seq, times: this.#lastRefused.seq === seq ? this.#lastRefused.times + 1 : 1 }
    if (this.#lastRefused.times < REFUSALS_MAX || this.#journal.firstSeq !== seq) return
    this.#options.log.error({ seq, reason: error.rawMessage }, 'server refuses a frame: given up and counted')
    this.#journal.refuseFirst()
  }
}
