import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeLabels } from './edge-labels.ts'
import { edgePath } from './edge-path.ts'
import { COLUMN_GAP, NODE_HEIGHT, NODE_WIDTH } from './placement.ts'

const COLUMN = NODE_WIDTH + COLUMN_GAP
const alone = { slot: 0, slots: 1 }

test('an edge ends at the server with its head, on whichever side it lies', () => {
  const right = edgePath({ x: 0, y: 0 }, { x: COLUMN, y: 100 }, alone)
  assert.ok(right.head.startsWith(`M${COLUMN} ${100 + NODE_HEIGHT / 2}l-`))
  const left = edgePath({ x: COLUMN, y: 0 }, { x: 0, y: 100 }, alone)
  assert.ok(left.head.startsWith(`M${NODE_WIDTH} ${100 + NODE_HEIGHT / 2}l9`))
})

test('an edge goes round the nodes between its ends', () => {
  const between = { x: COLUMN, y: 0 }
  const { curve } = edgePath({ x: 0, y: 0 }, { x: 2 * COLUMN, y: 0 }, alone, [
    { x: 0, y: 0 },
    between,
    { x: 2 * COLUMN, y: 0 },
  ])
  const level = Number(/ (-?[\d.]+)H/.exec(curve)?.[1])
  assert.ok(level < between.y || level > between.y + NODE_HEIGHT, `passes at ${level}`)
  assert.ok(
    !edgePath({ x: 0, y: 0 }, { x: 2 * COLUMN, y: 0 }, alone, [{ x: COLUMN, y: 300 }]).curve.includes(
      `${NODE_HEIGHT / 2 - 40}H`,
    ),
  )
})

test('edges of the same two nodes are told apart', () => {
  const curves = [0, 1, 2].map(
    (slot) => edgePath({ x: 0, y: 0 }, { x: COLUMN, y: 0 }, { slot, slots: 3 }).curve,
  )
  assert.equal(new Set(curves).size, 3)
  const node = { x: 0, y: 0 }
  assert.notEqual(
    edgePath(node, node, { slot: 0, slots: 2 }).curve,
    edgePath(node, node, { slot: 1, slots: 2 }).curve,
  )
})

test('labels that have no room are kept for when they are asked for', () => {
  const spots = [{ x: 100, y: 100 }]
  const wishes = ['a', 'b'].map((id) => ({ id, text: '1 kB/s', spots }))
  const places = placeLabels(wishes, [])
  assert.deepEqual([places.get('a')?.crowded, places.get('b')?.crowded], [false, true])
  assert.equal(placeLabels(wishes.slice(0, 1), [{ x: 50, y: 70 }]).get('a')?.crowded, true)
  assert.equal(placeLabels(wishes.slice(0, 1), [], [{ x: 100, y: 95 }]).get('a')?.crowded, true)
})
