import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { LogOutput } from './log-output.ts'

test('a file that is moved away is made anew, one that is cut is filled again, and no line is lost', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-log-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'access.log')
  const moved = `${path}.1`
  const notes: string[] = []
  const output = new LogOutput(new PassThrough(), (text) => notes.push(text))
  let count = 0
  const write = async () => {
    output.write({ kind: 'log', sink: { kind: 'file', path }, lines: `${count++}\n` })
    await sleep(20)
  }
  const lines = (file: string) => readFileSync(file, 'utf8').split('\n').slice(0, -1)
  for (let index = 0; index < 5; index++) await write()
  renameSync(path, moved)
  let isThere = false
  while (!isThere) {
    await write()
    try {
      isThere = lines(path).length > 0
    } catch {
      // Not yet.
    }
  }
  const all = [...lines(moved), ...lines(path)]
  truncateSync(path)
  await write()
  await output.close()
  assert.deepEqual(
    [...all, ...lines(path)],
    Array.from({ length: count }, (_, index) => String(index)),
  )
  assert.deepEqual(notes, [])
  assert.equal(output.droppedBytes, 0)
})

test('what cannot be written is said, counted, and tried again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-log-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'missing', 'access.log')
  const notes: string[] = []
  const output = new LogOutput(new PassThrough(), (text) => notes.push(text))
  while (notes.length < 2 || output.droppedBytes === 0) {
    output.write({ kind: 'log', sink: { kind: 'file', path }, lines: 'x\n' })
    await sleep(50)
  }
  await output.close()
  assert.match(notes[1]!, /access\.log cannot be written: ENOENT/)
})
