import { create } from '@bufbuild/protobuf'
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect'
import {
  InstructionSchema,
  SessionResponseSchema,
  type AgentReport,
  type HostCapabilities,
  type Instruction,
  type SessionResponse,
} from '@quadrant/proto'
import { ServerError } from '../error.ts'
import type { AgentIdentity, AgentRow } from '../store/store.ts'
import { checkHello } from './check.ts'
import { checkCapabilities, checkReport } from './check-report.ts'
import { isDeparture } from './departure.ts'
import { Frames, type FramesOptions } from './frames.ts'
import { Outbox } from './outbox.ts'
import { Recordings } from './recordings.ts'
import type { Refusal } from './refusal.ts'
import type { Refusals } from './refusals.ts'
import { Sessions, type Session } from './sessions.ts'
import { WireAgentService, type WireRequest } from './wire.ts'

/** Answers that may wait for an agent which does not read: one a frame, so a journal's worth of acknowledgements. */
const OUTBOX_LIMIT = 10_000

export interface AgentsOptions extends FramesOptions {
  readonly refusals: Refusals
}

/** The sessions of all agents, and what each is to observe. */
export class Agents implements Disposable {
  readonly #options: AgentsOptions
  readonly #sessions = new Sessions()
  readonly #recordings: Recordings
  readonly #frames: Frames

