import type { Finding, Severity } from '@quadrant/proto'
import type { Statements } from './statements.ts'

export const FINDING_TABLES = `
CREATE TABLE findings (
  code TEXT NOT NULL,
  subject TEXT NOT NULL,
  severity INTEGER NOT NULL,
  message TEXT NOT NULL,
  fix TEXT NOT NULL,
  first_ns REAL NOT NULL,
  last_ns REAL NOT NULL,
  count REAL NOT NULL,
  PRIMARY KEY (subject, code)
) STRICT, WITHOUT ROWID;`

/** What persons should know, in the SQLite store: one row for each code and subject, with its last words. */
export class Findings {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  add({ code, subject, severity, message, fix, timeNs }: Finding): void {
    this.#statements
      .prepare(
        `INSERT INTO findings (code, subject, severity, message, fix, first_ns, last_ns, count)
         VALUES (?, ?, ?, ?, ?, ?, ?, 1)
         ON CONFLICT DO UPDATE SET severity = excluded.severity, message = excluded.message, fix = excluded.fix,
           first_ns = MIN(first_ns, excluded.first_ns), last_ns = MAX(last_ns, excluded.last_ns), count = count + 1`,
      )
      .run(code, subject, severity, message, fix, timeNs, timeNs)
  }

  /** Newest first. */
  about(subjects: readonly string[], limit: number): readonly Finding[] {
    return this.#statements
      .prepare(
        'SELECT * FROM findings WHERE subject IN (SELECT value FROM json_each(?)) ORDER BY last_ns DESC, code LIMIT ?',
      )
      .all(JSON.stringify(subjects), limit)
      .map((row) => ({
        $typeName: 'quadrant.v1.Finding',
        code: row['code'] as string,
        subject: row['subject'] as string,
        severity: row['severity'] as Severity,
        message: row['message'] as string,
        fix: row['fix'] as string,
        timeNs: row['last_ns'] as number,
        firstTimeNs: row['first_ns'] as number,
        count: row['count'] as number,
      }))
  }

  /** Removes those that were told last before `cutNs`. */
  removeBefore(cutNs: number): number {
    return Number(this.#statements.prepare('DELETE FROM findings WHERE last_ns < ?').run(cutNs).changes)
  }

  /** Removes the oldest over the limit, and a tenth of it more. */
  shrinkTo(limit: number): number {
    const count = Number(this.#statements.prepare('SELECT COUNT(*) AS n FROM findings').get()!['n'])
    if (count <= limit) return 0
    return Number(
      this.#statements
        .prepare(
          `DELETE FROM findings WHERE (subject, code) IN (
             SELECT subject, code FROM findings ORDER BY last_ns LIMIT ?)`,
        )
        .run(count - limit + Math.ceil(limit / 10)).changes,
    )
  }
}
