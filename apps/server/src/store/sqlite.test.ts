import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { ServerError } from '../error.ts'
import { TemporaryDir } from '../testing/temporary.ts'
import { SCHEMA_VERSION } from './schema.ts'
import { openSqliteStore } from './sqlite.ts'
import { storeCases } from './store.case.ts'
import { DEFAULT_STORE_LIMITS } from './store.ts'

storeCases('SQLite store', async (limits) => {
  const dir = new TemporaryDir()
  const path = join(dir.path, 'store.db')
  const stack = new AsyncDisposableStack()
  stack.use(dir)
  return {
    store: stack.use(openSqliteStore(path, limits)),
    reopen: async () => stack.use(openSqliteStore(path, limits)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
})

test('a store of a newer version is refused with what to do', () => {
  using dir = new TemporaryDir()
  const path = join(dir.path, 'store.db')
  const db = new DatabaseSync(path)
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`)
  db.close()
  assert.throws(
    () => openSqliteStore(path, DEFAULT_STORE_LIMITS),
    (error: ServerError) => error.code === 'store' && error.fix !== undefined,
  )
})
