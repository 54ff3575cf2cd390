import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { BuildSchema, type Build } from '@quadrant/proto'
import { MessageColumns } from './message-columns.ts'
import type { Statements } from './statements.ts'

/** No build that came in a frame is larger when it is unpacked. */
const BUILD_BYTES_MAX = 16 << 20

export const BUILD_TABLES = `
CREATE TABLE builds (
  id INTEGER PRIMARY KEY,
  build TEXT NOT NULL UNIQUE, -- its coordinate
  body BLOB NOT NULL -- quadrant.v1.Build, zstd
) STRICT;
CREATE TABLE process_builds (
  process INTEGER NOT NULL,
  build TEXT NOT NULL,
  told_ns REAL NOT NULL, -- when it was told last that it runs this
  PRIMARY KEY (process, build)
) STRICT, WITHOUT ROWID;`

/** Executables, and who ran which, in the SQLite store. */
export class Builds {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  put(build: Build): void {
    this.#statements
      .prepare(
        'INSERT INTO builds (build, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
      )
      .run(build.id, zstdCompressSync(toBinary(BuildSchema, build)))
  }

  /** @param process the store's id */
  runs(process: number, build: string, toldNs: number): void {
    this.#statements
      .prepare(
        `INSERT INTO process_builds VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET told_ns = MAX(told_ns, excluded.told_ns)`,
      )
      .run(process, build, toldNs)
  }

  of(processes: readonly number[]): ReadonlyMap<number, string> {
    const rows = MessageColumns.rows(
      this.#statements,
      `SELECT process, build FROM process_builds
       WHERE process IN (SELECT value FROM json_each(?)) ORDER BY told_ns`,
      [JSON.stringify(processes)],
    )
    // A process that executed another file runs the later one.
    return new Map(rows.map(([process, build]) => [process as number, build as string]))
  }

  get(ids: readonly string[]): readonly Build[] {
    const statement = this.#statements.prepare('SELECT body FROM builds WHERE build = ?')
    return ids.flatMap((id) => {
      const row = statement.get(id)
      if (!row) return []
      const body = zstdDecompressSync(row['body'] as Uint8Array, { maxOutputLength: BUILD_BYTES_MAX })
      return [fromBinary(BuildSchema, body)]
    })
  }

  /** Over the limit: first those that no process ran that is still known, then the oldest. */
  shrinkTo(limit: number): number {
    const count = Number(MessageColumns.rows(this.#statements, 'SELECT COUNT(*) FROM builds', [])[0]![0])
    if (count <= limit) return 0
    this.forgetProcesses()
    return Number(
      this.#statements
        .prepare(
          `DELETE FROM builds WHERE id IN (
             SELECT id FROM builds ORDER BY build IN (SELECT build FROM process_builds), id LIMIT ?)`,
        )
        .run(count - limit + Math.ceil(limit / 10)).changes,
    )
  }

  /** Forgets what processes ran that are known no more. */
  forgetProcesses(): void {
    this.#statements
      .prepare('DELETE FROM process_builds WHERE process NOT IN (SELECT id FROM processes)')
      .run()
  }
}
