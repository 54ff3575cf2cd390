import { Code, ConnectError } from '@connectrpc/connect'
import type { AgentReport, HostCapabilities, SessionResponse } from '@quadrant/proto'
import type { AgentRow } from '../store/store.ts'
import type { Outbox } from './outbox.ts'

/** One agent that is connected. */
export interface Session {
  readonly row: AgentRow
  readonly outbox: Outbox<SessionResponse>
  /** Of its host, from its hello. */
  capabilities: HostCapabilities | undefined
  /** The newest one. */
  report: AgentReport | undefined
}

/** The agents that are connected, one session each. */
export class Sessions {
  /** By the agent's id. */
  readonly #sessions = new Map<string, Session>()

  get(agentId: string): Session | undefined {
    return this.#sessions.get(agentId)
  }

  /** The newest wins: a session that lost its agent without notice must not lock it out. */
  add(session: Session): void {
    const { agentId } = session.row
    this.#sessions
      .get(agentId)
      ?.outbox.end(new ConnectError('replaced by a newer session of this agent', Code.Aborted))
    this.#sessions.set(agentId, session)
  }

  /** Takes out the one whose answers went there; undefined where another has its place. */
  remove(outbox: Outbox<SessionResponse>): Session | undefined {
    for (const [agentId, session] of this.#sessions)
      if (session.outbox === outbox) {
        this.#sessions.delete(agentId)
        return session
      }
    return undefined
  }

  /** The store's ids of their agents. */
  ids(): ReadonlySet<number> {
    return new Set([...this.#sessions.values()].map(({ row }) => row.id))
  }

  /** Tells every agent. */
  tell(message: SessionResponse): void {
    for (const { outbox } of this.#sessions.values()) outbox.push(message)
  }

  endAll(error: ConnectError): void {
    for (const { outbox } of this.#sessions.values()) outbox.end(error)
  }
}
