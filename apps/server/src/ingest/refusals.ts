import type { Logger } from 'pino'
import type { Drop } from '@quadrant/proto'
import type { Refusal, RefusalReason } from './refusal.ts'

/** One line a second and reason at most: a hostile peer must not fill the disk with logs. */
const LOG_INTERVAL_MS = 1000

/** Counts and logs the messages of agents that were not accepted. */
export class Refusals {
  readonly #log: Logger
  readonly #now: () => number
  readonly #counts = new Map<RefusalReason, number>()
  readonly #loggedAt = new Map<RefusalReason, number>()

  /** `now` in milliseconds. */
  constructor(log: Logger, now: () => number) {
    this.#log = log
    this.#now = now
  }

  add({ reason, detail }: Refusal, about: { agentId?: string; host?: string; seq?: number }): void {
    const count = (this.#counts.get(reason) ?? 0) + 1
    this.#counts.set(reason, count)
    const now = this.#now()
    if (now - (this.#loggedAt.get(reason) ?? -Infinity) < LOG_INTERVAL_MS) return
    this.#loggedAt.set(reason, now)
    this.#log.warn({ reason, detail, count, ...about }, 'message refused')
  }

  list(): Drop[] {
    return [...this.#counts].map(([reason, count]) => ({ stage: 'server.ingest', reason, count }))
  }
}
