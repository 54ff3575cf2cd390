import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawEdges } from './edge-drawing.ts'
import { madeMap } from './made-map.fixture.ts'
import { COLUMN_GAP, NODE_HEIGHT, NODE_WIDTH, ROW_GAP } from './placement.ts'

const places = new Map([
  ['svc:web', { x: 0, y: 200 }],
  ['svc:db', { x: NODE_WIDTH + COLUMN_GAP, y: 200 }],
])

test('many edges of the same two nodes have one label, and each its own words', () => {
  const ports = [1, 2, 3, 4, 5, 6]
  const drawn = drawEdges(
    madeMap(ports.map((port) => ({ path: 'web>db', port, totals: { bytesToServer: 60_000 } }))),
    places,
  )
  assert.equal(drawn.length, ports.length)
  assert.deepEqual(
    drawn.flatMap(({ label }) => label?.text ?? []),
    ['6 edges'],
  )
  assert.equal(new Set(drawn.map(({ words }) => words)).size, ports.length)
})

test('a few edges have a label each, where there is room', () => {
  const drawn = drawEdges(madeMap([{ path: 'web>db', totals: { bytesToServer: 60_000 } }]), places)
  assert.deepEqual(
    drawn.map(({ label }) => label?.text),
    ['1.00 kB/s'],
  )
})

test('the label of an edge with requests is rate, errors and p99, and fits between two columns', () => {
  const requests = {
    requests: 7080,
    requestsPerSecond: 118,
    errors: 85,
    errorShare: 0.012,
    timed: 1,
    p99Ns: 34e6,
  }
  const drawn = drawEdges(madeMap([{ path: 'web>db', requests }]), places)
  assert.deepEqual(
    drawn.map(({ label }) => label?.text),
    ['118/s 1.2 % 34 ms'],
  )
})

test('what is in trouble is drawn last', () => {
  const map = madeMap([
    { path: 'web>db', port: 1, health: 'failures' },
    { path: 'web>db', port: 2 },
    { path: 'web>db', port: 3, health: 'resets' },
  ])
  assert.deepEqual(
    drawEdges(map, places).map(({ edge }) => edge.health),
    ['ok', 'resets', 'failures'],
  )
})

test('while maps are compared labels tell the change, and what has changed is drawn last', () => {
  const map = madeMap([
    { path: 'web>db', port: 1, health: 'failures' },
    { path: 'web>db', port: 2, totals: { bytesToServer: 60_000 } },
  ])
  const changes = new Map([
    ['web>db>1', { kind: 'same', ratio: undefined, words: 'no change' }],
    ['web>db>2', { kind: 'gone', ratio: undefined, words: 'gone' }],
  ] as const)
  const drawn = drawEdges(map, places, changes)
  assert.deepEqual(
    drawn.map(({ edge, label, change }) => [edge.id, label?.text, change?.kind]),
    [
      ['web>db>1', undefined, 'same'],
      ['web>db>2', 'gone', 'gone'],
    ],
  )
  assert.match(drawn[1]!.words, /; only in B: gone$/)
})

test('edges of a node to itself stay between it and the node above', () => {
  for (const count of [1, 2, 5, 40]) {
    const ports = Array.from({ length: count }, (_, i) => i + 1)
    const drawn = drawEdges(madeMap(ports.map((port) => ({ path: 'web>web', port }))), places)
    assert.equal(new Set(drawn.map(({ curve }) => curve)).size, count)
    for (const { middle } of drawn) {
      assert.ok(middle.y > 200 - ROW_GAP && middle.y < 200 + NODE_HEIGHT, `${middle.y}`)
      assert.ok(middle.x > 0 && middle.x < NODE_WIDTH)
    }
  }
})

test('an edge whose end has no place is not drawn', () => {
  assert.equal(drawEdges(madeMap([{ path: 'web>nowhere' }]), places).length, 0)
})
