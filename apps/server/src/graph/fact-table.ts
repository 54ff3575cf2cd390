import type { Fact } from '@quadrant/proto'
import type { Newest } from '../store/runtime-store.ts'
import type { Statements } from '../store/statements.ts'

/** Predicates of which a subject has one object at a time: a new one ends the one before. */
const SINGLE = new Set(['runs'])

/**
 * What is known of coordinates: for what time it holds, and since when it was known. `valid_from_ns` is 0 for what has
 * no beginning, `valid_to_ns` for what still holds.
 */
export const FACT_TABLES = `
CREATE TABLE facts (
  id INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  predicate TEXT NOT NULL,
  object TEXT NOT NULL,
  source TEXT NOT NULL,
  observed_ns REAL NOT NULL,
  digest TEXT NOT NULL,
  valid_from_ns REAL NOT NULL,
  valid_to_ns REAL NOT NULL,
  told_ns REAL NOT NULL -- when the server was told it first
) STRICT;
CREATE UNIQUE INDEX facts_subject ON facts (subject, predicate, object, valid_from_ns);
CREATE INDEX facts_object ON facts (object);
CREATE INDEX facts_ended ON facts (valid_to_ns) WHERE valid_to_ns > 0;`

/** Facts in the SQLite store. Methods that write run inside a transaction. */
export class FactTable {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** Adds a fact, or joins it with what was told of the same before: told again it changes nothing. */
  add(fact: Fact, toldNs: number): void {
    const { subject, predicate, object, evidence, validFromNs } = fact
    const touching = this.#touching(fact)
    const fromNs = Math.min(validFromNs, ...touching.map(({ fromNs: from }) => from))
    // What is told last of its end is right; an end that was told before is only moved back.
    const ended = touching.map(({ toNs }) => toNs)
    const toNs = fact.validToNs === 0 ? 0 : Math.max(fact.validToNs, ...ended)
    const [kept, ...joined] = touching
    for (const { id } of joined) this.#statements.prepare('DELETE FROM facts WHERE id = ?').run(id)
    const about = [evidence?.source ?? '', evidence?.observedAtNs ?? 0, evidence?.digest ?? ''] as const
    if (kept)
      this.#statements
        .prepare(
          `UPDATE facts SET source = ?, observed_ns = ?, digest = ?, valid_from_ns = ?, valid_to_ns = ? WHERE id = ?`,
        )
        .run(...about, fromNs, toNs, kept.id)
    else
      this.#statements
        .prepare(
          `INSERT INTO facts (subject, predicate, object, source, observed_ns, digest, valid_from_ns, valid_to_ns, told_ns)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(subject, predicate, object, ...about, fromNs, toNs, toldNs)
    if (SINGLE.has(predicate) && toNs === 0) this.#endOthers(fact)
  }

  /** Ends all that holds of a subject: it is no more. */
  end(subject: string, endNs: number): void {
    this.#statements
      .prepare('UPDATE facts SET valid_to_ns = MAX(valid_from_ns, ?) WHERE subject = ? AND valid_to_ns = 0')
      .run(endNs, subject)
  }

  /** Ends what holds of this kind about an object, but of these subjects. */
  endOf(predicate: string, object: string, but: ReadonlySet<string>, endNs: number): void {
    this.#statements
      .prepare(
        `UPDATE facts SET valid_to_ns = MAX(valid_from_ns, ?) WHERE predicate = ? AND object = ? AND valid_to_ns = 0
           AND subject NOT IN (SELECT value FROM json_each(?))`,
      )
      .run(endNs, predicate, object, JSON.stringify([...but]))
  }

  /** With the coordinate as subject, then as object, that hold at a moment. */
  about(coordinate: string, atNs: number, limit: number): Newest<Fact> {
    const matching = `FROM facts WHERE (subject = ?1 OR object = ?1)
      AND valid_from_ns <= ?2 AND (valid_to_ns = 0 OR valid_to_ns > ?2)`
    const rows = this.#statements
      .prepare(`SELECT * ${matching} ORDER BY subject <> ?1, predicate, subject, object LIMIT ?3`)
      .all(coordinate, atNs, limit)
    const count =
      rows.length < limit
        ? rows.length
        : Number(this.#statements.prepare(`SELECT COUNT(*) AS n ${matching}`).get(coordinate, atNs)!['n'])
    return { rows: rows.map(readFact), omittedCount: count - rows.length }
  }

  /** Removes what ended before `cutNs`. */
  removeBefore(cutNs: number): number {
    return Number(
      this.#statements.prepare('DELETE FROM facts WHERE valid_to_ns > 0 AND valid_to_ns < ?').run(cutNs)
        .changes,
    )
  }

  /** Over the limit: first what ended the longest ago, then what was told the longest ago. */
  shrinkTo(limit: number): number {
    const count = Number(this.#statements.prepare('SELECT COUNT(*) AS n FROM facts').get()!['n'])
    if (count <= limit) return 0
    return Number(
      this.#statements
        .prepare(
          `DELETE FROM facts WHERE id IN (
             SELECT id FROM facts ORDER BY valid_to_ns = 0, valid_to_ns, id LIMIT ?)`,
        )
        .run(count - limit + Math.ceil(limit / 10)).changes,
    )
  }

  /** The same fact for times that overlap or follow without a gap. */
  #touching(fact: Fact): { readonly id: number; readonly fromNs: number; readonly toNs: number }[] {
    return this.#statements
      .prepare(
        `SELECT id, valid_from_ns, valid_to_ns FROM facts WHERE subject = ?1 AND predicate = ?2 AND object = ?3
           AND (valid_to_ns = 0 OR valid_to_ns >= ?4) AND (?5 = 0 OR valid_from_ns <= ?5) ORDER BY valid_from_ns`,
      )
      .all(fact.subject, fact.predicate, fact.object, fact.validFromNs, fact.validToNs)
      .map((row) => ({
        id: row['id'] as number,
        fromNs: row['valid_from_ns'] as number,
        toNs: row['valid_to_ns'] as number,
      }))
  }

  #endOthers({ subject, predicate, object, validFromNs, evidence }: Fact): void {
    this.#statements
      .prepare(
        // Where both are told from the start of their subject on, it changed until the later was seen.
        `UPDATE facts SET valid_to_ns = MAX(valid_from_ns, CASE WHEN valid_from_ns < ?4 THEN ?4 ELSE ?5 END)
         WHERE subject = ?1 AND predicate = ?2 AND object <> ?3 AND valid_to_ns = 0`,
      )
      .run(subject, predicate, object, validFromNs, evidence?.observedAtNs ?? validFromNs)
  }
}

function readFact(row: Record<string, unknown>): Fact {
  return {
    $typeName: 'quadrant.v1.Fact',
    subject: row['subject'] as string,
    predicate: row['predicate'] as string,
    object: row['object'] as string,
    evidence: {
      $typeName: 'quadrant.v1.Evidence',
      source: row['source'] as string,
      observedAtNs: row['observed_ns'] as number,
      digest: row['digest'] as string,
    },
    validFromNs: row['valid_from_ns'] as number,
    validToNs: row['valid_to_ns'] as number,
  }
}
