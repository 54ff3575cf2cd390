import { DatabaseSync } from 'node:sqlite'
import { ServerError } from '../error.ts'
import { MIGRATIONS } from './migrations.ts'
import { SCHEMA, SCHEMA_VERSION } from './schema.ts'

/**
 * Opens the file of the SQLite store, or makes it with its tables, or brings them up to date. It is held under an exclusive lock, which ends
 * with the process: two servers never share a store.
 *
 * @throws {ServerError} `store` where a newer version wrote it
 * @throws {Error} what SQLite says where it can't be read
 */
export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  try {
    db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;
      PRAGMA trusted_schema = OFF;`)
    const version = db.prepare('PRAGMA user_version').get()!['user_version'] as number
    if (version > SCHEMA_VERSION)
      throw new ServerError('store', `${path} was written by a newer Quadrant (schema ${version})`, {
        fix: 'run the newer version, or start with another --data',
      })
    if (version === 0) db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`)
    else migrate(db, version)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Each step is one transaction with its version: a store is never between two. */
function migrate(db: DatabaseSync, from: number): void {
  for (let version = from; version < SCHEMA_VERSION; version++)
    db.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[version]!} PRAGMA user_version = ${version + 1}; COMMIT;`)
}
