import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NamespaceUses } from './namespace-uses.ts'
import type { NetNamespace } from './pass-plan.ts'

const NAMESPACES: readonly NetNamespace[] = [1, 2].map((inode) => ({ inode, path: `/ns/${inode}` }))
const EMPTY = { beginNs: 1n, rows: 0, walkedOver: 0 }

/** Both were walked and are empty, the second one longer ago. */
function walked(): NamespaceUses {
  const uses = new NamespaceUses({ most: 1 })
  uses.nextTick()
  uses.passed(2, EMPTY, 0n)
  uses.nextTick()
  uses.passed(1, EMPTY, 0n)
  uses.nextTick()
  return uses
}

function next(uses: NamespaceUses): readonly number[] {
  return uses.plan(NAMESPACES).complete.map(({ inode }) => inode)
}

test('an empty namespace is walked in turn, one with events at once', () => {
  const uses = walked()
  assert.deepEqual(next(uses), [2])
  uses.touch(1)
  assert.deepEqual(next(uses), [1])
})

test('an event after a pass counts, also when the same namespace had one during the pass', () => {
  const uses = walked()
  uses.touch(1)
  uses.passed(1, EMPTY, 0n)
  assert.deepEqual(next(uses), [2])
  uses.touch(1)
  uses.passed(1, EMPTY, 0n)
  uses.touch(1)
  assert.deepEqual(next(uses), [1])
})

test('a namespace that is gone is forgotten', () => {
  const uses = walked()
  uses.retain([NAMESPACES[1]!])
  uses.touch(1)
  // As one that was never walked: its sockets are not known.
  uses.passed(2, EMPTY, 0n)
  assert.deepEqual(next(uses), [1])
})

test('between two complete passes only what is new is asked for, since the pass before', () => {
  const uses = new NamespaceUses({ most: 1 })
  const since: bigint[] = []
  for (let tick = 1n; tick <= 21n; tick++) {
    uses.nextTick()
    since.push(uses.newsSince(1))
    uses.passed(1, { beginNs: tick, rows: tick === 1n ? 7 : 0, walkedOver: 0 }, since.at(-1)!)
  }
  assert.deepEqual(
    since,
    Array.from({ length: 21 }, (_, i) => (i % 10 === 0 ? 0n : BigInt(i))),
  )
  // A pass without news is none that found no socket.
  uses.nextTick()
  const few = new NamespaceUses({ most: 2 })
  few.passed(1, { beginNs: 1n, rows: 7, walkedOver: 0 }, 0n)
  few.nextTick()
  few.passed(1, { beginNs: 2n, rows: 0, walkedOver: 0 }, few.newsSince(1))
  few.passed(2, EMPTY, 0n)
  assert.deepEqual(next(few), [1, 2])
})
