import type { ConnectionCounts } from '../model/connection-counts.ts'
import type { Tally } from '../model/tally.ts'
import type { TracerSource } from './tracer-source.ts'

/** Brings counts that only grow into a tally of what each window saw and lost. */
export class LossTally {
  readonly #tally: Tally
  readonly #last = new Map<string, number>()

  constructor(tally: Tally) {
    this.#tally = tally
  }

  /** Socket records, and those that the connection table could not take. */
  countConnections(counts: ConnectionCounts): void {
    const seen = this.#increase('seen', counts.seen)
    const lost = this.#increase('connection-limit', counts.connectionLimit)
    const unknown = this.#increase('unknown-kind', counts.unknownKind)
    const messages = this.#increase('message-limit', counts.messageLimit)
    this.#tally.stage('tracer.connections', seen, seen - lost - unknown - messages)
    this.#tally.drop('tracer.connections', 'connection-limit', lost)
    this.#tally.drop('tracer.connections', 'unknown-kind', unknown)
    this.#tally.drop('tracer.connections', 'message-limit', messages)
  }

  /** @param limitCount processes that found no room */
  countProcesses(limitCount: number): void {
    this.#tally.drop('tracer.processes', 'process-limit', this.#increase('process-limit', limitCount))
  }

  /** What a source saw and lost. */
  countSource(source: Pick<TracerSource, 'drops' | 'stages'>): void {
    for (const { stage, reason, count } of source.drops())
      this.#tally.drop(stage, reason, this.#increase(`${stage}/${reason}`, count))
    for (const { stage, seen, kept } of source.stages())
      this.#tally.stage(stage, this.#increase(`${stage} seen`, seen), this.#increase(`${stage} kept`, kept))
  }

  #increase(key: string, total: number): number {
    const before = this.#last.get(key) ?? 0
    this.#last.set(key, total)
    // What was opened anew counts from the beginning.
    return total < before ? total : total - before
  }
}