  constructor(options: AgentsOptions) {
    this.#options = options
    this.#frames = new Frames(options, (refusal, session, place) =>
      this.#refuse(refusal, session, Code.InvalidArgument, place?.seq),
    )
    this.#recordings = new Recordings({
      nowNs: options.nowNs,
      onEnd: () =>
        void this.#tellAll().catch((error: unknown) =>
          options.log.error({ err: error }, 'agents were not told that a recording has ended'),
        ),
    })
  }

  /** Tells every agent, now and when it connects, over restarts too. */
  async instruct(instruction: Instruction): Promise<void> {
    await this.#options.store.keepInstruction(instruction)
    await this.#tellAll()
  }

  /**
   * Raises the rate of sampling of all agents until a moment. Returns the instruction that they have then.
   *
   * @throws {ServerError} `busy` where too many recordings run
   */
  async record(frequencyHz: number, untilNs: number): Promise<Instruction> {
    if (!this.#recordings.add({ frequencyHz, untilNs }))
      throw new ServerError('busy', 'too many profiles are being recorded', {
        fix: 'wait until one of them has ended',
      })
    return this.#tellAll()
  }

  /** What agents are to observe now. */
  async instruction(): Promise<Instruction> {
    return this.#recordings.apply((await this.#options.store.instruction()) ?? create(InstructionSchema))
  }

  [Symbol.dispose](): void {
    this.#recordings[Symbol.dispose]()
  }

  async #tellAll(): Promise<Instruction> {
    const instruction = await this.instruction()
    this.#sessions.tell(response({ case: 'instruction', value: instruction }))
    return instruction
  }

  isConnected(agentId: string): boolean {
    return this.#sessions.get(agentId) !== undefined
  }

  /** The store's ids of those that are connected. */
  connectedIds(): ReadonlySet<number> {
    return this.#sessions.ids()
  }

  /** Of an agent that is connected: nothing is held in memory for one that has left. */
  report(agentId: string): AgentReport | undefined {
    return this.#sessions.get(agentId)?.report
  }

  /** What the agent said of its host: in its newest report, or when it connected. */
  capabilities(agentId: string): HostCapabilities | undefined {
    const session = this.#sessions.get(agentId)
    return session?.report?.capabilities ?? session?.capabilities
  }

  /** Ends every session; the agents come back when there is a server again. */
  endAll(): void {
    this.#sessions.endAll(new ConnectError('the server stops', Code.Unavailable))
  }

  readonly routes = (router: ConnectRouter): void => {
    router.service(WireAgentService, {
      session: (requests, context) =>
        this.#session(requests as AsyncIterable<{ body: WireRequest }>, context.signal),
    })
  }

  async *#session(
    requests: AsyncIterable<{ body: WireRequest }>,
    signal: AbortSignal,
  ): AsyncGenerator<SessionResponse> {
    const outbox = new Outbox<SessionResponse>(OUTBOX_LIMIT)
    const onAbort = () => outbox.end()
    signal.addEventListener('abort', onAbort, { once: true })
    void this.#read(requests, outbox).then(
      () => outbox.end(),
      (error: unknown) => outbox.end(error),
    )
    try {
      yield* outbox
    } finally {
      signal.removeEventListener('abort', onAbort)
      outbox.end()
      const left = this.#sessions.remove(outbox)
      if (left) this.#options.log.info({ agentId: left.row.agentId, host: left.row.host }, 'agent left')
    }
  }

  async #read(
    requests: AsyncIterable<{ body: WireRequest }>,
    outbox: Outbox<SessionResponse>,
  ): Promise<void> {
    let session: Session | undefined
    const iterator = requests[Symbol.asyncIterator]()
    try {
      while (true) {
        const next = await this.#next(iterator, session)
        if (next.done) return
        const { body } = next.value
        if (!session) session = await this.#begin(body, outbox)
        else if (this.#sessions.get(session.row.agentId) !== session) return
        else if (body.case === 'frame') await this.#frames.take(session, body.value)
        else if (body.case === 'report') this.#report(session, body.value)
        else
          throw this.#refuse(
            { reason: 'protocol', detail: `${body.case ?? 'an empty message'} within a session` },
            session,
          )
      }
    } finally {
      await iterator.return?.()
    }
  }

  /** The next message, or the end where the agent has left; bytes that are none of the protocol's are counted. */
  async #next(
    iterator: AsyncIterator<{ body: WireRequest }>,
    session: Session | undefined,
  ): Promise<IteratorResult<{ body: WireRequest }>> {
    try {
      return await iterator.next()
    } catch (error) {
      // Nothing is wrong with what it said until then.
      if (isDeparture(error)) return { done: true, value: undefined }
      const connectError = ConnectError.from(error)
      if (connectError.code === Code.ResourceExhausted)
        throw this.#refuse(
          { reason: 'too-large', detail: connectError.rawMessage },
          session,
          Code.ResourceExhausted,
        )
      throw this.#refuse({ reason: 'malformed', detail: connectError.rawMessage }, session)
    }
  }

  async #begin(body: WireRequest, outbox: Outbox<SessionResponse>): Promise<Session> {
    if (body.case !== 'hello')
      throw this.#refuse({
        reason: 'protocol',
        detail: `a session begins with hello, not ${body.case ?? 'nothing'}`,
      })
    const hello = body.value
    const refusal = checkHello(hello)
    if (refusal) throw this.#refuse(refusal)
    const { agentId, host, bootId, version, capabilities } = hello
    const instruction = await this.#welcomeInstruction()
    const row = await this.#known({ agentId, host, bootId, version })
    const session: Session = { row, outbox, capabilities: undefined, report: undefined }
    this.#sessions.add(session)
    const unfit = capabilities && checkCapabilities(capabilities)
    // What it tells of connections is worth having all the same.
    if (unfit) this.#count(unfit, session)
    else session.capabilities = capabilities
    outbox.push(
      response({
        case: 'welcome',
        value: { $typeName: 'quadrant.v1.Welcome', lastSeq: row.lastSeq, instruction },
      }),
    )
    this.#options.log.info({ agentId, host, version, lastSeq: row.lastSeq }, 'agent connected')
    return session
  }

  /** undefined until somebody said what to observe. */
  async #welcomeInstruction(): Promise<Instruction | undefined> {
    const kept = await this.#options.store.instruction()
    const instruction = this.#recordings.apply(kept ?? create(InstructionSchema))
    return kept === undefined && instruction.profileHz === 0 ? undefined : instruction
  }

  async #known(identity: AgentIdentity): Promise<AgentRow> {
    try {
      return await this.#options.store.agent(identity)
    } catch (error) {
      if (error instanceof ServerError && error.code === 'agent-limit')
        throw this.#refuse(
          { reason: 'agent-limit', detail: error.message },
          undefined,
          Code.ResourceExhausted,
        )
      throw error
    }
  }

  /** What an agent says of itself; where it is refused, the report before it stays and the session goes on. */
  #report(session: Session, report: AgentReport): void {
    const refusal = checkReport(report)
    if (refusal) this.#count(refusal, session)
    else session.report = report
  }

  #refuse(
    refusal: Refusal,
    session?: Session,
    code: Code = Code.InvalidArgument,
    seq?: number,
  ): ConnectError {
    this.#count(refusal, session, seq)
    return new ConnectError(`${refusal.reason}: ${refusal.detail}`, code)
  }

  #count(refusal: Refusal, session?: Session, seq?: number): void {
    this.#options.refusals.add(refusal, { agentId: session?.row.agentId, host: session?.row.host, seq })
  }
}

function response(body: SessionResponse['body']): SessionResponse {
  return create(SessionResponseSchema, { body })
}
