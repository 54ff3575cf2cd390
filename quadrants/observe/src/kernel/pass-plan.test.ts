import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type NamespaceUse, type NetNamespace, planPasses } from './pass-plan.ts'

interface Case {
  readonly name: string
  readonly inodes: readonly number[]
  readonly uses: Readonly<Record<number, Partial<NamespaceUse>>>
  readonly complete: readonly number[]
  readonly owners: boolean
}

const CASES: readonly Case[] = [
  { name: 'nothing', inodes: [], uses: {}, complete: [], owners: false },
  { name: 'never seen ones are walked', inodes: [1, 2], uses: {}, complete: [1, 2], owners: false },
  {
    name: 'live ones each time, and the empty one that waited longest',
    inodes: [1, 2, 3, 4],
    uses: {
      1: { socketCount: 5, passedAt: 9 },
      2: { socketCount: 0, passedAt: 8 },
      3: { socketCount: 0, passedAt: 3 },
      4: { socketCount: 2, passedAt: 9 },
    },
    complete: [1, 4, 3],
    owners: false,
  },
  {
    name: 'an empty one with events is live',
    inodes: [1, 2, 3],
    uses: {
      1: { socketCount: 0, passedAt: 9, touched: true },
      2: { socketCount: 0, passedAt: 2 },
      3: { socketCount: 0, passedAt: 1 },
    },
    complete: [1, 3],
    owners: false,
  },
  {
    name: 'too many live ones: open files stand in, and one is walked in turn',
    inodes: [1, 2, 3, 4, 5],
    uses: {
      1: { socketCount: 5, passedAt: 9 },
      2: { socketCount: 5, passedAt: 4 },
      3: { socketCount: 5, passedAt: 6 },
      4: { socketCount: 5, passedAt: 7 },
      5: { socketCount: 0, passedAt: 5 },
    },
    complete: [2],
    owners: true,
  },
  {
    name: 'full of closed connections: open files stand in',
    inodes: [1, 2],
    uses: {
      1: { socketCount: 500, walkedOver: 100_000, passedAt: 9, touched: true },
      2: { socketCount: 5, passedAt: 9 },
    },
    complete: [2],
    owners: true,
  },
  {
    name: 'full of closed connections, and long since: it is walked',
    inodes: [1, 2],
    uses: {
      1: { socketCount: 500, walkedOver: 100_000, passedAt: 0, touched: true },
      2: { socketCount: 5, passedAt: 9 },
    },
    complete: [1, 2],
    owners: false,
  },
  {
    name: 'closed connections beside as many open ones are walked each time',
    inodes: [1],
    uses: { 1: { socketCount: 60_000, walkedOver: 100_000, passedAt: 9 } },
    complete: [1],
    owners: false,
  },
]

for (const { name, inodes, uses, complete, owners } of CASES) {
  test(`plan: ${name}`, () => {
    const namespaces: NetNamespace[] = inodes.map((inode) => ({ inode, path: `/proc/${inode}/ns/net` }))
    const known = new Map<number, NamespaceUse>()
    for (const [inode, use] of Object.entries(uses)) {
      known.set(Number(inode), { passedAt: 0, touched: false, ...use })
    }
    const plan = planPasses(namespaces, known, { most: 3, tick: 10 })
    assert.deepEqual(
      plan.complete.map(({ inode }) => inode),
      complete,
    )
    assert.equal(plan.owners, owners)
  })
}

test('plan: every namespace gets its turn', () => {
  const namespaces = Array.from({ length: 20 }, (_, inode) => ({ inode, path: '' }))
  const uses = new Map<number, NamespaceUse>()
  const walked = new Set<number>()
  for (let tick = 0; tick < 20; tick++) {
    for (const { inode } of planPasses(namespaces, uses, { most: 4, tick }).complete) {
      walked.add(inode)
      uses.set(inode, { socketCount: inode % 3, passedAt: tick, touched: false })
    }
  }
  assert.equal(walked.size, 20)
})
