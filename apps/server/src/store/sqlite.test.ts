import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { ServerError } from '../error.ts'
import { EPOCH, secondOf } from '../testing/batch.ts'
import { checked } from '../testing/checked.ts'
import { everything, IDENTITY, PAGE } from '../testing/opened-store.ts'
import { runtimeOf, WEB_BUILD } from '../testing/runtime-batch.ts'
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

const V1 = readFileSync(new URL('../testing/store-v1.sql', import.meta.url), 'utf8')

test('a store of version 1 keeps what it has, and takes in what runtimes did', async () => {
  using dir = new TemporaryDir()
  const path = join(dir.path, 'store.db')
  const old = new DatabaseSync(path)
  old.exec(V1)
  old.close()
  for (const open of ['first', 'again']) {
    await using store = openSqliteStore(path, DEFAULT_STORE_LIMITS)
    const [sum] = await everything(store)
    assert.equal(sum!.totals.opened, 3, open)
    assert.equal((await store.flowSegments({ startNs: 0, endNs: Infinity }, PAGE)).length, 3)
    assert.equal((await store.instruction())!.udpBytes, true)
    const { id, lastSeq } = await store.agent(IDENTITY)
    assert.equal(lastSeq, open === 'first' ? 3 : 4)
    await store.commit(id, 4, checked(secondOf(3, { edges: [], runtime: runtimeOf(3) })))
    const { rows } = await store.runtime.facts(WEB_BUILD, (EPOCH + 9) * 1e9, 10)
    assert.deepEqual(
      rows.map(({ subject }) => subject),
      ['proc:alpha/1@1'],
    )
  }
  const db = new DatabaseSync(path)
  assert.equal(db.prepare('PRAGMA user_version').get()!['user_version'], SCHEMA_VERSION)
  const fresh = join(dir.path, 'fresh.db')
  await openSqliteStore(fresh, DEFAULT_STORE_LIMITS)[Symbol.asyncDispose]()
  const made = new DatabaseSync(fresh)
  // White space and comments do not make a table another one.
  const tables = (one: DatabaseSync) =>
    one
      .prepare('SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name')
      .all()
      .map(({ name, sql }) => [name, String(sql).replace(/\s+/g, ' ')])
  assert.deepEqual(tables(db), tables(made))
  db.close()
  made.close()
})

test('a migration that is cut off leaves the old store', () => {
  using dir = new TemporaryDir()
  const path = join(dir.path, 'store.db')
  const old = new DatabaseSync(path)
  // Its last table is there already, so the last step fails.
  old.exec(`${V1} CREATE TABLE profile_windows (id INTEGER);`)
  old.close()
  assert.throws(() => openSqliteStore(path, DEFAULT_STORE_LIMITS), /profile_windows already exists/)
  const db = new DatabaseSync(path)
  assert.equal(db.prepare('PRAGMA user_version').get()!['user_version'], 1)
  assert.equal(db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'facts'").get(), undefined)
  db.close()
})
