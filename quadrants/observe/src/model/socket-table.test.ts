import assert from 'node:assert/strict'
import { test } from 'node:test'
import { edgeLines, ModelHarness } from './testing/model-harness.ts'
import { server } from './testing/short-connection.ts'

const MS = 1e6
const S = 1e9

test('the listener tells who serves until it is known better', () => {
  const harness = new ModelHarness()
  harness.apply(
    {
      kind: 'state',
      cookie: 4,
      local: '0.0.0.0:80',
      ts: 1 * MS,
      from: 'close',
      to: 'listen',
      pid: 2,
      flags: ['inProcess'],
    },
    { kind: 'state', ...server, ts: 100 * MS, from: 'synRecv', to: 'established' },
  )
  assert.deepEqual(edgeLines(harness.tick(S).batch), ['127.0.0.1 > pid2:80/tcp s opened=1 active=1'])
  harness.apply({ kind: 'owner', ...server, ts: 1.1 * S, to: 'established', pid: 5, received: 4 })
  assert.deepEqual(edgeLines(harness.tick(2 * S).batch), [
    '127.0.0.1 > pid5:80/tcp s bytesToServer=4 active=1',
  ])
})
