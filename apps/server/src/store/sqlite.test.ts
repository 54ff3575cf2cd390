import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
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
  const store = stack.use(openSqliteStore(path, limits))
  return {
    store,
    reopen: async () => {
      await store[Symbol.asyncDispose]()
      return stack.use(openSqliteStore(path, limits))
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
})

test('a store that another server has open is refused', async () => {
  using dir = new TemporaryDir()
  const path = join(dir.path, 'store.db')
  {
    await using _first = openSqliteStore(path, DEFAULT_STORE_LIMITS)
    assert.throws(() => openSqliteStore(path, DEFAULT_STORE_LIMITS), /another server has .* open/)
  }
  await using _second = openSqliteStore(path, DEFAULT_STORE_LIMITS)
})

test('a file that is no store is refused with what to do', () => {
  using dir = new TemporaryDir()
  const path = join(dir.path, 'store.db')
  writeFileSync(path, 'not a database, and longer than its header of a hundred bytes'.repeat(9))
  assert.throws(
    () => openSqliteStore(path, DEFAULT_STORE_LIMITS),
    (error: ServerError) => /not a database/.test(error.message) && /move that file/.test(error.fix!),
  )
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
