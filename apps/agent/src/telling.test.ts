import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHostTracer } from '@quadrant/observe/agent'
import { Journal } from './journal/journal.ts'
import { MemoryDirectory } from './journal/memory-directory.fixture.ts'
import { beginTelling, tellTick } from './telling.ts'

const BOOT_ID = '00112233-4455-6677-8899-aabbccddeeff'

/** One agent's life over what the one before left. */
function live(disk: MemoryDirectory, act: (journal: Journal) => void) {
  const journal = new Journal(disk, { bootId: BOOT_ID, newAgentId: 'agent' })
  const restore = journal.takeRestore()
  using tracer = openHostTracer({ host: 'test', bootId: BOOT_ID, source: 'proc', restore })
  beginTelling(tracer, journal)
  tellTick(tracer, journal)
  act(journal)
  return { refused: tracer.checkpointRefused }
}

test('a checkpoint that nobody can read is refused once, and the next agent goes on from the new one', () => {
  const disk = new MemoryDirectory()
  const spoil = (journal: Journal) =>
    journal.append([new Uint8Array(1)], new Uint8Array(40), { tellsLosses: false })
  assert.equal(live(disk, spoil).refused, false)
  assert.equal(live(disk, () => {}).refused, true)
  assert.equal(live(disk, () => {}).refused, false)
})
