import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { layeredLayout } from './layered-layout.ts'
import {
  boundsOf,
  needsFullLayout,
  NODE_HEIGHT,
  NODE_WIDTH,
  placeNewcomers,
  type Outline,
  type Positions,
} from './placement.ts'

const outlines = fc.integer({ min: 1, max: 24 }).chain((count) =>
  fc
    .array(fc.tuple(fc.nat({ max: count - 1 }), fc.nat({ max: count - 1 })), { maxLength: 50 })
    .map((pairs): Outline => ({
      nodes: Array.from({ length: count }, (_, i) => `n${i}`),
      links: pairs.map(([from, to]) => [`n${from}`, `n${to}`] as const),
    })),
)

function assertApart(positions: Positions) {
  const points = [...positions]
  for (const [i, [a, p]] of points.entries())
    for (const [b, q] of points.slice(i + 1))
      assert.ok(Math.abs(p.x - q.x) >= NODE_WIDTH || Math.abs(p.y - q.y) >= NODE_HEIGHT, `${a} lies on ${b}`)
}

test('a layout places each node, none on another, and the same graph the same', () => {
  fc.assert(
    fc.property(outlines, (outline) => {
      const positions = layeredLayout(outline)
      assert.equal(positions.size, outline.nodes.length)
      assertApart(positions)
      const reversed = { nodes: [...outline.nodes].reverse(), links: [...outline.links].reverse() }
      assert.deepEqual(Object.fromEntries(layeredLayout(reversed)), Object.fromEntries(positions))
    }),
    { seed: 5, numRuns: 60 },
  )
})

test('a chain runs from left to right', () => {
  const { a, b, c } = Object.fromEntries(
    layeredLayout({
      nodes: ['c', 'a', 'b'],
      links: [
        ['a', 'b'],
        ['b', 'c'],
      ],
    }),
  )
  assert.ok(a!.x < b!.x && b!.x < c!.x)
})

test('newcomers find a place of their own, and nobody who stands is moved', () => {
  fc.assert(
    fc.property(outlines, fc.nat({ max: 24 }), (outline, kept) => {
      const old = outline.nodes.slice(0, kept)
      const before = layeredLayout({
        nodes: old,
        links: outline.links.filter((link) => link.every((id) => old.includes(id))),
      })
      const after = placeNewcomers(before, outline)
      for (const [id, point] of before) assert.deepEqual(after.get(id), point)
      assert.equal(after.size, outline.nodes.length)
      assertApart(after)
    }),
    { seed: 6, numRuns: 100 },
  )
})

test('a newcomer stands right of who calls it', () => {
  const after = placeNewcomers(new Map([['web', { x: 0, y: 50 }]]), {
    nodes: ['web', 'db'],
    links: [['web', 'db']],
  })
  assert.ok(after.get('db')!.x > NODE_WIDTH)
  assert.equal(after.get('db')!.y, 50)
})

test('nodes that are away keep their places, and nothing new changes nothing', () => {
  const before: Positions = new Map([
    ['web', { x: 0, y: 0 }],
    ['db', { x: 300, y: 0 }],
  ])
  assert.equal(placeNewcomers(before, { nodes: ['web'], links: [] }), before)
})

test('only a picture that is mostly new is laid out as a whole', () => {
  const positions: Positions = new Map([
    ['a', { x: 0, y: 0 }],
    ['b', { x: 0, y: 90 }],
  ])
  const outline = (nodes: string[]): Outline => ({ nodes, links: [] })
  assert.equal(needsFullLayout(positions, outline(['a', 'b'])), false)
  assert.equal(needsFullLayout(positions, outline(['a', 'b', 'c'])), false)
  assert.equal(needsFullLayout(positions, outline(['a', 'c', 'd'])), true)
  assert.equal(needsFullLayout(new Map(), outline([])), false)
})

test('bounds hold all nodes whole', () => {
  assert.deepEqual(
    boundsOf([
      { x: -10, y: 5 },
      { x: 100, y: 80 },
    ]),
    { x: -10, y: 5, width: 110 + NODE_WIDTH, height: 75 + NODE_HEIGHT },
  )
  assert.equal(boundsOf([]).width, NODE_WIDTH)
})
