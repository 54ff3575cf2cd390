import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dropLines, edgeLines, ModelHarness, rowLines } from './testing/model-harness.ts'
import type { RecordText } from './testing/record-encoder.ts'

const MS = 1e6
const S = 1e9

test('a lost close is found by two passes that miss the socket', () => {
  const harness = new ModelHarness()
  const pass = (ts: number): RecordText[] => [
    { kind: 'passBegin', ts },
    { kind: 'passEnd', ts: ts + MS },
  ]
  harness.apply(...pass(1 * MS))
  harness.apply({
    kind: 'state',
    cookie: 5,
    local: '10.0.0.1:40000',
    remote: '10.9.9.9:443',
    ts: 100 * MS,
    from: 'synSent',
    to: 'established',
  })
  harness.tick(S)
  harness.apply(...pass(1.1 * S))
  assert.deepEqual(edgeLines(harness.tick(2 * S).batch), ['10.0.0.1 > 10.9.9.9:443/tcp c active=1'])
  harness.apply(...pass(2.1 * S))
  const { batch } = harness.tick(3 * S)
  assert.deepEqual(dropLines(batch), ['tracer.connections close-missed 1'])
  assert.deepEqual(edgeLines(batch), ['10.0.0.1 > 10.9.9.9:443/tcp c closed=1'])
  assert.deepEqual(rowLines(batch), ['LOST client 10.0.0.1:40000 10.9.9.9:443 - - durationUs=2900000'])
})
