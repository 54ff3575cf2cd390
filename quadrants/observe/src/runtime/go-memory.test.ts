import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bytesSource, GolangError } from '@quadrant/golang'
import { openGoMemory } from './go-memory.ts'

const root = mkdtempSync(join(tmpdir(), 'quadrant-memory-'))
after(() => rmSync(root, { recursive: true }))

/** A process of a /proc of ours: its auxiliary vector, pairs of words. */
function processOf(pid: number, auxv: readonly bigint[]): void {
  mkdirSync(join(root, String(pid)))
  writeFileSync(join(root, `${pid}/mem`), 'memory')
  const bytes = Buffer.alloc(auxv.length * 8)
  for (const [index, word] of auxv.entries()) bytes.writeBigUInt64LE(word, index * 8)
  writeFileSync(join(root, `${pid}/auxv`), bytes)
}

/** The header of a program that begins at 0x1000. */
const header = Buffer.alloc(64)
header.writeBigUInt64LE(0x1000n, 24)
const FILE = bytesSource(header)

test('what a program was moved by is told by its entry', () => {
  processOf(1, [6n, 4096n, 9n, 0x5555_5555_5000n, 0n, 0n])
  processOf(2, [9n, 0x1000n, 0n, 0n])
  using moved = openGoMemory(root, 1, FILE)
  using fixed = openGoMemory(root, 2, FILE)
  assert.deepEqual([moved.bias, fixed.bias], [0x5555_5555_4000, 0])
  assert.equal(Buffer.from(moved.read(2, 100)).toString(), 'mory')
})

test('a process that is about to end, or is gone', () => {
  // The vector is empty when the memory is.
  processOf(3, [])
  processOf(4, [0n, 0n])
  for (const pid of [3, 4]) assert.throws(() => openGoMemory(root, pid, FILE), GolangError)
  assert.throws(() => openGoMemory(root, 5, FILE), { code: 'ENOENT' })
})
