import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { GetMapResponseSchema } from '@quadrant/proto'
import { madeMap } from './made-map.fixture.ts'
import { describeDiff, diffMaps } from './map-diff.ts'
import { describeEdge, describeNode, strokeWidth, toMapGraph, worstHealth } from './map-graph.ts'
import { nodeTerm } from './query-suggest.ts'

test('rates are over the seconds that hold data', () => {
  const map = madeMap([
    { path: 'web>db', port: 5432, totals: { bytesToServer: 6e6, bytesToClient: 6e6, opened: 120 } },
  ])
  const edge = map.edges[0]!
  assert.equal(edge.bytesPerSecond, 200_000)
  assert.equal(edge.rate, '200 kB/s')
  assert.equal(
    describeEdge(edge, map),
    'web to db, tcp 5432, 200 kB a second, 2 connections a second, healthy',
  )
})

test('bytes that are not counted are not called zero', () => {
  const map = madeMap([{ path: 'web>dns', totals: { bytesUnknown: true, messagesToServer: 60 } }])
  assert.equal(map.edges[0]!.bytesPerSecond, undefined)
  assert.equal(map.edges[0]!.rate, '1/s messages')
  assert.match(describeEdge(map.edges[0]!, map), /bytes not counted/)
})

test('a node is as well as the worst edge into it', () => {
  const map = madeMap([
    { path: 'web>db', health: 'failures', totals: { failed: 3 } },
    { path: 'job>db', health: 'retransmits' },
    { path: 'db>disk' },
  ])
  assert.equal(map.nodeById.get('svc:db')!.health, 'failures')
  assert.equal(map.nodeById.get('svc:web')!.health, 'ok')
  assert.equal(
    describeNode(map.nodeById.get('svc:db')!),
    'db, service, 1 process, 2 in, 1 out, failed connects',
  )
  assert.match(describeEdge(map.edgeById.get('web>db>80')!, map), /failed connects 3$/)
  assert.equal(worstHealth([]), 'ok')
})

test('an address with a name has the address beneath it, and is asked for by the address', () => {
  const id = 'addr:2001:db8::1'
  const named = { id, label: 'api.test', kind: 'address', name: 'api.test', names: ['api.test', 'old.test'] }
  const bare = { id: 'addr:192.0.2.1', label: '192.0.2.1', kind: 'address', ports: [443] }
  const { nodeById } = toMapGraph(create(GetMapResponseSchema, { nodes: [named, bare] }))
  const node = nodeById.get(id)!
  assert.deepEqual([node.label, node.detail], ['api.test', '2001:db8::1'])
  assert.equal(describeNode(node), 'api.test, address 2001:db8::1, 0 in, 0 out')
  assert.equal(nodeTerm('to', node), 'to:2001:db8::1')
  const other = nodeById.get(bare.id)!
  assert.deepEqual([other.label, other.detail], ['192.0.2.1', 'address · :443'])
  assert.equal(nodeTerm('to', other), 'to:192.0.2.1')
})

test('more bytes are never thinner', () => {
  let last = 0
  for (let bytes = 1; bytes < 1e12; bytes *= 3) {
    assert.ok(strokeWidth(bytes) >= last)
    last = strokeWidth(bytes)
  }
  assert.ok(strokeWidth(0) > 1 && last < 10)
})

test('what has changed is told in words', () => {
  const before = madeMap([{ path: 'web>db' }, { path: 'web>old' }])
  const after = madeMap([{ path: 'web>db', health: 'resets' }, { path: 'web>cache' }])
  const diff = diffMaps(before, after)
  assert.deepEqual(diff, {
    nodesAdded: ['svc:cache'],
    nodesGone: ['svc:old'],
    edgesAdded: ['web>cache>80'],
    edgesGone: ['web>old>80'],
    edgesWorse: ['web>db>80'],
  })
  assert.equal(describeDiff(diff, after), 'New: cache. web to db has resets.')
  assert.equal(describeDiff(diffMaps(after, after), after), '')
})
