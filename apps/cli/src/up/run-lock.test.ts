import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RunLock } from './run-lock.ts'

const data = mkdtempSync(join(tmpdir(), 'quadrant-lock-'))
const file = join(data, 'up.json')
after(() => rmSync(data, { recursive: true, force: true }))

test('one at a time, and free again after', () => {
  const first = RunLock.take(data)
  assert.ok(first instanceof RunLock)
  assert.deepEqual(RunLock.take(data), { heldBy: process.pid })
  first[Symbol.dispose]()
  assert.equal(existsSync(file), false)
})

test('what a killed process left is taken over', () => {
  const check = (left: string) => {
    writeFileSync(file, left)
    const lock = RunLock.take(data)
    assert.ok(lock instanceof RunLock, left)
    lock[Symbol.dispose]()
  }
  check('')
  check('{"pid":1}')
  check('not json')
  check('{"pid":4194999,"startTicks":"1"}')
  // The number is in use again, by a process that started at another time.
  check(`{"pid":${process.pid},"startTicks":"1"}`)
})
