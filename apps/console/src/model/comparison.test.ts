import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMaps, describeComparison } from './comparison.ts'
import { madeMap } from './made-map.fixture.ts'

const BEFORE = madeMap([
  { path: 'web>db', totals: { bytesToServer: 6000, opened: 60 } },
  { path: 'web>old', totals: { bytesToServer: 6000 } },
  { path: 'web>api', totals: { bytesToServer: 6000, failed: 1 } },
])
const AFTER = madeMap([
  { path: 'web>db', totals: { bytesToServer: 24_000, opened: 60 } },
  { path: 'web>cache', totals: { bytesToServer: 10 } },
  { path: 'web>api', totals: { bytesToServer: 6000, failed: 50 } },
])

test('A is set against B: what came, went, and became more', () => {
  const { graph, edges, nodes } = compareMaps(AFTER, BEFORE)
  assert.deepEqual(
    graph.edges.map(({ id }) => `${id} ${edges.get(id)!.words}`),
    ['web>api>80 more errors', 'web>cache>80 new', 'web>db>80 × 4', 'web>old>80 gone'],
  )
  assert.deepEqual(
    graph.nodes.map(({ label, id }) => `${label} ${nodes.get(id)!.kind}`),
    ['api worse', 'cache new', 'db more', 'old gone', 'web worse'],
  )
})

test('the change is counted in words', () => {
  assert.equal(
    describeComparison(compareMaps(AFTER, BEFORE)),
    '1 with more errors, 1 gone, 1 new, 1 with higher rate',
  )
  assert.equal(describeComparison(compareMaps(AFTER, AFTER)), 'no change')
})

test('what is only in B keeps the numbers it had, and A keeps its own', () => {
  const { graph, a } = compareMaps(AFTER, BEFORE)
  assert.equal(graph.edgeById.get('web>old>80'), BEFORE.edgeById.get('web>old>80'))
  assert.equal(graph.edgeById.get('web>db>80'), AFTER.edgeById.get('web>db>80'))
  assert.equal(a, AFTER)
})
