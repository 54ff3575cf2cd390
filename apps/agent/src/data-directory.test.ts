import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { openDataDirectory } from './data-directory.ts'

let data: string
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'quadrant-agent-data-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

const isRefused = (error: Error & { code?: string }) => error.code === 'data-directory'

test('it is made for its owner alone, and found again', () => {
  using _first = openDataDirectory(join(data, 'deep', 'er'))
  assert.equal(statSync(join(data, 'deep', 'er', 'agent')).mode & 0o777, 0o700)
  using _second = openDataDirectory(join(data, 'deep', 'er'))
  chmodSync(join(data, 'deep', 'er', 'agent'), 0o777)
  using _third = openDataDirectory(join(data, 'deep', 'er'))
  assert.equal(statSync(join(data, 'deep', 'er', 'agent')).mode & 0o777, 0o700)
})

test('a link in its place is refused, and so is a file', () => {
  const elsewhere = join(data, 'elsewhere')
  mkdirSync(elsewhere)
  symlinkSync(elsewhere, join(data, 'agent'))
  assert.throws(() => openDataDirectory(data), isRefused)
  rmSync(join(data, 'agent'))
  writeFileSync(join(data, 'agent'), '')
  assert.throws(() => openDataDirectory(data), isRefused)
})

test('a directory of another user is refused', { skip: process.geteuid?.() !== 0 && 'needs root' }, () => {
  mkdirSync(join(data, 'agent'), { mode: 0o700 })
  chownSync(join(data, 'agent'), 65534, 65534)
  assert.throws(() => openDataDirectory(data), isRefused)
})

test('once open, its name means nothing any more', () => {
  using directory = openDataDirectory(data)
  renameSync(join(data, 'agent'), join(data, 'moved'))
  mkdirSync(join(data, 'agent'))
  writeFileSync(`${directory.path}/journal`, 'here')
  assert.equal(statSync(join(data, 'moved', 'journal')).size, 4)
})
