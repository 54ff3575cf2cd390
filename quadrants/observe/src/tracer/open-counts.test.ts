import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openedSince, readOpens } from './open-counts.ts'

const NAMESPACE = { inode: 7, pid: 42, path: '' }

function opensAfter(active: number, passive: number, held: number) {
  const root = mkdtempSync(join(tmpdir(), 'quadrant-opens-'))
  try {
    mkdirSync(join(root, '42', 'net'), { recursive: true })
    const text = `Tcp: RtoAlgorithm ActiveOpens PassiveOpens\nTcp: 1 ${active} ${passive}\n`
    writeFileSync(join(root, '42', 'net', 'snmp'), text)
    return readOpens(root, [NAMESPACE], new Map([[7, held]]))
  } finally {
    rmSync(root, { recursive: true })
  }
}

test('what is held back is not counted yet, whichever end it is of, and no count is below 0', () => {
  const before = opensAfter(3, 10, 9)
  for (const count of Object.values(before.get(7)!)) assert.ok(count >= 0)
  assert.equal(openedSince(before, opensAfter(3, 10, 0)), 9)
  assert.equal(openedSince(before, opensAfter(5, 11, 2)), 10)
  // Held sockets that the kernel has not counted: there before boot counters began, or another namespace's.
  assert.deepEqual(opensAfter(1, 2, 9).get(7), { active: 0, passive: 0 })
})
