import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NamespaceUses } from './namespace-uses.ts'
import type { NetNamespace } from './pass-plan.ts'

const NAMESPACES: readonly NetNamespace[] = [1, 2].map((inode) => ({ inode, path: `/ns/${inode}` }))
const EMPTY = { rows: 0, walkedOver: 0 }

/** Both were walked and are empty, the second one longer ago. */
function walked(): NamespaceUses {
  const uses = new NamespaceUses({ most: 1 })
  uses.nextTick()
  uses.passed(2, EMPTY)
  uses.nextTick()
  uses.passed(1, EMPTY)
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
  uses.passed(1, EMPTY)
  assert.deepEqual(next(uses), [2])
  uses.touch(1)
  uses.passed(1, EMPTY)
  uses.touch(1)
  assert.deepEqual(next(uses), [1])
})

test('a namespace that is gone is forgotten', () => {
  const uses = walked()
  uses.retain([NAMESPACES[1]!])
  uses.touch(1)
  // As one that was never walked: its sockets are not known.
  uses.passed(2, EMPTY)
  assert.deepEqual(next(uses), [1])
})
