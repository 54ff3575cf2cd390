import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressesOf, clusterWorld, type ClusterWorld } from '../testing/cluster-world.ts'
import type { Endpoint } from './endpoint.ts'
import { hash32 } from './hash.ts'

function counts(
  world: ClusterWorld,
  count: number,
  hash?: (index: number) => number,
): Record<string, number> {
  const found: Record<string, number> = {}
  for (let index = 0; index < count; index++) {
    const ip = world.exchange(undefined, hash?.(index)) ?? 'none'
    found[ip] = (found[ip] ?? 0) + 1
  }
  return found
}

function near(actual: Record<string, number>, expected: Record<string, number>, tolerance: number) {
  for (const [ip, count] of Object.entries(expected))
    assert.ok(
      Math.abs((actual[ip] ?? 0) - count) <= tolerance,
      `${ip}: ${actual[ip] ?? 0} is not ${count} ± ${tolerance}`,
    )
}

const ABC = ['a', 'b', 'c']
const WEIGHTED = addressesOf(ABC, { a: { weight: 5 }, b: { weight: 3 }, c: { weight: 2 } })

test('round robin takes each in turn', () => {
  const world = clusterWorld('endpoints: []', addressesOf(ABC))
  const turns = Array.from({ length: 6 }, () => world.exchange())
  assert.deepEqual(new Set(turns.slice(0, 3)), new Set(ABC))
  assert.deepEqual(turns.slice(3), turns.slice(0, 3))
})

test('round robin by weight is exact over a round, and even within it', () => {
  const world = clusterWorld('endpoints: []', WEIGHTED)
  counts(world, 7)
  assert.deepEqual(counts(world, 1000), { a: 500, b: 300, c: 200 })
  const turns = Array.from({ length: 20 }, () => world.exchange()).join('')
  assert.doesNotMatch(turns, /aaa|bb|cc/)
})

test('random is by weight', () => {
  const world = clusterWorld('endpoints: [], balancer: { policy: random }', WEIGHTED)
  near(counts(world, 10_000), { a: 5000, b: 3000, c: 2000 }, 200)
})

test('least request avoids who is busy', () => {
  const world = clusterWorld('endpoints: [], balancer: { policy: least_request }', addressesOf(ABC))
  for (let count = 0; count < 10; count++) world.cluster.begin(world.endpoint('a'))
  const found = counts(world, 900)
  // Only when both choices are a: one of nine times.
  near(found, { a: 100, b: 400, c: 400 }, 60)
})

for (const policy of ['ring_hash', 'maglev']) {
  const names = Array.from({ length: 10 }, (_, index) => `10.0.0.${index}`)
  const balancer = `endpoints: [], balancer: { policy: ${policy} }`
  const owners = (world: ClusterWorld) =>
    Array.from({ length: 2000 }, (_, key) => world.exchange(undefined, hash32(`key-${key}`)))

  test(`${policy}: a hash stays with its endpoint, whatever the order of the list`, () => {
    const world = clusterWorld(balancer, addressesOf(names))
    const first = owners(world)
    assert.deepEqual(owners(world), first)
    assert.deepEqual(owners(clusterWorld(balancer, addressesOf(names.toReversed()), 99)), first)
  })

  test(`${policy}: when one goes, little but its own moves`, () => {
    const world = clusterWorld(balancer, addressesOf(names))
    const before = owners(world)
    world.cluster.setEndpoints(addressesOf(names.slice(1)))
    const after = owners(world)
    const moved = before.filter((owner, key) => owner !== names[0] && after[key] !== owner).length
    assert.ok(!after.includes(names[0]))
    assert.ok(moved <= (policy === 'maglev' ? 100 : 0), `${moved} moved`)
  })

  test(`${policy} is by weight`, () => {
    const world = clusterWorld(balancer, WEIGHTED)
    near(
      counts(world, 10_000, (index) => hash32(`${index}`)),
      { a: 5000, b: 3000, c: 2000 },
      policy === 'maglev' ? 300 : 1500,
    )
  })
}

test('hashes are those of MurmurHash3', () => {
  const rows: readonly (readonly [text: string, seed: number, hash: number])[] = [
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['a', 0, 0x3c2569b2],
    ['hello', 0, 0x248bfa47],
    ['hello, world', 0, 0x149bbb7f],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ]
  for (const [text, seed, hash] of rows) assert.equal(hash32(text, seed), hash, text)
})

