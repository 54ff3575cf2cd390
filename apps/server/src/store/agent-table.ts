import { ServerError } from '../error.ts'
import type { Statements } from './statements.ts'
import type { AgentIdentity, AgentRow } from './store.ts'

/** The agents of the SQLite store, and how far each was heard. Methods that write run inside a transaction, or alone. */
export class AgentTable {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** Finds or adds an agent, and updates what it says of itself. */
  meet({ agentId, host, bootId, version }: AgentIdentity): AgentRow {
    // Nobody was there to see how the processes of an earlier boot ended; they end with what was told last.
    this.#statements
      .prepare(
        `UPDATE processes SET end_ns = MAX(start_ns, agents.last_frame_ns) FROM agents
         WHERE agents.agent_id = ? AND agents.boot_id <> ? AND processes.host = agents.host AND end_ns = 0`,
      )
      .run(agentId, bootId)
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
    this.#statements.prepare('UPDATE agents SET last_seq = ? WHERE id = ?').run(seq, id)
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
