import { ServerError } from '../error.ts'
import type { Statements } from './statements.ts'
import type { AgentIdentity, AgentRow } from './store.ts'

/** Told of processes that have ended without anybody seeing it. */
export type OnEnded = (host: string, key: string, endNs: number) => void

/** The agents of the SQLite store, and how far each was heard. Methods that write run inside a transaction. */
export class AgentTable {
  readonly #statements: Statements
  readonly #agentsMax: number
  readonly #onEnded: OnEnded

  constructor(statements: Statements, agentsMax: number, onEnded: OnEnded) {
    this.#statements = statements
    this.#agentsMax = agentsMax
    this.#onEnded = onEnded
  }

  /** @throws {ServerError} `agent-limit` where it is new, and as many as may be are known */
  admit(agentId: string): void {
    if (!this.#knows(agentId) && this.#count() >= this.#agentsMax)
      throw new ServerError('agent-limit', `${this.#agentsMax} agents are known already`)
  }

  /** Finds or adds an agent that was admitted, and updates what it says of itself. */
  meet({ agentId, host, bootId, version }: AgentIdentity): AgentRow {
    // Nobody was there to see how the processes of an earlier boot ended; they end with what was told last.
    this.#end(
      `UPDATE processes SET end_ns = MAX(start_ns, agents.last_frame_ns) FROM agents
       WHERE agents.agent_id = ? AND agents.boot_id <> ? AND processes.host = agents.host AND end_ns = 0`,
      [agentId, bootId],
    )
    const row = this.#statements
      .prepare(
        `INSERT INTO agents (agent_id, host, boot_id, version, last_seq, last_frame_ns) VALUES (?, ?, ?, ?, 0, 0)
         ON CONFLICT (agent_id) DO UPDATE SET host = excluded.host, boot_id = excluded.boot_id, version = excluded.version
         RETURNING *`,
      )
      .get(agentId, host, bootId, version)!
    return readAgent(row)
  }

  all(): readonly AgentRow[] {
    return this.#statements.prepare('SELECT * FROM agents ORDER BY host, agent_id').all().map(readAgent)
  }

  /** @throws {ServerError} `store` when there is no such agent */
  get(id: number): AgentRow {
    const row = this.#statements.prepare('SELECT * FROM agents WHERE id = ?').get(id)
    if (!row) throw new ServerError('store', `agent ${id} is not known`)
    return readAgent(row)
  }

  /** Notes that a frame was committed, whose window ended then. */
  committed(id: number, seq: number, endNs: number): void {
    this.#statements
      .prepare('UPDATE agents SET last_seq = ?, last_frame_ns = ? WHERE id = ?')
      .run(seq, endNs, id)
  }

  /** Notes that a frame was had without its content. */
  skipped(id: number, seq: number): void {
    this.#statements
      .prepare(
        `UPDATE agents SET last_seq = ?, last_frame_ns = MAX(last_frame_ns, unixepoch('subsec') * 1e9) WHERE id = ?`,
      )
      .run(seq, id)
  }

  /** Removes those heard last before `cutNs` that are not connected. Returns how many of them ever told anything. */
  forget(cutNs: number, connected: ReadonlySet<number>): number {
    const gone = this.#statements
      .prepare('SELECT * FROM agents WHERE last_frame_ns < ?')
      .all(cutNs)
      .map(readAgent)
      .filter(({ id }) => !connected.has(id))
    for (const { id } of gone) {
      // Nobody will tell any more how its processes ended, unless another agent of the host does.
      this.#end(
        `UPDATE processes SET end_ns = MAX(start_ns, agents.last_frame_ns) FROM agents
         WHERE agents.id = ?1 AND processes.host = agents.host AND end_ns = 0
           AND NOT EXISTS (SELECT 1 FROM agents AS other WHERE other.host = processes.host AND other.id <> ?1)`,
        [id],
      )
      this.#statements.prepare('DELETE FROM agents WHERE id = ?').run(id)
    }
    return gone.filter(({ lastFrameNs }) => lastFrameNs > 0).length
  }

  #end(sql: string, parameters: ReadonlyArray<number | string>): void {
    const ended = this.#statements
      .prepare(`${sql} RETURNING processes.host, processes.key, processes.end_ns`)
      .all(...parameters)
    for (const row of ended)
      this.#onEnded(row['host'] as string, row['key'] as string, row['end_ns'] as number)
  }

  #knows(agentId: string): boolean {
    return this.#statements.prepare('SELECT 1 FROM agents WHERE agent_id = ?').get(agentId) !== undefined
  }

  #count(): number {
    return Number(this.#statements.prepare('SELECT COUNT(*) AS n FROM agents').get()!['n'])
  }
}

function readAgent(row: Record<string, unknown>): AgentRow {
  return {
    id: row['id'] as number,
    agentId: row['agent_id'] as string,
    host: row['host'] as string,
    bootId: row['boot_id'] as string,
    version: row['version'] as string,
    lastSeq: row['last_seq'] as number,
    lastFrameNs: row['last_frame_ns'] as number,
  }
}