/** How many of each priority are healthy, the threshold, and how 1000 requests are spread. */
const PRIORITIES: readonly (readonly [
  healthy: readonly string[],
  threshold: number,
  expected: Record<string, number>,
])[] = [
  [['a', 'b', 'c', 'd', 'x', 'y'], 50, { a: 250, b: 250, c: 250, d: 250 }],
  // 3 of 4 times 1.4 are more than all.
  [['a', 'b', 'c', 'x', 'y'], 50, { a: 333, b: 333, c: 333 }],
  // 2 of 4 times 1.4 are 70 of 100.
  [['a', 'b', 'x', 'y'], 50, { a: 350, b: 350, x: 150, y: 150 }],
  [['x', 'y'], 50, { x: 500, y: 500 }],
  // 35 and 70 of 100: still more than all.
  [['a', 'x'], 0, { a: 350, x: 650 }],
  // Nobody: everybody, by how many there are.
  [[], 50, { a: 167, b: 167, c: 167, d: 167, x: 167, y: 167 }],
  [[], 0, { none: 1000 }],
]

for (const [healthy, threshold, expected] of PRIORITIES)
  test(`healthy ${healthy.join('') || 'nobody'} with threshold ${threshold}: ${JSON.stringify(expected)}`, () => {
    const all = ['a', 'b', 'c', 'd', 'x', 'y']
    const world = clusterWorld(
      `endpoints: [], panic_threshold: ${threshold}, health_checks: [{ tcp: }]`,
      addressesOf(all, { x: { priority: 1 }, y: { priority: 1 } }),
    )
    for (const due of world.cluster.healthChecksDue().due)
      world.cluster.healthCheckResult(due, healthy.includes(due.endpoint.ip))
    near(counts(world, 1000), expected, 45)
  })

test('panic is counted, and so is that there is nobody', () => {
  const world = clusterWorld('endpoints: [], health_checks: [{ tcp: }]', addressesOf(ABC))
  world.exchange()
  assert.equal(world.cluster.stats.panics, 1)
  const empty = clusterWorld('endpoints: []', [])
  assert.equal(empty.exchange(), undefined)
  assert.equal(empty.cluster.stats.droppedNoHealthyEndpoint, 1)
})

test('another try has another endpoint, as long as there is one', () => {
  for (const policy of ['round_robin', 'least_request', 'random', 'ring_hash', 'maglev'])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 1000 }), (count, seed) => {
        const names = Array.from({ length: count }, (_, index) => `10.0.0.${index}`)
        const { cluster } = clusterWorld(
          `endpoints: [], balancer: { policy: ${policy}, table_size: 251 }`,
          addressesOf(names),
          seed,
        )
        const tried: Endpoint[] = []
        for (let index = 0; index < count; index++) tried.push(cluster.pick({ hash: seed, tried })!)
        assert.equal(new Set(tried).size, count)
        assert.ok(cluster.pick({ hash: seed, tried }))
      }),
      { seed: 4, numRuns: 20 },
    )
})

test('endpoints that stay keep what is known of them', () => {
  const world = clusterWorld('endpoints: []', addressesOf(ABC))
  world.exchange()
  const kept = world.endpoint('a')
  world.cluster.begin(kept)
  const change = world.cluster.setEndpoints(addressesOf(['a', 'd', 'a'], { a: { weight: 9, host: 'name' } }))
  assert.deepEqual(
    change.added.map(({ ip }) => ip),
    ['d'],
  )
  assert.deepEqual(
    change.removed.map(({ ip }) => ip),
    ['b', 'c'],
  )
  assert.equal(world.endpoint('a'), kept)
  assert.deepEqual([kept.weight, kept.host, kept.activeRequests], [9, 'name', 1])
  assert.equal(world.cluster.stats.endpoints, 2)
  world.cluster.finish(change.removed[0]!, { kind: 'reset', hasBegun: false })
})

test('turns go on where names are looked up again and nothing is new', () => {
  const world = clusterWorld('endpoints: []', addressesOf(ABC))
  const turns = Array.from({ length: 9 }, () => {
    world.cluster.setEndpoints(addressesOf(ABC))
    return world.exchange()
  })
  assert.deepEqual([turns.slice(3, 6), turns.slice(6)], [turns.slice(0, 3), turns.slice(0, 3)])
  assert.equal(new Set(turns.slice(0, 3)).size, 3)
})
