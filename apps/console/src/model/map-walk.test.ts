import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layeredLayout } from './layered-layout.ts'
import { madeMap } from './made-map.fixture.ts'
import { readingOrder, walkMap, type MapFocus, type WalkKey } from './map-walk.ts'

const graph = madeMap([{ path: 'web>shop' }, { path: 'shop>cache' }, { path: 'shop>db' }])
const positions = layeredLayout({
  nodes: graph.nodes.map(({ id }) => id),
  links: graph.edges.map(({ client, server }) => [client, server]),
})
const walk = (...keys: WalkKey[]) => {
  let focus: MapFocus | undefined
  for (const key of keys) focus = walkMap(graph, positions, focus, key)
  return focus?.id
}

test('right goes onto an edge and along it, left against it', () => {
  assert.equal(walk('Home'), 'svc:web')
  assert.equal(walk('Home', 'ArrowRight'), 'web>shop>80')
  assert.equal(walk('Home', 'ArrowRight', 'ArrowRight'), 'svc:shop')
  assert.equal(walk('Home', 'ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowLeft'), 'svc:web')
})

test('up and down are among the edges of one node', () => {
  const first = walk('Home', 'ArrowRight', 'ArrowRight', 'ArrowRight')
  const second = walk('Home', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowDown')
  assert.deepEqual(new Set([first, second]), new Set(['shop>cache>80', 'shop>db>80']))
  assert.equal(walk('Home', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowUp'), first)
})

test('down alone reaches every node, and stops at the last', () => {
  const order = readingOrder(graph, positions)
  let focus = walkMap(graph, positions, undefined, 'Home')
  const seen = [focus?.id]
  for (let i = 0; i < order.length; i++) {
    focus = walkMap(graph, positions, focus, 'ArrowDown')
    seen.push(focus?.id)
  }
  assert.deepEqual(seen, [...order, order.at(-1)])
})

test('a focus that is gone starts anew; an empty map has none', () => {
  assert.equal(walkMap(graph, positions, { kind: 'edge', id: 'gone' }, 'ArrowRight')?.id, 'svc:web')
  assert.equal(walkMap(madeMap([]), positions, undefined, 'Home'), undefined)
})
